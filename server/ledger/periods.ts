/** The periods of budgets: calendar days, weeks (from Monday) and months of a named time zone, or for ever. */

export type PeriodKind = 'day' | 'week' | 'month' | 'forever';

/** A stretch of time, half-open: `start <= instant < end`, in milliseconds since the epoch. */
export interface Period {
  /** Its name in the books: `2026-11-21`, `2026-W47`, `2026-11` or `ever`. Names of one kind sort by time. */
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

export const FOREVER: Period = {
  key: 'ever',
  start: Number.NEGATIVE_INFINITY,
  end: Number.POSITIVE_INFINITY,
};

/** Whether the name is one of a time zone, such as `Europe/Berlin`. */
export function isZone(name: string): boolean {
  try {
    new Temporal.ZonedDateTime(0n, name);
    return true;
  } catch {
    return false;
  }
}

/**
 * The period that an instant lies in. Periods of a kind and zone follow each other without gap or overlap,
 * whatever the clocks of the zone do: a day of a clock change has 23 or 25 hours.
 *
 * @param zone IANA name
 * @param at milliseconds since the epoch
 * @throws RangeError if there is no such zone
 */
export function periodAt(kind: PeriodKind, zone: string, at: number): Period {
  if (kind === 'forever') return FOREVER;
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
  const period = periodFrom(kind, zone, firstDay(kind, date));
  // Where a clock falls back across midnight, yesterday's last minutes come after today's first.
  return at < period.end ? period : periodFrom(kind, zone, following(kind, firstDay(kind, date)));
}

function periodFrom(kind: PeriodKind, zone: string, first: Temporal.PlainDate): Period {
  return {
    key: keyOf(kind, first),
    start: beginningOf(first, zone),
    end: beginningOf(following(kind, first), zone),
  };
}

/** The first instant of a day; where its midnight is skipped, the one after the gap. */
function beginningOf(day: Temporal.PlainDate, zone: string): number {
  return day.toZonedDateTime(zone).epochMilliseconds;
}

function firstDay(kind: PeriodKind, date: Temporal.PlainDate): Temporal.PlainDate {
  if (kind === 'month') return date.with({ day: 1 });
  if (kind === 'week') return date.subtract({ days: date.dayOfWeek - 1 });
  return date;
}

function following(kind: PeriodKind, first: Temporal.PlainDate): Temporal.PlainDate {
  if (kind === 'month') return first.add({ months: 1 });
  return first.add({ days: kind === 'week' ? 7 : 1 });
}

function keyOf(kind: PeriodKind, first: Temporal.PlainDate): string {
  if (kind === 'day') return first.toString();
  if (kind === 'month') return first.toString().slice(0, -3);
  const week = String(first.weekOfYear).padStart(2, '0');
  return `${first.yearOfWeek}-W${week}`;
}

/** Periods kept for each kind and zone: today, yesterday and tomorrow, should the clock be set. */
const REMEMBERED = 3;

export type Calendar = (kind: PeriodKind, zone: string, at: number) => Period;

/** {@link periodAt} that remembers: many budgets share few periods. */
export function createCalendar(): Calendar {
  const remembered = new Map<string, Period[]>();
  return (kind, zone, at) => {
    if (kind === 'forever') return FOREVER;
    const name = `${kind} ${zone}`;
    const known = remembered.get(name) ?? [];
    const match = known.find(({ start, end }) => start <= at && at < end);
    if (match !== undefined) return match;
    const period = periodAt(kind, zone, at);
    remembered.set(name, [period, ...known].slice(0, REMEMBERED));
    return period;
  };
}
