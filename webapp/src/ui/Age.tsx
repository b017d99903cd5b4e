import { formatDuration, formatTime } from '../i18n/format';
import { useLocale, useT } from '../i18n/i18n';
import { useNow } from './clock';

const NOW_SECONDS = 2;

export const secondsSince = (at: Date, now: number): number => Math.max(0, (now - at.getTime()) / 1000);

/** How long ago something was, counting up; its time is the tooltip. `at` is undefined for never. */
export function Age({ at, ago = false }: { at: Date | undefined; ago?: boolean }) {
  const t = useT();
  const locale = useLocale();
  const now = useNow();
  if (!at) return <span>{t('age.never')}</span>;
  const seconds = secondsSince(at, now);
  const age = formatDuration(locale, seconds);
  return (
    <time dateTime={at.toISOString()} title={formatTime(locale, at, new Date(now))}>
      {seconds < NOW_SECONDS ? t('age.now') : ago ? t('age.ago', { age }) : age}
    </time>
  );
}

/** The same as text, for sentences. */
export function useAge(at: Date | undefined): string {
  const locale = useLocale();
  const now = useNow();
  const t = useT();
  return at ? formatDuration(locale, secondsSince(at, now)) : t('age.never');
}

/** Read epoch seconds as the API gives them: a number, digits, or nothing. */
export function timeOf(seconds: string | number | undefined): Date | undefined {
  const value = Number(seconds);
  return value > 0 ? new Date(value * 1000) : undefined;
}
