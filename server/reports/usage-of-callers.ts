/** What callers used and were charged: the figures of one user, and of all of them today. */
import { sql } from 'kysely';
import { type Nanos, nanos, sum } from '../../contract/money.ts';
import { isoTime } from '../clock.ts';
import { firstId } from '../id.ts';
import type { Storage } from '../storage/storage.ts';

export interface CallerFigures {
  readonly requests: number;
  /** Prompt and completion. */
  readonly tokens: number;
  /** What was charged; 0 for who is only metered. */
  readonly charge: Nanos;
}

/** Of all keys of one user. */
export interface UsageOfUser {
  readonly total: CallerFigures;
  /** Of the UTC day and month. */
  readonly today: CallerFigures;
  readonly thisMonth: CallerFigures;
  /** By requests, then by tokens. */
  readonly mostUsedModel: string | null;
  /** Milliseconds since the epoch. */
  readonly lastRequestAt: number | null;
}

/** Of everybody, in the UTC day. */
export interface Activity {
  readonly activeUsersToday: number;
  readonly today: CallerFigures;
  /** Those with most tokens today; the key is the one of theirs that used most. */
  readonly topUsers: readonly (CallerFigures & {
    readonly userId: string;
    readonly keyId: string;
  })[];
  /** The newest first, of whatever day. */
  readonly recent: readonly {
    readonly keyId: string;
    readonly model: string;
    readonly tokens: number;
    readonly at: number;
  }[];
}

const DAY_MS = 86_400_000;
const TOP_USERS = 10;
const RECENT_REQUESTS = 20;
/** A request has its id just before it starts. */
const ID_LEAD_MS = 60_000;

const MODEL = sql<string>`coalesce(model, served_model, 'unknown')`;
const TOKENS = sql<number>`coalesce(input_tokens, 0) + coalesce(output_tokens, 0)`;
const NOTHING: CallerFigures = { requests: 0, tokens: 0, charge: nanos(0) };

/** Sums over the requests since an instant, by names that say which. */
function figuresSince<Name extends string>(name: Name, since: number) {
  const started = sql`started_at >= ${sql.lit(since)}`;
  const when = (value: ReturnType<typeof sql<number>>) =>
    sql<number>`coalesce(sum(case when ${started} then ${value} else 0 end), 0)`;
  return [
    when(sql<number>`1`).as(`${name}Requests` as const),
    when(TOKENS).as(`${name}Tokens` as const),
    when(sql<number>`coalesce(charge_nanos, 0)`).as(`${name}Charge` as const),
  ] as const;
}

export async function usageOfUser(
  db: Storage['db'],
  userId: string,
  now: number,
): Promise<UsageOfUser> {
  const month = Date.parse(`${isoTime(now).slice(0, 7)}-01T00:00:00Z`);
  const rows = await db
    .selectFrom('usage_records')
    // By key, since that is what the records have an index for.
    .where('virtual_key_id', 'in', (c) =>
      c.selectFrom('virtual_keys').select('id').where('user_id', '=', userId),
    )
    .where('outcome', '!=', 'refused')
    .where('cost_source', '!=', 'none')
    .groupBy(MODEL)
    .select(MODEL.as('model'))
    .select(figuresSince('total', 0))
    .select(figuresSince('day', dayOf(now)))
    .select(figuresSince('month', month))
    .select(sql<number>`max(started_at)`.as('last'))
    .execute();
  const most = rows.toSorted(
    (a, b) => b.totalRequests - a.totalRequests || b.totalTokens - a.totalTokens,
  );
  return {
    total: added(rows.map((r) => figures(r.totalRequests, r.totalTokens, r.totalCharge))),
    today: added(rows.map((r) => figures(r.dayRequests, r.dayTokens, r.dayCharge))),
    thisMonth: added(rows.map((r) => figures(r.monthRequests, r.monthTokens, r.monthCharge))),
    mostUsedModel: most[0]?.model ?? null,
    lastRequestAt: rows.length === 0 ? null : Math.max(...rows.map(({ last }) => last)),
  };
}

export async function activity(db: Storage['db'], now: number): Promise<Activity> {
  const day = dayOf(now);
  const owed = db
    .selectFrom('usage_records')
    .where('outcome', '!=', 'refused')
    .where('cost_source', '!=', 'none');
  const rows = await owed
    .where('id', '>=', firstId('req', day - ID_LEAD_MS))
    .where('started_at', '>=', day)
    .groupBy(['user_id', 'virtual_key_id'])
    .select(['user_id as userId', 'virtual_key_id as keyId'])
    .select(figuresSince('day', day))
    .execute();
  const recent = await owed
    .orderBy('id', 'desc')
    .limit(RECENT_REQUESTS)
    .select(['virtual_key_id as keyId', MODEL.as('model'), 'started_at as at'])
    .select(TOKENS.as('tokens'))
    .execute();
  const users = usersOf(
    rows.map(({ userId, keyId, ...row }) => ({
      ...figures(row.dayRequests, row.dayTokens, row.dayCharge),
      userId,
      keyId,
    })),
  );
  return {
    activeUsersToday: users.length,
    today: added(users),
    topUsers: users.slice(0, TOP_USERS),
    recent,
  };
}

/** One for each user, those with most tokens first. */
function usersOf(ofKeys: Activity['topUsers']): Activity['topUsers'] {
  const byTokens = ofKeys.toSorted((a, b) => b.tokens - a.tokens || b.requests - a.requests);
  const byUser = Map.groupBy(byTokens, ({ userId }) => userId);
  const users = [...byUser].map(([userId, keys]) => ({
    ...added(keys),
    userId,
    keyId: keys[0]?.keyId ?? '',
  }));
  return users.toSorted((a, b) => b.tokens - a.tokens || b.requests - a.requests);
}

function figures(requests: number, tokens: number, charge: number): CallerFigures {
  return { requests, tokens, charge: nanos(charge) };
}

function added(parts: readonly CallerFigures[]): CallerFigures {
  return parts.reduce(
    (total, part) => ({
      requests: total.requests + part.requests,
      tokens: total.tokens + part.tokens,
      charge: sum(total.charge, part.charge),
    }),
    NOTHING,
  );
}

function dayOf(now: number): number {
  return now - (now % DAY_MS);
}
