// @vitest-environment node
/** Which way imports may point, and that there is one copy of what must not be there twice. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SOURCES = join(import.meta.dirname, '../src');

/** What each folder may import from. `features` stand in the order in which one may use another. */
const ALLOWED: Record<string, readonly string[]> = {
  board: ['board', 'i18n'],
  i18n: ['i18n', 'board'],
  theme: ['theme'],
  session: ['session'],
  api: ['api', 'i18n'],
  live: ['live', 'api', 'i18n', 'session', 'board'],
  ui: ['ui', 'board', 'i18n', 'api'],
  features: ['features', 'ui', 'board', 'api', 'live', 'i18n', 'session', 'theme', 'routes.ts'],
};

const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));

function importsOf(file: string): string[] {
  const code = readFileSync(join(SOURCES, file), 'utf8');
  return [...code.matchAll(/from '(\.[^']+)'/g)].map(([, path]) =>
    relative(SOURCES, resolve(SOURCES, dirname(file), path!)),
  );
}

test('imports point from features to parts, never back', () => {
  const wrong = files.flatMap((file) => {
    const room = file.split('/')[0]!;
    const allowed = ALLOWED[room];
    if (!allowed || file.includes('.test.')) return [];
    return importsOf(file)
      .filter((target) => !allowed.some((name) => target.split('/')[0] === name.replace(/\.ts$/, '')))
      .map((target) => `${file} → ${target}`);
  });
  expect(wrong).toEqual([]);
});

test('only the frame knows Ionic', () => {
  const knowing = files.filter((file) => /from '@ionic/.test(readFileSync(join(SOURCES, file), 'utf8')));
  expect(knowing.sort()).toEqual(['app.tsx', 'ui/Page.tsx']);
});

test('there is one copy of Ionic and of React', () => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; resolved?: string }>;
  };
  for (const name of ['@ionic/core', '@ionic/react', '@ionic/react-router', 'react', 'react-dom', 'react-router']) {
    const copies = Object.keys(lock.packages).filter((path) => path.endsWith(`node_modules/${name}`));
    expect(copies, name).toHaveLength(1);
  }
  const hosts = Object.values(lock.packages)
    .map(({ resolved }) => resolved)
    .filter((url) => url?.startsWith('http') && !url.startsWith('https://registry.npmjs.org/'));
  expect(hosts).toEqual([]);
});
