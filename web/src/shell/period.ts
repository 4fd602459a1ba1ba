/** The stretch of UTC days that a page speaks of, as its address names it. */
import { PERIOD_PRESETS } from '../../../contract/api/preferences-api.ts';
import { DAY_MS } from '../ui/figures.ts';

export type Preset = (typeof PERIOD_PRESETS)[number];

export interface Period {
  /** First and last UTC day, both included: `2026-11-20`. */
  readonly start: string;
  readonly end: string;
  /** Null if the two days were chosen by hand. */
  readonly preset: Preset | null;
  readonly days: number;
  /** Whether its last day has not ended yet. */
  readonly isOpen: boolean;
}

export const DEFAULT_PRESET: Preset = '30d';
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The instant at which a UTC day begins. */
export function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

export function addDays(day: string, count: number): string {
  return dayOf(startOfDay(day) + count * DAY_MS);
}

function daysFrom(start: string, end: string): number {
  return Math.round((startOfDay(end) - startOfDay(start)) / DAY_MS) + 1;
}

function isDay(text: string | undefined): text is string {
  return text !== undefined && DAY.test(text) && !Number.isNaN(startOfDay(text));
}

/**
 * @param state the query of the address: `period`, or `start` with `end`
 * @param usual what holds where the address says nothing
 */
export function periodOf(
  state: Readonly<Record<string, string>>,
  now: number,
  usual: Preset = DEFAULT_PRESET,
): Period {
  const today = dayOf(now);
  const { start, end } = state;
  if (isDay(start) && isDay(end) && start <= end) return finished({ start, end }, null, today);
  const preset = PERIOD_PRESETS.find((name) => name === state['period']) ?? usual;
  return finished(spanOf(preset, today), preset, today);
}

function finished(
  span: { readonly start: string; readonly end: string },
  preset: Preset | null,
  today: string,
): Period {
  return { ...span, preset, days: daysFrom(span.start, span.end), isOpen: span.end >= today };
}

function spanOf(preset: Preset, today: string): { start: string; end: string } {
  const monthStart = `${today.slice(0, 8)}01`;
  switch (preset) {
    case 'today':
      return { start: today, end: today };
    case '7d':
      return { start: addDays(today, -6), end: today };
    case '30d':
      return { start: addDays(today, -29), end: today };
    case '90d':
      return { start: addDays(today, -89), end: today };
    case 'month':
      return { start: monthStart, end: today };
    case 'last-month': {
      const end = addDays(monthStart, -1);
      return { start: `${end.slice(0, 8)}01`, end };
    }
    case 'year':
      return { start: `${today.slice(0, 4)}-01-01`, end: today };
  }
}

/** The same number of days before or after, as a change of the address; null where it would lie in the future. */
export function stepped(
  period: Period,
  direction: -1 | 1,
  now: number,
): { start: string; end: string; period: null } | null {
  const start = addDays(period.start, direction * period.days);
  const end = addDays(period.end, direction * period.days);
  return start > dayOf(now) ? null : { start, end, period: null };
}

/** Up to so many days, hours say more than days. */
const HOURLY_DAYS = 2;

/** A period as the calls of figures take it, in steps that fit its length. */
export function figuresOf({ start, end, days }: Period): {
  readonly start: string;
  readonly end: string;
  readonly bucket: 'hour' | 'day';
} {
  return { start, end, bucket: days <= HOURLY_DAYS ? 'hour' : 'day' };
}
