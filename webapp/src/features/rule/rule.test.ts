import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { CLASSES } from '../../board/classes';
import {
  CLASS_FIELDS,
  GPIO_FIELDS,
  NOTICE_FIELDS,
  type Properties,
  SENSOR_FIELDS,
  UART_FIELDS,
  valueAt,
  withInitials,
  withValue,
} from '../../board/fields';
import { activateLanguage, i18n, type Translate } from '../../i18n/i18n';
import { limitsOf } from './limits';
import { sentence } from './sentence';

const ROOT = join(import.meta.dirname, '../../../..');
const EXAMPLES = JSON.parse(readFileSync(join(ROOT, 'tests/events/sensor_properties.json'), 'utf8')) as Record<
  string,
  Properties
>;
const SCHEMA = readFileSync(join(ROOT, 'layers/iotcloud/iotcloud/peripherals/property_schema.py'), 'utf8');
const t: Translate = (id, values) => i18n._(id, values);
const read = (properties: Properties, unit = 'C') =>
  sentence(properties, unit, t, 'en')
    .map(({ text }) => text)
    .join('');
const told = { endpoints: { email: { enable: true, recipients: 'ana@example.com' }, notification: { enable: true } } };

beforeAll(() => activateLanguage('en'));

test('each class of the platform has a form', () => {
  expect(Object.keys(CLASS_FIELDS).sort()).toEqual(Object.keys(CLASSES).sort());
});

test('each field is a member that the platform knows', () => {
  const all = [...Object.values(CLASS_FIELDS).flat(), ...UART_FIELDS, ...GPIO_FIELDS, ...SENSOR_FIELDS];
  const members = new Set([...SCHEMA.matchAll(/^ {4}(\w+):/gm)].map(([, name]) => name));
  expect(all.flatMap(({ path }) => path.split('.')).filter((member) => !members.has(member))).toEqual([]);
});

test.each(Object.keys(CLASSES))('an example of %s keeps its values through the form', (name) => {
  const example = EXAMPLES[name]!;
  const filled = withInitials([...CLASS_FIELDS[name]!, ...NOTICE_FIELDS], example);
  for (const { path } of CLASS_FIELDS[name]!) {
    if (valueAt(example, path) !== undefined) expect(valueAt(filled, path)).toEqual(valueAt(example, path));
    else if (!['threshold.hysteresis'].includes(path)) expect(valueAt(filled, path), path).not.toBeUndefined();
  }
});

test('a value is changed in place, in lists too, and can be taken away', () => {
  const properties = { messages: [{ message: 'a' }, { message: 'b' }], inactivity_seconds: 60 };
  expect(withValue(properties, 'messages.1.message', 'c')).toEqual({
    ...properties,
    messages: [{ message: 'a' }, { message: 'c' }],
  });
  expect(withValue(properties, 'inactivity_seconds', undefined)).toEqual({ messages: properties.messages });
});

test.each([
  [
    { mode: 0, threshold: { value: 30, hysteresis: 0.5 } },
    'Tell ana@example.com and your phones when it is above 30.0 °C, and when it is back at 29.5 °C or below.',
  ],
  [
    { mode: 1, threshold: { min: 2, max: 8, activate: 0 } },
    'Tell ana@example.com and your phones when it is below 2.0 °C or above 8.0 °C, and when it is back.',
  ],
  [
    { mode: 1, threshold: { min: 2, max: 8, activate: 1 } },
    'Tell ana@example.com and your phones when it is between 2.0 °C and 8.0 °C, and when it has left.',
  ],
  [
    { mode: 0, threshold: { value: 30 }, alert: { type: 1, period: 600_000 }, inactivity_seconds: 3600 },
    'Tell ana@example.com and your phones when it is above 30.0 °C, and when it is back at 30.0 °C or below. Tell again every 10 min while it lasts. Say so when nothing is heard for 1h.',
  ],
  [{ mode: 2, hardware: { devicename: 'Roof unit' } }, 'Pass each reading on to Roof unit.'],
])('%o is read out', (properties, text) => {
  expect(read({ ...properties, notification: told })).toBe(text);
});

test('a rule that tells nobody says so', () => {
  expect(read({ mode: 0, threshold: { value: 30 } })).toBe('Nobody is told about its values.');
});

test('each number of the sentence opens its field', () => {
  const parts = sentence({ mode: 1, threshold: { min: 2, max: 8 }, notification: told }, 'C', t, 'en');
  expect(parts.filter(({ path }) => path).map(({ path }) => path)).toEqual(['threshold.min', 'threshold.max']);
});

test('limits are those of the mode', () => {
  expect(limitsOf({ mode: 0, threshold: { value: 30, hysteresis: 0.5 } }, 0)).toEqual({ high: 30, hysteresis: 0.5 });
  expect(limitsOf({ mode: 1, threshold: { min: 2, max: 8, activate: 1 } }, 0)).toEqual({
    low: 2,
    high: 8,
    hysteresis: 0,
    isWithin: true,
  });
  expect(limitsOf({ mode: 2, threshold: { value: 3 } }, 0)).toBeUndefined();
  expect(limitsOf({ subattributes: { mode: 0, threshold: { value: 60 } } }, 1)).toEqual({ high: 60, hysteresis: 0 });
});
