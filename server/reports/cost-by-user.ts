/** What each user cost on each day: the report with the longest history. */
import { sql } from 'kysely';
import { type Nanos, shown, sum, ZERO } from '../../contract/money.ts';
import { DAY_MS, utcDay } from '../clock.ts';
import { CUT } from '../records/records.ts';
import type { Storage } from '../storage/storage.ts';
import type { Part, SumsSource } from './sums-source.ts';
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

interface UserDay {
  readonly day: number;
  readonly userId: string;
  readonly requests: number;
  readonly unpriced: number;
  readonly tokens: number;
  readonly cost: number;
}

/** A request belongs to the UTC day in which it started. */
export async function costByUser(
  source: SumsSource,
  range: DayRange,
  userId: string | null,
): Promise<CostByUser> {
  const first = dayNumber(range.start);
  const last = dayNumber(range.end);
  const days = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const read = (part: Part): Promise<readonly UserDay[]> =>
    source.ask(part, {
      query: sql`
    select json_array(t.bucket, c.user_id, sum(t.requests), sum(t.unpriced),
      sum(t.input_tokens) + sum(t.output_tokens), sum(t.cost_nanos)) as row
    from json_each(${JSON.stringify(part.buckets)}) as d
    cross join json_each(d.value) as b
    cross join usage_daily as t on t.bucket = b.value and t.cut = ${sql.lit(CUT.caller)}
    join usage_cells as c on c.id = t.cell
    where t.requests > 0 ${userId === null ? sql`` : sql`and c.user_id = ${userId}`}
    group by t.bucket, c.user_id`,
      made: (rows) =>
        rows.map(([day, userId, ...figures]) => {
          const [requests = 0, unpriced = 0, tokens = 0, cost = 0] = figures.map(Number);
          return { day: Number(day), userId: String(userId), requests, unpriced, tokens, cost };
        }),
    });
  const found = (await Promise.all(source.partsOf('usage_daily', [days]).map(read))).flat();
  const labels = await labelsOf(source.db, new Set(found.map((row) => row.userId)));
  const users = new Map<string, UserOverTime>();
  for (const row of found) {
    const label = labels.get(row.userId) ?? row.userId;
    const user = users.get(label) ?? nobodyYet(label, days.length);
    users.set(label, user);
    note(user, row, row.day - first);
  }
  const byUser = [...users.values()].sort(
    (a, b) => b.cost - a.cost || compareText(a.label, b.label),
  );
  return {
    byUser: byUser.map(({ costs: _, ...user }) => ({ ...user, cost: shown(user.cost) })),
    ...daysOf(days.map(dayText), byUser),
  };
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

interface UserOverTime {
  readonly label: string;
  requests: number;
  unpricedRequests: number;
  tokens: number;
  cost: number;
  /** One for each day of the range. */
  readonly costs: number[];
}

const nobodyYet = (label: string, days: number): UserOverTime => ({
  ...{ label, requests: 0, unpricedRequests: 0, tokens: 0, cost: 0 },
  costs: Array<number>(days).fill(0),
});

function note(user: UserOverTime, row: UserDay, day: number): void {
  user.requests += row.requests;
  user.unpricedRequests += row.unpriced;
  user.tokens += row.tokens;
  user.cost += row.cost;
  user.costs[day] = (user.costs[day] ?? 0) + row.cost;
}

function daysOf(
  dates: readonly string[],
  users: readonly UserOverTime[],
): Pick<CostByUser, 'daily' | 'dailyByUser'> {
  const daily: DayCost[] = [];
  const dailyByUser: UserDayCost[] = [];
  let cumulativeCost: Nanos = ZERO;
  for (const [day, date] of dates.entries()) {
    let cost: Nanos = ZERO;
    for (const { label, costs } of users) {
      const part = shown(costs[day] ?? 0);
      cost = sum(cost, part);
      dailyByUser.push({ date, label, cost: part });
    }
    cumulativeCost = sum(cumulativeCost, cost);
    daily.push({ date, cost, cumulativeCost });
  }
  return { daily, dailyByUser };
}

/** Days since the epoch. */
function dayNumber(date: string): number {
  return Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS);
}

function dayText(day: number): string {
  return utcDay(day * DAY_MS);
}
