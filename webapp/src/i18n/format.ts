/** Numbers, units, times and ages, by Intl. */

import { unitOf } from '../board/classes';

const numbers = new Map<string, Intl.NumberFormat>();

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale + JSON.stringify(options);
  let format = numbers.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, options);
    numbers.set(key, format);
  }
  return format;
}

/** A reading without its unit, with the digits that the unit has. */
export function formatReading(locale: string, value: number, unit: string | undefined): string {
  const { digits } = unitOf(unit);
  return numberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** A value that somebody set: as many digits as it has. */
export function formatNumber(locale: string, value: number): string {
  return numberFormat(locale, { maximumFractionDigits: 6 }).format(value);
}

export function formatWithUnit(locale: string, value: number, unit: string | undefined): string {
  const { text } = unitOf(unit);
  return text ? `${formatReading(locale, value, unit)} ${text}` : formatReading(locale, value, unit);
}

const STEPS: [limit: number, seconds: number, unit: string][] = [
  [60, 1, 'second'],
  [3600, 60, 'minute'],
  [86400, 3600, 'hour'],
  [Number.POSITIVE_INFINITY, 86400, 'day'],
];

/** A span of time in its largest unit: `4 sec`, `12 min`, `3 hr`, `2 days`. */
export function formatDuration(locale: string, seconds: number): string {
  const span = Math.max(0, seconds);
  const [, size, unit] = STEPS.find(([limit]) => span < limit)!;
  return numberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: unit === 'second' || unit === 'hour' ? 'narrow' : 'short',
  }).format(Math.floor(span / size));
}

/** A time as a person reads it: the clock alone for today, with the date before. */
export function formatTime(locale: string, at: Date, now = new Date(), timeZone?: string): string {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
  const isToday = day.format(at) === day.format(now);
  return new Intl.DateTimeFormat(locale, {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    ...(isToday ? {} : { day: 'numeric', month: 'short' }),
  }).format(at);
}
