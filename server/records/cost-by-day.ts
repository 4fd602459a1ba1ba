/** What a provider key cost by day, from the sums of records, so that it stays known when records are cleared away. */
import { sql } from 'kysely';
import { type Nanos, shown } from '../../contract/money.ts';
import { DAY_MS, HOUR_MS, utcDay } from '../clock.ts';
import { firstId } from '../id.ts';
import type { Storage } from '../storage/storage.ts';
import { CUT } from './roll-up.ts';

export interface CostOfDay {
  /** UTC: `2026-11-20`. */
  readonly date: string;
  readonly cost: Nanos;
}

/** Of the first day only what came from that instant on. Unpriced requests add nothing. */
export async function costByDay(
  storage: Pick<Storage, 'db'>,
  providerKeyId: string,
  { since, now }: { readonly since: number; readonly now: number },
): Promise<readonly CostOfDay[]> {
  const hour = Math.floor(since / HOUR_MS);
  const day = Math.floor(since / DAY_MS);
  const hours = range(hour + 1, (day + 1) * 24 - 1);
  const [begun, restOfDay, later] = await Promise.all([
    costOfHourFrom(storage, providerKeyId, since),
    costs(storage, 'usage_hourly', { providerKeyId, buckets: hours }),
    costs(storage, 'usage_daily', { providerKeyId, buckets: range(day + 1, now / DAY_MS) }),
  ]);
  const first = [...restOfDay.values()].reduce((total, cost) => total + cost, begun);
  return [...(first > 0 ? [[day, first] as const] : []), ...later].map(([bucket, cost]) => ({
    date: utcDay(bucket * DAY_MS),
    cost: shown(cost),
  }));
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, Math.floor(to) - from + 1) }, (_, index) => from + index);
}

/** The buckets are named one by one, so that each is found where it lies and nothing between is read. */
async function costs(
  { db }: Pick<Storage, 'db'>,
  table: 'usage_hourly' | 'usage_daily',
  { providerKeyId, buckets }: { providerKeyId: string; buckets: readonly number[] },
): Promise<ReadonlyMap<number, number>> {
  const rows = await db
    .selectFrom(table)
    .select(['bucket', sql<number>`cast(sum(cost_nanos) as real)`.as('cost')])
    .where('bucket', 'in', sql<number>`(select value from json_each(${JSON.stringify(buckets)}))`)
    .where('cut', '=', CUT.providerKey)
    .where('cell', 'in', (cells) =>
      cells
        .selectFrom('usage_cells')
        .select('id')
        .where('cut', '=', CUT.providerKey)
        .where('provider_key_id', '=', providerKeyId),
    )
    .groupBy('bucket')
    .orderBy('bucket')
    .execute();
  return new Map(rows.map(({ bucket, cost }) => [bucket, cost]));
}

/** The sums know whole hours only; what is left of the first is read from the records themselves. */
async function costOfHourFrom(
  { db }: Pick<Storage, 'db'>,
  providerKeyId: string,
  since: number,
): Promise<number> {
  const end = (Math.floor(since / HOUR_MS) + 1) * HOUR_MS;
  const [row] = await db
    .selectFrom('usage_records')
    .select(sql<number>`cast(coalesce(sum(cost_nanos), 0) as real)`.as('cost'))
    // Ids begin with the time, and a request has its id just before it starts.
    .where('id', '>=', firstId('req', since - 60_000))
    .where('id', '<', firstId('req', end))
    .where('started_at', '>=', since)
    .where('started_at', '<', end)
    .where('provider_key_id', '=', providerKeyId)
    .execute();
  return row?.cost ?? 0;
}
