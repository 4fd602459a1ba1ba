/** What usage reports have in common: days, pages, and rows that are added up by day and model. */
import { type Nanos, nanos } from '../../contract/money.ts';
import { MODEL_LETTERS_MAX } from '../../contract/usage.ts';
import { DAY_MS, utcDay } from '../clock.ts';
import { tell, unknown, unreadable } from './account-reading.ts';
import type {
  AccountCall,
  Ask,
  JsonObject,
  KeyReading,
  ProviderUsage,
  UsageDays,
  UsageRow,
} from './provider.ts';
import { objectOf, sumOfKnown, valueAt } from './usage-reading.ts';

/** A year of days in the smallest pages that any provider gives; more is a report that never ends. */
const PAGES_MAX = 100;

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function dayStart(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

export function dayAfter(day: string, days: number): string {
  return utcDay(dayStart(day) + days * DAY_MS);
}

/** All days from the one to the other, ascending; none if they are the wrong way round. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let day = from; day <= to; day = dayAfter(day, 1)) days.push(day);
  return days;
}

/** The days that can have been used at all: none lies ahead. */
export function pastDays({ from, to, today }: UsageDays): string[] {
  return daysBetween(from, to < today ? to : today);
}

/** No day was asked for that could have been used. */
export function noDays(): KeyReading {
  return unknown('read', 'The provider tells of past days only.');
}

/** The UTC day of `2026-11-18`, of `2026-11-18T00:00:00Z` or of seconds since the epoch; null if it is none of them. */
export function dayOf(value: unknown): string | null {
  if (typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) < 1e11) {
    return utcDay(value * 1000);
  }
  const day = typeof value === 'string' ? value.slice(0, 10) : '';
  return DAY.test(day) && Number.isFinite(dayStart(day)) ? day : null;
}

/** A report that comes as pages of days, each with its lines. */
export interface DailyReport {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The member of a day that says which day it is. */
  readonly dayMember: string;
  /** Called once for each day, before its lines. */
  readonly onDay?: (day: string) => void;
  /** Says whether the line could be read. */
  readonly onLine: (day: string, line: JsonObject) => boolean;
}

/**
 * Reads a report page by page to its end.
 *
 * @returns the trouble with the first page that could not be read: half a report would look like a cheap month
 */
export async function readReport(ask: Ask, report: DailyReport): Promise<KeyReading | null> {
  const seen = new Set<string | undefined>();
  const days = new Set<string>();
  let page: string | undefined;
  while (!seen.has(page) && seen.size < PAGES_MAX) {
    seen.add(page);
    const told = await tell(ask, callOf(report, page));
    if (told.trouble !== undefined) return told.trouble;
    const body = objectOf(told.body) ?? {};
    const data = body['data'];
    const isRead = Array.isArray(data) && data.every((entry) => readDay(report, entry, days));
    if (!isRead) return unreadable();
    if (body['has_more'] !== true) return null;
    const next = body['next_page'];
    if (typeof next !== 'string' || next === '') return unreadable();
    page = next;
  }
  // The pages go round in a circle or never end.
  return unreadable();
}

function callOf({ path, query, headers }: DailyReport, page: string | undefined): AccountCall {
  const asked = new URLSearchParams({ ...query, ...(page === undefined ? {} : { page }) });
  const call: AccountCall = { method: 'GET', path: `${path}?${asked}` };
  return headers === undefined ? call : { ...call, headers };
}

/** @param days that were read before: one that comes again would count twice */
function readDay(report: DailyReport, entry: unknown, days: Set<string>): boolean {
  const day = dayOf(valueAt(entry, report.dayMember));
  const lines = valueAt(entry, 'results');
  if (day === null || days.has(day) || !Array.isArray(lines)) return false;
  days.add(day);
  report.onDay?.(day);
  return lines.every((line) => report.onLine(day, objectOf(line) ?? {}));
}

/** What one line of a report states. */
export type UsagePart = Partial<Omit<UsageRow, 'date' | 'model'>>;

/** Adds up the lines of a report for some days. */
export class UsageSheet {
  readonly #asked: ReadonlySet<string>;
  readonly #told = new Set<string>();
  readonly #rows = new Map<string, UsageRow>();

  constructor(asked: readonly string[]) {
    this.#asked = new Set(asked);
  }

  /** A day that the report speaks of, even if only to say that nothing was used. */
  tell(day: string): void {
    if (this.#asked.has(day)) this.#told.add(day);
  }

  /** A line; one of a day that was not asked for is passed over. Says whether the sum is a number that can be true. */
  add(date: string, name: string, part: UsagePart): boolean {
    if (!this.#asked.has(date)) return true;
    const model = kept(name);
    const key = `${date} ${model}`;
    const before = this.#rows.get(key);
    const sum = (name: keyof UsagePart) => sumOfKnown(before?.[name] ?? null, part[name] ?? null);
    const row = {
      requests: sum('requests'),
      inputTokens: sum('inputTokens'),
      cachedInputTokens: sum('cachedInputTokens'),
      outputTokens: sum('outputTokens'),
      reasoningTokens: sum('reasoningTokens'),
      cost: sum('cost') as Nanos | null,
    };
    if (Object.values(row).some((total) => total !== null && !Number.isSafeInteger(total))) {
      return false;
    }
    this.#rows.set(key, { date, model, ...row });
    return true;
  }

  /** Has a line for this day and model been added? */
  has(date: string, model: string): boolean {
    return this.#rows.has(`${date} ${kept(model)}`);
  }

  /** The reading of those days that were told. */
  reading(good: KeyReading, openSince: string): ProviderUsage {
    const days = [...this.#told].sort();
    const rows = [...this.#rows.values()].filter(({ date }) => this.#told.has(date));
    rows.sort((a, b) => compare(a.date, b.date) || compare(a.model, b.model));
    const openDays = days.filter((day) => day >= openSince);
    const message = `What the provider reports of ${days.length} days.`;
    return { ...good, message, days, openDays, rows, currency: 'USD' };
  }
}

function kept(model: string): string {
  return model.slice(0, MODEL_LETTERS_MAX);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The sum of costs of which each must be known; null if one is not. */
export function sumOfAll(...costs: readonly (Nanos | null)[]): Nanos | null {
  let total = 0;
  for (const cost of costs) {
    if (cost === null) return null;
    total += cost;
  }
  return Number.isSafeInteger(total) ? nanos(total) : null;
}
