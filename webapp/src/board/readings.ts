/** The newest readings of a sensor, out of the shapes in which the API gives them. No request is made here. */

import type { Schemas } from '@iotcloud/client';

export type Line = { times: number[]; values: number[] };
export type Placed = { source: string; number: string; sensorname: string };

/** A dataset as a line for each class; of two-class sensors there are two. */
export function linesOf(dataset: Schemas['Dataset'] | undefined): Line[] {
  if (!dataset || dataset.labels.length === 0) return [];
  const times = dataset.labels.map(Number);
  const lists = (Array.isArray(dataset.data[0]) ? dataset.data : [dataset.data]) as number[][];
  return lists.map((values) => ({ times, values }));
}

export type Newest = { value: number | undefined; at: Date | undefined };

export function newestOf(line: Line | undefined): Newest {
  const time = line?.times.at(-1);
  return { value: line?.values.at(-1), at: time === undefined ? undefined : new Date(time * 1000) };
}

export const isSameSensor = (one: Placed, other: Placed): boolean =>
  one.source === other.source && one.number === other.number && one.sensorname === other.sensorname;

/** Values are old when nothing came for this long and for three of the sensor's usual intervals. */
const OLD_SECONDS = 60;

export function isOld(line: Line | undefined, now: number): boolean {
  const last = line?.times.at(-1);
  if (last === undefined) return false;
  const first = line!.times[0]!;
  const interval = line!.times.length > 1 ? (last - first) / (line!.times.length - 1) : 0;
  return now / 1000 - last > Math.max(OLD_SECONDS, 3 * interval);
}
