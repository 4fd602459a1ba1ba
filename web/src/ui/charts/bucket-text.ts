/**
 * How stretches of time are called on axes, in tips and in tables. A bucket is a UTC day, a week (`2026-W47`), a month
 * (`2026-11`) or the instant at which it begins.
 */
import { localeTag } from '../../language/language.ts';
import { DAY_MS, dayText } from '../figures.ts';

const isDay = (bucket: string): boolean => bucket.length === 10;
const isMonth = (bucket: string): boolean => bucket.length === 7;
const WEEK = /^(\d{4})-W(\d{2})$/;

/** The Monday with which a week begins; null for what is no week. The fourth of January lies in the first one. */
function mondayOf(bucket: string): Date | null {
  const [, year, week] = WEEK.exec(bucket) ?? [];
  if (year === undefined) return null;
  const fourth = Date.UTC(Number(year), 0, 4);
  const weekday = (new Date(fourth).getUTCDay() + 6) % 7;
  return new Date(fourth + ((Number(week) - 1) * 7 - weekday) * DAY_MS);
}

function monthText(bucket: string, style: 'short' | 'long'): string {
  return new Intl.DateTimeFormat(localeTag(), {
    ...{ month: style, year: 'numeric', timeZone: 'UTC' },
  }).format(new Date(`${bucket}-01T00:00:00Z`));
}

function weekText(monday: Date): string {
  return new Intl.DateTimeFormat(localeTag(), {
    ...{ day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' },
  }).formatRange(monday, new Date(monday.getTime() + 6 * DAY_MS));
}

function instantOf(bucket: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(localeTag(), {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: 'UTC',
    ...options,
  }).format(new Date(bucket));
}

/** In full: `Tue, Nov 24, 2026`, `Nov 23 – 29, 2026`, `November 2026` or `Nov 24, 14:00`. */
export function bucketText(bucket: string): string {
  if (bucket === '') return '';
  const monday = mondayOf(bucket);
  if (monday !== null) return weekText(monday);
  if (isMonth(bucket)) return monthText(bucket, 'long');
  return isDay(bucket)
    ? dayText(bucket, 'long')
    : instantOf(bucket, { day: 'numeric', month: 'short' });
}

interface AxisWords {
  readonly ticks: readonly string[];
  readonly text: (bucket: string) => string;
}

/** Up to so many days an axis of hours names the hours; beyond, only the days at which they begin. */
const HOURS_TOLD_DAYS = 2;

/** What an axis says: months, the days with which weeks begin, and hours alone within one day, with their day over two, and only days over more. */
export function axisWords(buckets: readonly string[]): AxisWords {
  const days = new Set(buckets.map((bucket) => bucket.slice(0, 10)));
  const text = (bucket: string): string => {
    const monday = mondayOf(bucket);
    return monday === null ? monthText(bucket, 'short') : dayText(monday.toISOString());
  };
  if (buckets.every((bucket) => isMonth(bucket) || WEEK.test(bucket)))
    return { ticks: buckets, text };
  if (buckets.every(isDay)) return { ticks: buckets, text: (bucket) => dayText(bucket) };
  if (days.size === 1) return { ticks: buckets, text: (bucket) => instantOf(bucket, {}) };
  if (days.size <= HOURS_TOLD_DAYS) return { ticks: buckets, text: bucketText };
  const firsts = [...days].map((day) => buckets.find((bucket) => bucket.startsWith(day)) ?? day);
  return { ticks: firsts, text: (bucket) => dayText(bucket) };
}
