// Sources of simulated values: a random walk or a script; and the classes of sensors.

import {readFileSync} from 'node:fs';
import {extname} from 'node:path';
import {isObject, own} from './payloads.js';

const rows = JSON.parse(readFileSync(new URL('../../classes.json', import.meta.url), 'utf8'));

/** Rows of `classes.json` by number. */
export const SENSOR_CLASSES = new Map(rows.map((row) => [row.number, row]));

/** Suffix of a two-class sensor's name for its second value. */
export const SUBCLASS = '/subclass';

/** One value after the other, repeated from the beginning. */
export function script(values) {
  let position = 0;
  return () => values[position++ % values.length];
}

/** A random walk within the limits of its class. */
export function walk(sensorClass, attributes, random) {
  const {lowest, highest, step, decimals, ranges = []} = sensorClass;
  const index = own(attributes, 'range') ?? 0;
  const chosen = Number.isInteger(index) ? ranges[index] : undefined;
  const scale = chosen === undefined ? 1 : chosen / highest;
  let value = sensorClass.start;
  return () => {
    value = Math.min(Math.max(value + (random() * 2 - 1) * step, lowest), highest);
    return decimals ? Number((value * scale).toFixed(decimals)) : Math.trunc(value * scale);
  };
}

/** A file of values is invalid; the message has the reason. */
export class UnreadableScript extends Error {}

/**
 * Parse values by sensor: `i2c1@40`, `adc1`, `tprobe1`, and `tprobe1/subclass` for its second value.
 *
 * A JSON file is an object of lists. A CSV file has one column per sensor and one row per reading; empty cells are skipped.
 */
export function readScripts(path) {
  let scripts;
  try {
    const content = readFileSync(path, 'utf8');
    scripts = extname(path) === '.json' ? JSON.parse(content) : columns(content);
  } catch (error) {
    throw new UnreadableScript(`${path}: ${error.message}`);
  }
  if (!isObject(scripts)) throw new UnreadableScript(`${path}: not an object of lists`);
  for (const [sensor, values] of Object.entries(scripts)) {
    if (!Array.isArray(values) || values.length === 0 || !values.every(Number.isFinite)) {
      throw new UnreadableScript(`${path}: ${sensor} is not a list of numbers`);
    }
  }
  return scripts;
}

function columns(content) {
  const [head = '', ...lines] = content.split(/\r?\n/).filter((line) => line.trim());
  const cells = lines.map((line) => line.split(','));
  return Object.fromEntries(
    head.split(',').map((name, index) => [name, cells.map((row) => row[index]).filter(Boolean).map(Number)]),
  );
}
