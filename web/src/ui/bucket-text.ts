/** How stretches of time are called on axes, in tips and in tables. A bucket is a UTC day or the instant at which it begins. */
import { localeTag } from '../language/language.ts';
import { dayText } from './figures.ts';

const isDay = (bucket: string): boolean => bucket.length === 10;

function instantOf(bucket: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(localeTag(), {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: 'UTC',
    ...options,
  }).format(new Date(bucket));
}

/** In full: `Tue, Nov 24, 2026` or `Nov 24, 14:00`. */
export function bucketText(bucket: string): string {
  if (bucket === '') return '';
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

/** What an axis says: hours alone within one day, with their day over two, and only days over more. */
export function axisWords(buckets: readonly string[]): AxisWords {
  const days = new Set(buckets.map((bucket) => bucket.slice(0, 10)));
  if (buckets.every(isDay)) return { ticks: buckets, text: (bucket) => dayText(bucket) };
  if (days.size === 1) return { ticks: buckets, text: (bucket) => instantOf(bucket, {}) };
  if (days.size <= HOURS_TOLD_DAYS) return { ticks: buckets, text: bucketText };
  const firsts = [...days].map((day) => buckets.find((bucket) => bucket.startsWith(day)) ?? day);
  return { ticks: firsts, text: (bucket) => dayText(bucket) };
}
