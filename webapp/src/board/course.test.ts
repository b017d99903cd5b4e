// @vitest-environment node
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { courseOf, intervalOf, type Point, summaryOf } from './course';

const point = (timestamp: number, mean: number): Point => ({ timestamp, mean, min: mean - 1, max: mean + 1, count: 1 });

test('short spans show each reading, long ones a bounded number of points', () => {
  expect(intervalOf({ from: 0, to: 3600 })).toBeUndefined();
  fc.assert(
    fc.property(fc.integer({ min: 7201, max: 31 * 86_400 }), (span) => {
      expect(span / intervalOf({ from: 0, to: span })!).toBeLessThanOrEqual(700);
    }),
  );
});

test('a gap is a gap', () => {
  const { times, mean } = courseOf([point(0, 1), point(60, 2), point(600, 3)], 0, 60);
  expect(times).toEqual([0, 60, 120, 600]);
  expect(mean).toEqual([1, 2, null, 3]);
});

test('the second class is taken from beside the first', () => {
  const points = [{ ...point(0, 24), subclass: { min: 50, max: 60, mean: 55 } }, point(5, 25)];
  expect(courseOf(points, 1, undefined).mean).toEqual([55]);
});

test('a course is summed up, and an empty one is not', () => {
  const rising = courseOf(
    [1, 2, 3, 4, 5, 6].map((value, at) => point(at * 60, value)),
    0,
    60,
  );
  expect(summaryOf(rising)).toEqual({ lowest: 0, highest: 7, trend: 'rising' });
  expect(summaryOf(courseOf([], 0, 60))).toBeUndefined();
});
