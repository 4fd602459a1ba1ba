/** When keys were first and last used. */
import { sql } from 'kysely';
import type { Storage } from '../storage/storage.ts';

export interface Edges {
  /** Milliseconds since the epoch; null if nothing was owed for any request on record. */
  readonly first: number | null;
  readonly last: number | null;
}

/** Of the requests on record that something was owed for; each key costs two look-ups in its index. */
export async function edgesOf(db: Storage['db'], keyIds: readonly string[]): Promise<Edges> {
  const edge = (order: 'asc' | 'desc') => sql`(
    select started_at from usage_records
    where virtual_key_id = keys.value and outcome <> 'refused' and cost_source <> 'none'
    order by id ${sql.raw(order)} limit 1)`;
  const found = await sql<{ first: number | null; last: number | null }>`
    select min(${edge('asc')}) as first, max(${edge('desc')}) as last
    from json_each(${JSON.stringify(keyIds)}) as keys`.execute(db);
  return found.rows[0] ?? { first: null, last: null };
}
