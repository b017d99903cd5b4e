// @vitest-environment node
/** The app's tables against those of the platform. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REASONS } from '../src/api/failures';
import { CLASSES, hueOf } from '../src/board/classes';
import { PERIPHERALS } from '../src/board/ports';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
const model = read('../../layers/iotcloud/iotcloud/peripherals/model.py');

test('ports are those of the board', () => {
  const rows = [...model.matchAll(/= (?:Peripheral|Bus)\("(\w+)", (\d)(.*?)\)/g)].map(([, source, slots, rest]) => ({
    source,
    slots: Number(slots),
    isAddressed: rest!.includes('is_addressed=True'),
  }));
  expect(PERIPHERALS.map(({ source, slots, isAddressed }) => ({ source, slots, isAddressed }))).toEqual(rows);
});

test('classes are those of the platform', () => {
  const rows = [...model.matchAll(/SensorClass\(\d+, "(\w+)", is_input=(True|False)\)/g)];
  expect(Object.entries(CLASSES).map(([name, { isInput }]) => [name, isInput])).toEqual(
    rows.map(([, name, isInput]) => [name, isInput === 'True']),
  );
});

test('each class has a colour in both themes', () => {
  const css = read('../src/theme/tokens.css');
  for (const name of [...Object.keys(CLASSES), 'future']) {
    const token = hueOf(name).slice('var('.length, -1);
    expect(css.split(`${token}:`).length, token).toBe(3);
  }
});

test('each reason that the app knows is one of the platform', () => {
  const errors = read('../../layers/iotcloud/iotcloud/errors.py');
  const messages = new Set([...errors.matchAll(/message = "(.+?)"/g)].map(([, text]) => text));
  expect(Object.keys(REASONS).filter((reason) => !messages.has(reason))).toEqual([]);
});
