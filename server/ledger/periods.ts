/** The periods of budgets: calendar days, weeks (from Monday) and months of a named time zone, or for ever. */
import { CALENDAR, type CalendarUnit, dayAt, startOfDay } from '../calendar.ts';

export type PeriodKind = CalendarUnit | 'forever';

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
  const { firstDay, next } = CALENDAR[kind];
  const first = firstDay(dayAt(at, zone));
  const period = periodFrom(kind, zone, first);
  // Where a clock falls back across midnight, yesterday's last minutes come after today's first.
  return at < period.end ? period : periodFrom(kind, zone, next(first));
}

function periodFrom(unit: CalendarUnit, zone: string, first: Temporal.PlainDate): Period {
  const { next, name } = CALENDAR[unit];
  return { key: name(first), start: startOfDay(first, zone), end: startOfDay(next(first), zone) };
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
