// @vitest-environment node
/** The languages have the same messages with the same values, and each message is used. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { expect, test } from 'vitest';
import { messages as german } from '../src/i18n/de';
import { messages as english } from '../src/i18n/en';

const SOURCES = join(import.meta.dirname, '../src');

/** The values that a message takes, and how it treats each: plain, plural. */
function valuesOf(message: string): string[] {
  const found = new Set<string>();
  const walk = (tokens: unknown) => {
    if (!Array.isArray(tokens)) return;
    for (const token of tokens) {
      if (!Array.isArray(token)) continue;
      found.add(`${token[0]}:${token[1] ?? ''}`);
      for (const part of Object.values((token[2] ?? {}) as Record<string, unknown>)) walk(part);
    }
  };
  walk(compileMessage(message));
  return [...found].sort();
}

test('German has the messages of English', () => {
  expect(Object.keys(german).sort()).toEqual(Object.keys(english).sort());
});

test('each message takes the same values in each language, and none is empty', () => {
  const ids = Object.keys(english) as (keyof typeof english)[];
  const different = ids.filter((id) => `${valuesOf(german[id])}` !== `${valuesOf(english[id])}` || !german[id].trim());
  expect(different).toEqual([]);
});

test('no message is unused', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const code = files
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('i18n/') && !file.includes('.test.'))
    .map((file) => readFileSync(join(SOURCES, file), 'utf8'))
    .join('\n');
  // A template such as `failure.${kind}.title` uses all messages that fit it.
  const templates = [...code.matchAll(/`([a-z]+\.[^`\s]*\$\{[^`]*)`/g)].map(
    ([, text]) =>
      new RegExp(
        `^${text!
          .split(/\$\{[^}]*\}/)
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('.+')}$`,
      ),
  );
  // Words of buttons are offered to all screens.
  const unused = Object.keys(english).filter(
    (id) => !id.startsWith('action.') && !code.includes(`'${id}'`) && !templates.some((template) => template.test(id)),
  );
  expect(unused).toEqual([]);
});
