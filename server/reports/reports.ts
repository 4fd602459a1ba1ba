/**
 * The door of `reports`: what did it cost. Figures of the metered requests, read in the reader thread.
 * A request that nothing was owed for counts in none of them: one that was refused, that failed before anything
 * was served, or that is free at every provider. One without a known price counts with its tokens and a cost of 0,
 * and is counted apart as unpriced. All costs are the providers', in nano-dollars; charges are what callers paid.
 */
import { sql } from 'kysely';
import { type Nanos, nanos, sum, ZERO } from '../../contract/money.ts';
import { isoTime } from '../clock.ts';
import type { Storage } from '../storage/storage.ts';
import { type Activity, activity, type UsageOfUser, usageOfUser } from './usage-of-callers.ts';

export type { Activity, CallerFigures, UsageOfUser } from './usage-of-callers.ts';

export interface UsageFigures {
  readonly requests: number;
  readonly unpricedRequests: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cost: Nanos;
}

export interface KeyUsage extends UsageFigures {
  /** The dearest model first. A request that named no model is under `unknown`. */
  readonly byModel: readonly (UsageFigures & { readonly model: string })[];
  /** Milliseconds since the epoch. */
  readonly firstRequestAt: number | null;
  readonly lastRequestAt: number | null;
}

/** A range of UTC days, both included: `2026-11-20`. */
export interface DayRange {
  readonly start: string;
  readonly end: string;
}

export interface CostByUser {
  /** Users with at least one request in the range, the dearest first. */
  readonly byUser: readonly UserCost[];
  /** Every day of the range, in order. */
  readonly daily: readonly DayCost[];
  /** Every day of the range for each user of `byUser`, in order of day. */
  readonly dailyByUser: readonly UserDayCost[];
}

export interface UserCost {
  readonly label: string;
  readonly requests: number;
  readonly unpricedRequests: number;
  readonly tokens: number;
  readonly cost: Nanos;
}

export interface DayCost {
  readonly date: string;
  readonly cost: Nanos;
  /** Of this day and all before it in the range. */
  readonly cumulativeCost: Nanos;
}

export interface UserDayCost {
  readonly date: string;
  readonly label: string;
  readonly cost: Nanos;
}

export interface Reports {
  usageOfKey(keyId: string): Promise<KeyUsage>;
  /** A request belongs to the UTC day in which it started. */
  costByUser(range: DayRange): Promise<CostByUser>;
  /** @param now in milliseconds since the epoch: which day and month is meant */
  usageOfUser(userId: string, now: number): Promise<UsageOfUser>;
  /** What everybody did on the UTC day of that instant. */
  activity(now: number): Promise<Activity>;
}

export function createReports(deps: { readonly storage: Pick<Storage, 'db'> }): Reports {
  const { db } = deps.storage;
  return {
    usageOfKey: (keyId) => usageOfKey(db, keyId),
    costByUser: (range) => costByUser(db, range),
    usageOfUser: (userId, now) => usageOfUser(db, userId, now),
    activity: (now) => activity(db, now),
  };
}

const DAY_MS = 86_400_000;

/** Sums that read the same in both databases; a missing figure adds nothing. */
const REQUESTS = sql<number>`count(*)`;
const UNPRICED = sql<number>`sum(case when cost_nanos is null then 1 else 0 end)`;
const PROMPT_TOKENS = sql<number>`coalesce(sum(input_tokens), 0)`;
const COMPLETION_TOKENS = sql<number>`coalesce(sum(output_tokens), 0)`;
const COST = sql<number>`coalesce(sum(cost_nanos), 0)`;

async function usageOfKey(db: Storage['db'], keyId: string): Promise<KeyUsage> {
  const model = sql<string>`coalesce(model, served_model, 'unknown')`;
  const rows = await db
    .selectFrom('usage_records')
    .where('virtual_key_id', '=', keyId)
    .where('outcome', '!=', 'refused')
    .where('cost_source', '!=', 'none')
    .groupBy(model)
    .select([
      model.as('model'),
      REQUESTS.as('requests'),
      UNPRICED.as('unpriced'),
      PROMPT_TOKENS.as('prompt'),
      COMPLETION_TOKENS.as('completion'),
      COST.as('cost'),
      sql<number>`min(started_at)`.as('first'),
      sql<number>`max(started_at)`.as('last'),
    ])
    .execute();
  const byModel = rows.map((row) => ({
    model: row.model,
    requests: row.requests,
    unpricedRequests: row.unpriced,
    promptTokens: row.prompt,
    completionTokens: row.completion,
    cost: nanos(row.cost),
  }));
  byModel.sort((a, b) => b.cost - a.cost || compareText(a.model, b.model));
  return {
    ...totalOf(byModel),
    byModel,
    firstRequestAt: rows.length === 0 ? null : Math.min(...rows.map((row) => row.first)),
    lastRequestAt: rows.length === 0 ? null : Math.max(...rows.map((row) => row.last)),
  };
}

