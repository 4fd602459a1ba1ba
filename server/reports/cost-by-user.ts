/** What each user cost on each day: the report with the longest history. */
import { sql } from 'kysely';
import { type Nanos, nanos, sum, ZERO } from '../../contract/money.ts';
import { isoTime } from '../clock.ts';
import type { Storage } from '../storage/storage.ts';
import type { SumsSource } from './sums-source.ts';
import { compareText } from './text-order.ts';

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

const DAY_MS = 86_400_000;

interface UserDayRow {
  readonly day: number;
  readonly userId: string;
  readonly requests: number;
  readonly unpriced: number;
  readonly tokens: number;
  readonly cost: number;
}

type LabelledRow = UserDayRow & { readonly label: string };

/** A request belongs to the UTC day in which it started. */
export async function costByUser(
  source: SumsSource,
  range: DayRange,
  userId: string | null,
): Promise<CostByUser> {
  const first = dayNumber(range.start);
  const last = dayNumber(range.end);
  const days = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const found = await source.read<UserDayRow, UserDayRow>('usage_daily', [days], (numbers) => ({
    query: sql<UserDayRow>`
    select t.bucket as day, c.user_id as "userId", sum(t.requests) as requests, sum(t.unpriced) as unpriced,
      sum(t.input_tokens) + sum(t.output_tokens) as tokens, sum(t.cost_nanos) as cost
    from json_each(${numbers}) as d
    cross join json_each(d.value) as b
    cross join usage_daily as t on t.bucket = b.value and t.cut = 2
    join usage_cells as c on c.id = t.cell
    where t.requests > 0 ${userId === null ? sql`` : sql`and c.user_id = ${userId}`}
    group by t.bucket, c.user_id`,
    made: (row) => row,
  }));
  const labels = await labelsOf(source.db, new Set(found.map((row) => row.userId)));
  const rows = found.map((row) => ({ ...row, label: labels.get(row.userId) ?? row.userId }));
  const byUser = usersOf(rows);
  return { byUser, ...daysOf(rows, byUser, { first, last }) };
}

/** Names change while sums do not, so they are read each time. */
async function labelsOf(
  db: Storage['db'],
  userIds: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const users = await db
    .selectFrom('users')
    .select(['id', 'username'])
    .where('id', 'in', sql<string>`(select value from json_each(${JSON.stringify([...userIds])}))`)
    .execute();
  return new Map(users.map(({ id, username }) => [id, username]));
}

function usersOf(rows: readonly LabelledRow[]): UserCost[] {
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
  rows: readonly LabelledRow[],
  users: readonly UserCost[],
  range: { readonly first: number; readonly last: number },
): Pick<CostByUser, 'daily' | 'dailyByUser'> {
  const costs = new Map<number, Map<string, Nanos>>();
  for (const row of rows) {
    const ofDay = costs.get(row.day) ?? new Map<string, Nanos>();
    const cost = sum(ofDay.get(row.label) ?? ZERO, nanos(row.cost));
    costs.set(row.day, ofDay.set(row.label, cost));
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
