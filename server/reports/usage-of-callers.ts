/** What callers used and were charged: the figures of one user, and of all of them today. */
import { sql } from 'kysely';
import { type Nanos, shown, sum, ZERO } from '../../contract/money.ts';
import { DAY_MS, isoTime } from '../clock.ts';
import type { Sums } from './addition.ts';
import { edgesOf } from './edges.ts';
import { everyDay, type Measure, sumsByName } from './sums.ts';
import type { SumsSource } from './sums-source.ts';

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

const TOP_USERS = 10;
const RECENT_REQUESTS = 20;
const MODEL = sql<string>`coalesce(model, served_model, 'unknown')`;
const TOKENS = sql<number>`coalesce(input_tokens, 0) + coalesce(output_tokens, 0)`;
const NOTHING: CallerFigures = { requests: 0, tokens: 0, charge: ZERO };

const MEASURES: readonly Measure[] = ['requests', 'input_tokens', 'output_tokens', 'charge_nanos'];

export async function usageOfUser(
  source: SumsSource,
  userId: string,
  now: number,
): Promise<UsageOfUser> {
  const selection = { userId, names: {} };
  const { table, numbers } = await everyDay(source.db);
  const modelsSince = async (day: number) => {
    const rows = { table, numbers: numbers.filter((number) => number >= day) };
    const found = await sumsByName(source, rows, {
      ...{ groups: ['model'], selection, measures: MEASURES },
    });
    return found.map(({ names: [model = ''], sums }) => ({ model, ...callerFigures(sums) }));
  };
  const today = Math.floor(now / DAY_MS);
  const dayOfMonth = Number(isoTime(now).slice(8, 10));
  const [all, month, day, keys] = await Promise.all([
    modelsSince(0),
    modelsSince(today - dayOfMonth + 1),
    modelsSince(today),
    source.db.selectFrom('virtual_keys').select('id').where('user_id', '=', userId).execute(),
  ]);
  const models = all
    .filter(({ requests }) => requests > 0)
    .sort((a, b) => b.requests - a.requests || b.tokens - a.tokens);
  const edges = await edgesOf(
    source.db,
    keys.map(({ id }) => id),
  );
  return {
    total: added(all),
    today: added(day),
    thisMonth: added(month),
    mostUsedModel: models[0]?.model ?? null,
    lastRequestAt: edges.last,
  };
}

export async function activity(source: SumsSource, now: number): Promise<Activity> {
  const rows = { table: 'usage_daily', numbers: [Math.floor(now / DAY_MS)] } as const;
  const selection = { userId: null, names: {} };
  const keys = await sumsByName(source, rows, {
    ...{ groups: ['user', 'key'], selection, measures: MEASURES },
  });
  const recent = await source.db
    .selectFrom('usage_records')
    .where('outcome', '!=', 'refused')
    .where('cost_source', '!=', 'none')
    .orderBy('id', 'desc')
    .limit(RECENT_REQUESTS)
    .select(['virtual_key_id as keyId', MODEL.as('model'), 'started_at as at'])
    .select(TOKENS.as('tokens'))
    .execute();
  const users = usersOf(
    keys
      .map(({ names: [userId = '', keyId = ''], sums }) => ({
        ...callerFigures(sums),
        userId,
        keyId,
      }))
      .filter(({ requests }) => requests > 0),
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

function callerFigures([requests = 0, input = 0, output = 0, charge = 0]: Sums): CallerFigures {
  return { requests, tokens: input + output, charge: shown(charge) };
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
