/** What providers themselves report as used, by key, UTC day and model. Syncing twice changes nothing. */
import { sql } from 'kysely';
import { nanos } from '../../contract/money.ts';
import { DAY_MS, utcDay } from '../clock.ts';
import type { Ask, Provider, ProviderUsage, UsageRow } from '../providers/providers.ts';
import type { Storage, Write } from '../storage/storage.ts';
import type { ReportedDay } from './anchor.ts';

/** Days asked for the first time; what providers keep at least. */
const FIRST_DAYS = 30;
/** Days that providers are known to change after they end, which are read again each time. */
const LATE_DAYS = 3;

export interface SyncRange {
  /** UTC days, both ends included. */
  readonly from: string;
  readonly to: string;
}

export interface Synced extends SyncRange {
  readonly usage: ProviderUsage;
  /** To be committed with whatever else the sync changes. */
  readonly writes: readonly Write[];
}

export interface SyncedKey {
  readonly id: string;
  readonly provider: Provider;
  readonly former: readonly string[];
}

export interface UsageSync {
  /**
   * Asks for what is new, what is not complete and what may have changed. Null: this provider tells nobody.
   *
   * @param of.former keys that had the same secret: what the provider tells again is not held of them any more
   */
  sync(of: SyncedKey, ask: Ask, now: number): Promise<Synced | null>;
  /** The cost that the provider states for each day since an instant, its day included. */
  costs(keyId: string, since: number): Promise<readonly ReportedDay[]>;
}

export function createUsageSync({ db }: Pick<Storage, 'db'>): UsageSync {
  return {
    async sync({ id, provider, former }, ask, now) {
      const { account } = provider;
      if (account.usage === undefined) return null;
      const range = await rangeOf(db, id, now);
      const usage = await account.usage(ask, { ...range, today: range.to });
      // Of a day without a row, a former key may hold what this one is not told any more.
      const once = usage.rows.length === 0 ? [] : former;
      const writes = (await isTrusted(db, id, usage))
        ? replaced(db, id, { usage, now, former: once })
        : [];
      return { ...range, usage, writes };
    },
    async costs(keyId, since) {
      const rows = await db
        .selectFrom('provider_usage')
        .select(['date', sql<number>`min(complete)`.as('complete')])
        .select(sql<number>`sum(cost_nanos)`.as('cost'))
        .where('provider_key_id', '=', keyId)
        .where('date', '>=', utcDay(since))
        .where('cost_nanos', 'is not', null)
        // Anchors are in dollars, and nothing is converted: such days count as we metered them.
        .where('currency', '=', 'USD')
        .groupBy('date')
        .orderBy('date')
        .execute();
      return rows.map(({ date, cost, complete }) => ({
        date,
        cost: nanos(cost),
        complete: complete === 1,
      }));
    },
  };
}

type Db = Storage['db'];

async function rangeOf(db: Db, keyId: string, now: number): Promise<SyncRange> {
  const first = utcDay(now - (FIRST_DAYS - 1) * DAY_MS);
  const late = utcDay(now - (LATE_DAYS - 1) * DAY_MS);
  const [known] = await db
    .selectFrom('provider_usage')
    .select(
      sql<string | null>`min(date) filter (where complete = 0 and date >= ${first})`.as('open'),
    )
    .select(sql<string | null>`max(date)`.as('last'))
    .where('provider_key_id', '=', keyId)
    .execute();
  const { open = null, last = null } = known ?? {};
  if (last === null) return { from: first, to: utcDay(now) };
  // Days since the last one that we hold are new, however long nobody asked.
  const from = [late, open ?? late, last < first ? first : last].sort()[0] ?? late;
  return { from, to: utcDay(now) };
}

const among = (days: readonly string[]) =>
  sql<string>`(select value from json_each(${JSON.stringify(days)}))`;

/**
 * An answer without any row, where we hold figures of those days, is more likely a provider's mistake than a
 * withdrawal of its bill.
 */
async function isTrusted(db: Db, keyId: string, { days, rows }: ProviderUsage): Promise<boolean> {
  if (days.length === 0 || rows.length > 0) return days.length > 0;
  const held = await db
    .selectFrom('provider_usage')
    .select('date')
    .where('provider_key_id', '=', keyId)
    .where('date', 'in', among(days))
    .limit(1)
    .execute();
  return held.length === 0;
}

function replaced(
  db: Db,
  keyId: string,
  { usage, now, former }: { usage: ProviderUsage; now: number; former: readonly string[] },
): readonly Write[] {
  const open = new Set(usage.openDays);
  const cleared = db
    .deleteFrom('provider_usage')
    .where('provider_key_id', 'in', [keyId, ...former])
    .where('date', 'in', among(usage.days));
  const inserted = usage.rows.map((row) =>
    db.insertInto('provider_usage').values({
      provider_key_id: keyId,
      currency: usage.currency,
      complete: open.has(row.date) ? 0 : 1,
      synced_at: now,
      ...columnsOf(row),
    }),
  );
  return [cleared, ...inserted].map((query) => query.compile());
}

function columnsOf(row: UsageRow) {
  return {
    date: row.date,
    model: row.model,
    requests: row.requests,
    input_tokens: row.inputTokens,
    cached_tokens: row.cachedInputTokens,
    output_tokens: row.outputTokens,
    reasoning_tokens: row.reasoningTokens,
    cost_nanos: row.cost,
  };
}
