/** Which hours or days a question is about. Sums are kept by UTC hour and day; other zones' days are made of hours. */

import { RANGE_MAX_DAYS } from '../../contract/api/fields.ts';
import { HOURLY_RANGE_MAX } from '../../contract/api/figures-api.ts';
import { CALENDAR, dayAt, isTimeZone, startOfDay } from '../calendar.ts';
import { DAY_MS, HOUR_MS, isoTime } from '../clock.ts';
import { wrongField } from '../failure.ts';

export interface SpanOrder {
  /** `2026-11-20`, a day of the zone, or an instant; days include the end, instants do not. */
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly zone: string;
  readonly bucket: 'hour' | 'day' | 'week' | 'month' | 'none';
}

/** Rows of one table, by the numbers of their buckets: hours or days since the epoch. */
export interface Rows {
  readonly table: 'usage_hourly' | 'usage_daily';
  readonly numbers: readonly number[];
}

/** A stretch of a chart, half-open, in milliseconds since the epoch. */
export interface Bucket {
  readonly label: string;
  readonly start: number;
  readonly end: number;
  /** The same as instants on the wire. */
  readonly startsAt: string;
  readonly endsAt: string;
  /** False of a day, week or month that the range has only a part of. */
  readonly isWhole: boolean;
  readonly numbers: readonly number[];
}

export interface Span {
  readonly start: number;
  readonly end: number;
  readonly zone: string;
  /** The days of the zone begin within an hour, and were moved to its beginning. */
  readonly isMoved: boolean;
  readonly table: Rows['table'];
  readonly buckets: readonly Bucket[];
  /** The range of the same length before; while this one has not ended, as much of it as has passed. */
  readonly previous: {
    readonly start: number;
    readonly end: number;
    readonly rows: readonly Rows[];
  };
}

const DEFAULT_DAYS = 30;

/** @throws Failure `validation_failed` for a range or zone that cannot be */
export function spanOf(order: SpanOrder, now: number): Span {
  if (!isTimeZone(order.zone)) {
    throw wrongField('zone', 'There is no such time zone; write it as in Europe/Berlin.');
  }
  const byInstant = order.start?.includes('T') === true || order.end?.includes('T') === true;
  const range = byInstant ? rangeOfInstants(order, now) : rangeOfDays(order, now);
  const { start, end } = range;
  if (start >= end) throw wrongField('start', 'The start lies after the end.');
  if (end - start > RANGE_MAX_DAYS * DAY_MS + HOUR_MS) {
    throw wrongField('start', `A report covers at most ${RANGE_MAX_DAYS} days.`);
  }
  if (start - (end - start) < FIRST_MS) throw wrongField('start', FOUR_DIGITS);
  if (end >= BEYOND_MS) throw wrongField('end', FOUR_DIGITS);
  if (order.bucket === 'hour' && end - start > HOURLY_RANGE_MAX * HOUR_MS) {
    throw wrongField('bucket', `By the hour at most ${HOURLY_RANGE_MAX / 24} days are shown.`);
  }
  const isWholeDays = start % DAY_MS === 0 && end % DAY_MS === 0;
  const table =
    order.bucket !== 'hour' && isWholeDays && isUtc(order.zone) ? 'usage_daily' : 'usage_hourly';
  const buckets = bucketsOf(order, { start, end }, table);
  return { ...range, zone: order.zone, table, buckets, previous: previousOf({ start, end }, now) };
}

/** On the wire a year has four digits: also that in which the range before begins, and the one in which this one ends. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00Z');
const BEYOND_MS = Date.parse('+010000-01-01T00:00:00Z');
const FOUR_DIGITS = 'The range and the one before it must lie between the years 0 and 9999.';

const isUtc = (zone: string): boolean => zone === 'UTC' || zone === 'Etc/UTC' || zone === 'GMT';

const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

type Range = Pick<Span, 'start' | 'end' | 'isMoved'>;

function rangeOfInstants({ start, end }: SpanOrder, now: number): Range {
  const instantOf = (text: string): number =>
    Date.parse(text.includes('T') ? text : `${text}T00:00:00Z`);
  const last = Math.ceil((end === undefined ? now : instantOf(end)) / HOUR_MS) * HOUR_MS;
  const first = start === undefined ? last - DEFAULT_DAYS * DAY_MS : hourOf(instantOf(start));
  return { start: first, end: last, isMoved: false };
}

function rangeOfDays({ start, end, zone }: SpanOrder, now: number): Range {
  const today = dayAt(now, zone);
  const last = end === undefined ? today : Temporal.PlainDate.from(end);
  const first =
    start === undefined
      ? last.subtract({ days: DEFAULT_DAYS - 1 })
      : Temporal.PlainDate.from(start);
  const from = startOfDay(first, zone);
  const to = startOfDay(last.add({ days: 1 }), zone);
  return {
    start: hourOf(from),
    end: hourOf(to),
    isMoved: from % HOUR_MS !== 0 || to % HOUR_MS !== 0,
  };
}

/** Those that were made, by all that they depend on; a calendar is slow, and everybody asks for the same ranges. */
const KNOWN_BUCKETS = new Map<string, readonly Bucket[]>();
/** A year of days has some hundred kilobytes. */
const KNOWN_MAX = 50;

