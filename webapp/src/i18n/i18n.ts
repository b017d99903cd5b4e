/** Messages by id. Each feature has a file of messages per language; a language is loaded when it is chosen. */

import { i18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { useLingui } from '@lingui/react';
import { useCallback } from 'react';
import type { messages as english } from './en';

export type MessageId = keyof typeof english;
export type Values = Record<string, string | number>;
export type Translate = (id: MessageId, values?: Values) => string;

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];
const LOADERS: Record<Language, () => Promise<{ messages: Record<MessageId, string> }>> = {
  en: () => import('./en'),
  de: () => import('./de'),
};

i18n.setMessagesCompiler(compileMessage);

/** The language that was chosen, else the first one of the browser's that the app has. */
export function preferredLanguage(chosen: string | null, wanted: readonly string[] = navigator.languages): Language {
  const candidates = [chosen ?? '', ...wanted].map((tag) => tag.toLowerCase().split('-')[0]);
  return (
    LANGUAGES.find((language) => language === candidates.find((tag) => LANGUAGES.includes(tag as Language))) ?? 'en'
  );
}

export async function activateLanguage(language: Language): Promise<void> {
  const { messages } = await LOADERS[language]();
  i18n.loadAndActivate({ locale: language, messages });
  document.documentElement.lang = language;
}

export function useT(): Translate {
  const { i18n: current } = useLingui();
  return useCallback((id, values) => current._(id, values), [current]);
}

/** The language in use, for Intl. */
export function useLocale(): string {
  return useLingui().i18n.locale;
}

export { i18n };
