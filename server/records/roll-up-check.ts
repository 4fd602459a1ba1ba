/** Whether the sums are those of the records. */
import { sql } from 'kysely';
import { HOUR_MS } from '../clock.ts';
import type { Storage } from '../storage/storage.ts';
import { CUTS, dimensionNames, MEASURES } from './roll-up.ts';

/** A check of the books with what was counted, as the audit of the ledger tells its own. */
export interface RollUpFinding {
  readonly id: string;
  readonly name: string;
  readonly ok: boolean;
  readonly figure: string;
}

/**
 * Compares every sum with the records that it was made of. Each table is one statement and so sees one moment. Where
 * retention has taken records away, sums remain without them; they are compared from the oldest record on.
 */
export async function rollUpsAgree({ db }: Pick<Storage, 'db'>): Promise<readonly RollUpFinding[]> {
  const findings: RollUpFinding[] = [];
  for (const [table, bucket, hours] of [
    ['usage_hourly', 'hour', 1],
    ['usage_daily', 'day', 24],
  ] as const) {
    const found = await compare(table, bucket, hours).execute(db);
    const { sums = 0, wrong = 0, requests = '0' } = found.rows[0] ?? {};
    findings.push({
      id: 'R1',
      name: `each ${bucket} is the sum of its usage records`,
      ok: wrong === 0,
      figure: `${sums} sums of ${requests} requests compared, ${wrong} differ`,
    });
  }
  return findings;
}

function compare(table: 'usage_hourly' | 'usage_daily', bucket: 'hour' | 'day', hours: number) {
  const dimensions = dimensionNames.map((name) => sql.ref(name));
  const narrowed = CUTS.map(({ cut, narrow }) => {
    const names = narrow(dimensionNames).map((name) => (name === '' ? sql`''` : sql.ref(name)));
    const named = names.map((name, index) => sql`${name} as ${dimensions[index] ?? sql``}`);
    return sql`select ${sql.ref(bucket)} as bucket, ${sql.lit(cut)} as cut, ${sql.join(named)},
      ${sql.join(MEASURES.map((name) => sql`${sql.ref(name)}`))} from usage_measures`;
  });
  const key = sql.join([sql.ref('bucket'), sql.ref('cut'), ...dimensions]);
  const measures = sql.join(MEASURES.map((name) => sql.ref(name)));
  const isOff = MEASURES.map(
    (name) => sql`sum(iif(is_kept, ${sql.ref(name)}, -${sql.ref(name)})) <> 0`,
  );
  const all = sql`requests + unowed + refused`;
  // Both sides in one heap and grouped: joined to each other, two tables without an index are compared row by row.
  return sql<{ sums: number; wrong: number; requests: string }>`
    with
      oldest as (select min(started_at) / ${sql.lit(HOUR_MS * hours)} as bucket from usage_records),
      sides as (
        select 0 as is_kept, ${key}, ${measures} from (${sql.join(narrowed, sql` union all `)})
        union all
        select 1 as is_kept, ${key}, ${measures}
        from (select t.*, c.id, ${sql.join(dimensionNames.map((name) => sql.ref(`c.${name}`)))}
          from ${sql.table(table)} as t join usage_cells as c on c.id = t.cell and c.cut = t.cut)
        where bucket >= (select bucket from oldest)
      ),
      compared as (
        select bucket, cut, sum(requests) filter (where is_kept) as requests,
          (min(is_kept) = 1 or max(is_kept) = 0 or ${sql.join(isOff, sql` or `)}) as is_off,
          coalesce(sum(${all}) filter (where is_kept), 0) as kept,
          coalesce(sum(${all}) filter (where not is_kept), 0) as recorded
        from sides group by ${key}
      )
    select count(*) as sums,
      -- Of the oldest bucket some records may be gone.
      count(*) filter (where is_off
        and not (bucket = (select bucket from oldest) and kept > recorded)) as wrong,
      cast(coalesce(sum(requests) filter (where cut = 0), 0) as text) as requests
    from compared`;
}