function totalOf(parts: readonly UsageFigures[]): UsageFigures {
  const add = (figure: (part: UsageFigures) => number): number =>
    parts.reduce((total, part) => total + figure(part), 0);
  return {
    requests: add((part) => part.requests),
    unpricedRequests: add((part) => part.unpricedRequests),
    promptTokens: add((part) => part.promptTokens),
    completionTokens: add((part) => part.completionTokens),
    cost: sum(...parts.map((part) => part.cost)),
  };
}

interface UserDayRow {
  readonly day: number;
  readonly label: string;
  readonly requests: number;
  readonly unpriced: number;
  readonly tokens: number;
  readonly cost: number;
}

async function costByUser(db: Storage['db'], range: DayRange): Promise<CostByUser> {
  const first = dayNumber(range.start);
  const last = dayNumber(range.end);
  // Written without a parameter, so that it reads the same where it is selected and where it groups.
  const day = sql<number>`usage_records.started_at / ${sql.lit(DAY_MS)}`;
  const label = sql<string>`coalesce(users.username, usage_records.user_id)`;
  const rows: UserDayRow[] = await db
    .selectFrom('usage_records')
    .leftJoin('users', 'users.id', 'usage_records.user_id')
    .where('usage_records.started_at', '>=', first * DAY_MS)
    .where('usage_records.started_at', '<', (last + 1) * DAY_MS)
    .where('usage_records.outcome', '!=', 'refused')
    .where('usage_records.cost_source', '!=', 'none')
    .groupBy([day, label])
    .select([
      day.as('day'),
      label.as('label'),
      REQUESTS.as('requests'),
      UNPRICED.as('unpriced'),
      sql<number>`coalesce(sum(input_tokens), 0) + coalesce(sum(output_tokens), 0)`.as('tokens'),
      COST.as('cost'),
    ])
    .execute();
  const byUser = usersOf(rows);
  return { byUser, ...daysOf(rows, byUser, { first, last }) };
}

function usersOf(rows: readonly UserDayRow[]): UserCost[] {
  const users = new Map<string, UserCost>();
  for (const row of rows) {
    const known = users.get(row.label);
    users.set(row.label, {
      label: row.label,
      requests: (known?.requests ?? 0) + row.requests,
      unpricedRequests: (known?.unpricedRequests ?? 0) + row.unpriced,
      tokens: (known?.tokens ?? 0) + row.tokens,
      cost: sum(known?.cost ?? ZERO, nanos(row.cost)),
    });
  }
  return [...users.values()].sort((a, b) => b.cost - a.cost || compareText(a.label, b.label));
}

function daysOf(
  rows: readonly UserDayRow[],
  users: readonly UserCost[],
  range: { readonly first: number; readonly last: number },
): Pick<CostByUser, 'daily' | 'dailyByUser'> {
  const costs = new Map<number, Map<string, Nanos>>();
  for (const row of rows) {
    const ofDay = costs.get(row.day) ?? new Map<string, Nanos>();
    costs.set(row.day, ofDay.set(row.label, nanos(row.cost)));
  }
  const daily: DayCost[] = [];
  const dailyByUser: UserDayCost[] = [];
  let cumulativeCost: Nanos = ZERO;
  for (let day = range.first; day <= range.last; day += 1) {
    const date = dayText(day);
    const ofDay = costs.get(day);
    const cost = sum(...(ofDay?.values() ?? []));
    cumulativeCost = sum(cumulativeCost, cost);
    daily.push({ date, cost, cumulativeCost });
    for (const { label } of users) {
      dailyByUser.push({ date, label, cost: ofDay?.get(label) ?? ZERO });
    }
  }
  return { daily, dailyByUser };
}

/** Days since the epoch. */
function dayNumber(date: string): number {
  return Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS);
}

function dayText(day: number): string {
  return isoTime(day * DAY_MS).slice(0, 10);
}

/** By code unit: the same on every machine, whatever its language. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
