/** The history of balances: every reading of every key, failed ones too. */
import { type Nanos, nanos } from '../../contract/money.ts';
import type { HealthStatus } from '../../contract/signals.ts';
import { compileOnce, type Storage, type Write } from '../storage/storage.ts';
import type { BalanceReadingsTable } from '../storage/tables/monitoring-tables.ts';
import type { BalanceAt } from './runway.ts';

/**
 * Where a balance comes from. `reported`: the provider says so. `anchored`: the operator's amount less what the
 * provider reports as used since. `estimated`: the operator's amount less what we metered since.
 */
export type BalanceSource = 'reported' | 'anchored' | 'estimated';

export interface Reading {
  readonly keyId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Did the provider say that the key is good? */
  readonly ok: boolean;
  /** In nano-units of `currency`; null: not known, which is not zero. */
  readonly balance: Nanos | null;
  readonly currency: string | null;
  readonly source: BalanceSource;
  /** The health of the key after this reading. */
  readonly status: HealthStatus;
  /** What was wrong, in a sentence; null for a good reading. */
  readonly error: string | null;
}

export interface Span {
  /** Instants, half-open. */
  readonly from: number;
  readonly to: number;
}

export interface Readings {
  append(reading: Reading): Write;
  /** The newest of a span, at most `limit`, oldest first. */
  history(keyId: string, span: Span, limit: number): Promise<readonly Reading[]>;
  /** The newest known balances of a span that are of one source and currency, oldest first. */
  balances(
    like: Pick<Reading, 'keyId' | 'source' | 'currency'>,
    span: Span,
    limit: number,
  ): Promise<readonly BalanceAt[]>;
}

export function createReadings({ db }: Pick<Storage, 'db'>): Readings {
  const insert = compileOnce(
    db
      .insertInto('balance_readings')
      .values({
        provider_key_id: '',
        at: 0,
        ok: 0,
        balance_nanos: 0,
        currency: '',
        source: '',
        status: '',
        error: '',
      })
      // Only a clock that goes back gives two readings of a key the same millisecond; the later one is then the truer.
      .onConflict((c) =>
        c.columns(['provider_key_id', 'at']).doUpdateSet((row) => ({
          ok: row.ref('excluded.ok'),
          balance_nanos: row.ref('excluded.balance_nanos'),
          currency: row.ref('excluded.currency'),
          source: row.ref('excluded.source'),
          status: row.ref('excluded.status'),
          error: row.ref('excluded.error'),
        })),
      ),
  );
  return {
    append: ({ keyId, at, ok, balance, currency, source, status, error }) =>
      insert([keyId, at, ok ? 1 : 0, balance, currency, source, status, error]),
    async history(keyId, { from, to }, limit) {
      const rows = await db
        .selectFrom('balance_readings')
        .selectAll()
        .where('provider_key_id', '=', keyId)
        .where('at', '>=', from)
        .where('at', '<', to)
        .orderBy('at', 'desc')
        .limit(limit)
        .execute();
      return rows.map(readingOf).reverse();
    },
    async balances({ keyId, source, currency }, { from, to }, limit) {
      const rows = await db
        .selectFrom('balance_readings')
        .select(['at', 'balance_nanos as balance'])
        .where('provider_key_id', '=', keyId)
        .where('at', '>=', from)
        .where('at', '<', to)
        .where('balance_nanos', 'is not', null)
        .where('source', '=', source)
        .where('currency', '=', currency)
        .orderBy('at', 'desc')
        .limit(limit)
        .execute();
      return rows.map(({ at, balance }) => ({ at, balance: nanos(balance ?? 0) })).reverse();
    },
  };
}

function readingOf(row: BalanceReadingsTable): Reading {
  return {
    keyId: row.provider_key_id,
    at: row.at,
    ok: row.ok === 1,
    balance: row.balance_nanos === null ? null : nanos(row.balance_nanos),
    currency: row.currency,
    source: row.source as BalanceSource,
    status: row.status as HealthStatus,
    error: row.error,
  };
}
