/** What callers spent, from the sums of records: it stays known when records are cleared away, and costs the same however many there are. */
import { sql } from 'kysely';
import { type Nanos, shown } from '../../contract/money.ts';
import type { Storage } from '../storage/storage.ts';
import { CUT } from './roll-up.ts';

/** A user, or one of their keys. */
export interface Spender {
  readonly userId: string;
  readonly keyId?: string;
}

/**
 * What was charged, else the provider's cost.
 *
 * @param days since each of these UTC days, counted from the epoch
 */
export async function spentSince(
  { db }: Pick<Storage, 'db'>,
  { userId, keyId }: Spender,
  days: readonly number[],
): Promise<readonly Nanos[]> {
  const sums = days.map(
    (day, index) =>
      sql`cast(coalesce(sum(spent_nanos) filter (where bucket >= ${day}), 0) as real) as ${sql.ref(`sum${index}`)}`,
  );
  const isTheirs = keyId === undefined ? sql`` : sql`and cells.virtual_key_id = ${keyId}`;
  // Day by day, so that each sum is found where it lies and nothing between is read.
  const query = sql<Record<string, number>>`
    with recursive days (day) as (
      select min(bucket) from usage_daily
      union all
      select day + 1 from days where day < (select max(bucket) from usage_daily)
    )
    select ${sql.join(sums)}
    from usage_cells as cells
    cross join days
    cross join usage_daily as t
      on t.bucket = days.day and t.cut = ${sql.lit(CUT.caller)} and t.cell = cells.id
    where cells.cut = ${sql.lit(CUT.caller)} and cells.user_id = ${userId} ${isTheirs}`;
  const [row = {}] = (await query.execute(db)).rows;
  return days.map((_, index) => shown(row[`sum${index}`] ?? 0));
}