function bucketsOf(
  { zone, bucket }: SpanOrder,
  { start, end }: { readonly start: number; readonly end: number },
  table: Rows['table'],
): readonly Bucket[] {
  const key = `${start} ${end} ${table} ${bucket} ${zone}`;
  const buckets = KNOWN_BUCKETS.get(key) ?? cutInto(bucket, { start, end, zone, table });
  KNOWN_BUCKETS.delete(key);
  KNOWN_BUCKETS.set(key, buckets);
  const [oldest] = KNOWN_BUCKETS.keys();
  if (KNOWN_BUCKETS.size > KNOWN_MAX && oldest !== undefined) KNOWN_BUCKETS.delete(oldest);
  return buckets;
}

function cutInto(
  kind: SpanOrder['bucket'],
  { start, end, zone, table }: Pick<Span, 'start' | 'end' | 'zone' | 'table'>,
): readonly Bucket[] {
  const step = table === 'usage_daily' ? DAY_MS : HOUR_MS;
  const bucket = (start: number, end: number, label: string, isWhole = true): Bucket => ({
    ...{ label, start, end, isWhole },
    ...{ startsAt: isoTime(start), endsAt: isoTime(end) },
    numbers: numbersOf(start, end, step),
  });
  if (kind === 'none') return [bucket(start, end, isoTime(start))];
  if (kind === 'hour') {
    return numbersOf(start, end, HOUR_MS).map((hour) =>
      bucket(hour * HOUR_MS, (hour + 1) * HOUR_MS, isoTime(hour * HOUR_MS)),
    );
  }
  const { firstDay, next, name } = CALENDAR[kind];
  const buckets: Bucket[] = [];
  // An hour into the range lies in its first day even where the beginning was moved.
  let day = dayAt(start + HOUR_MS - 1, zone);
  for (let from = start; from < end; ) {
    const begun = firstDay(day);
    const isFromStart = hourOf(startOfDay(begun, zone)) === from;
    const following = next(begun);
    const over = hourOf(startOfDay(following, zone));
    const to = Math.min(end, over);
    buckets.push(bucket(from, to, name(begun), isFromStart && over <= end));
    from = to;
    day = following;
  }
  return buckets;
}

function numbersOf(start: number, end: number, step: number): readonly number[] {
  const first = Math.floor(start / step);
  return Array.from({ length: Math.ceil(end / step) - first }, (_, index) => first + index);
}

function previousOf(range: { start: number; end: number }, now: number): Span['previous'] {
  const length = range.end - range.start;
  const start = range.start - length;
  const passed = hourOf(Math.min(range.end, now + HOUR_MS - 1)) - range.start;
  const end = start + Math.max(0, Math.min(passed, length));
  return { start, end, rows: rowsBetween(start, end) };
}

/** Whole UTC days by the day, what is left at both ends by the hour. */
function rowsBetween(start: number, end: number): readonly Rows[] {
  const firstDay = Math.ceil(start / DAY_MS) * DAY_MS;
  const lastDay = Math.floor(end / DAY_MS) * DAY_MS;
  if (firstDay >= lastDay) {
    return [{ table: 'usage_hourly', numbers: numbersOf(start, end, HOUR_MS) }];
  }
  const hours = [...numbersOf(start, firstDay, HOUR_MS), ...numbersOf(lastDay, end, HOUR_MS)];
  const days: Rows = { table: 'usage_daily', numbers: numbersOf(firstDay, lastDay, DAY_MS) };
  return hours.length === 0 ? [days] : [days, { table: 'usage_hourly', numbers: hours }];
}
