/** The calendar of a named time zone: its days, and the weeks and months that they make up. */

/** Whether the name is one of a time zone, such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    new Temporal.ZonedDateTime(0n, name);
    return true;
  } catch {
    return false;
  }
}

/**
 * The day that it is somewhere.
 *
 * @param epochMs milliseconds since the epoch
 * @param zone IANA name
 * @throws RangeError if there is no such zone
 */
export function dayAt(epochMs: number, zone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(zone).toPlainDate();
}

/** The first instant of a day, in milliseconds since the epoch; where its midnight is skipped, the one after the gap. */
export function startOfDay(day: Temporal.PlainDate, zone: string): number {
  return day.toZonedDateTime(zone).epochMilliseconds;
}

export type CalendarUnit = 'day' | 'week' | 'month';

interface UnitRules {
  /** The first day of the one that a day lies in. */
  readonly firstDay: (day: Temporal.PlainDate) => Temporal.PlainDate;
  /** The first day of the one after it. */
  readonly next: (firstDay: Temporal.PlainDate) => Temporal.PlainDate;
  /** `2026-11-21`, `2026-W47` or `2026-11`; names of one unit sort by time. */
  readonly name: (firstDay: Temporal.PlainDate) => string;
}

/** Weeks begin on Monday. */
export const CALENDAR: Readonly<Record<CalendarUnit, UnitRules>> = {
  day: { firstDay: (day) => day, next: (day) => day.add({ days: 1 }), name: String },
  week: {
    firstDay: (day) => day.subtract({ days: day.dayOfWeek - 1 }),
    next: (monday) => monday.add({ weeks: 1 }),
    // The week of a year is that in which its Thursday lies; at the turn of the year it may be another year's.
    name: (monday) => `${monday.yearOfWeek}-W${String(monday.weekOfYear).padStart(2, '0')}`,
  },
  month: {
    firstDay: (day) => day.with({ day: 1 }),
    next: (first) => first.add({ months: 1 }),
    name: (first) => first.toPlainYearMonth().toString(),
  },
};
