/** The course of a sensor, out of the points of the API: windows, intervals, gaps, and a summary. No request is made here. */

import type { Schemas } from '@iotcloud/client';

export type Point = Schemas['SeriesPointShape'];
export type CourseOfClass = {
  times: number[];
  mean: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
};
export type Span = { from: number; to: number };

/** Intervals in seconds. Short spans show each reading, so that none is hidden by a mean. */
const INTERVALS = [60, 300, 900, 3600, 10_800, 86_400];
const RAW_SPAN = 2 * 3600;
const MOST_POINTS = 700;

export function intervalOf({ from, to }: Span): number | undefined {
  const span = to - from;
  if (span <= RAW_SPAN) return undefined;
  return INTERVALS.find((seconds) => span / seconds <= MOST_POINTS) ?? INTERVALS.at(-1)!;
}

/** The course of the main class (0) or the second (1). Where readings are missing there is a gap. */
export function courseOf(points: readonly Point[], index: number, interval: number | undefined): CourseOfClass {
  const course: CourseOfClass = { times: [], mean: [], min: [], max: [] };
  const usual = interval ?? usualDistance(points);
  let before: number | undefined;
  const push = (time: number, values: { mean: number; min: number; max: number } | null) => {
    course.times.push(time);
    course.mean.push(values?.mean ?? null);
    course.min.push(values?.min ?? null);
    course.max.push(values?.max ?? null);
  };
  for (const point of points) {
    const values = index === 0 ? point : point.subclass;
    if (!values) continue;
    if (before !== undefined && point.timestamp - before > 3 * usual) push(before + usual, null);
    push(point.timestamp, values);
    before = point.timestamp;
  }
  return course;
}

function usualDistance(points: readonly Point[]): number {
  const distances = points.slice(1).map((point, at) => point.timestamp - points[at]!.timestamp);
  return Math.max(1, distances.sort((one, other) => one - other)[Math.floor(distances.length / 2)] ?? 60);
}

export type Summary = { lowest: number; highest: number; trend: 'rising' | 'falling' | 'steady' };

/** What a person would say of it; undefined without values. */
export function summaryOf(course: CourseOfClass): Summary | undefined {
  const means = course.mean.filter((value) => value !== null);
  if (means.length === 0) return undefined;
  const lowest = Math.min(...course.min.filter((value) => value !== null));
  const highest = Math.max(...course.max.filter((value) => value !== null));
  const part = Math.max(1, Math.floor(means.length / 5));
  const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const change = average(means.slice(-part)) - average(means.slice(0, part));
  const trend =
    Math.abs(change) < (highest - lowest) * 0.1 || change === 0 ? 'steady' : change > 0 ? 'rising' : 'falling';
  return { lowest, highest, trend };
}
