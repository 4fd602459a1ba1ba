import { type Kysely, sql } from 'kysely';
import {
  CUTS,
  type Cut,
  DIMENSIONS,
  dimensionsOf,
  measuresOfRecords,
  OWED,
  sameDimensions,
  WHOLE,
} from './0010-roll-ups.ts';

/**
 * What was spent, as a sum of its own: the charge of each record, or its cost where nobody was charged. Which of the two
 * counts is told by each record alone, so the sums that are there are made anew from the records. Reads every record
 * once: some seconds for each million, at the start, before anybody is served.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['usage_hourly', 'usage_daily']) {
    await sql`
      alter table ${sql.table(table)} add column spent_nanos integer not null default 0`.execute(
      db,
    );
  }
  await sql`drop view usage_measures`.execute(db);
  await measuresOfRecords(
    db,
    sql`iif(${OWED}, coalesce(charge_nanos, cost_nanos, 0), 0) as spent_nanos,`,
  );
  await fillWholeCut(db);
  for (const cut of CUTS) await fillCut(db, cut);
  await sql`
    update usage_daily set spent_nanos = found.spent
    from (
      select bucket / 24 as day, cut, cell, sum(spent_nanos) as spent
      from usage_hourly group by bucket / 24, cut, cell
    ) as found
    where usage_daily.bucket = found.day and usage_daily.cut = found.cut and usage_daily.cell = found.cell`.execute(
    db,
  );
}

/**
 * In this order: asked the other way round, the records of a key would be read for each of its cells.
 *
 * Where records were cleared away nobody can tell any more: then whoever was charged at all was charged for everything.
 */
async function fillWholeCut(db: Kysely<unknown>): Promise<void> {
  await sql`
    update usage_hourly set spent_nanos = iif(charge_nanos = 0, cost_nanos, charge_nanos)
    where cut = ${WHOLE}`.execute(db);
  const ofRecord = DIMENSIONS.map((name) => sql`${sql.ref(`m.${name}`)}`);
  await sql`
    update usage_hourly set spent_nanos = found.spent
    from (
      select m.hour, cells.id as cell, count(*) as records, sum(m.spent_nanos) as spent
      from usage_measures as m
      cross join usage_cells as cells on cells.cut = ${WHOLE} and ${sameDimensions('cells', ofRecord)}
      group by m.hour, cells.id
    ) as found
    where usage_hourly.bucket = found.hour and usage_hourly.cut = ${WHOLE}
      and usage_hourly.cell = found.cell and requests + unowed + refused = found.records`.execute(
    db,
  );
}

async function fillCut(db: Kysely<unknown>, cut: Cut): Promise<void> {
  await sql`
    update usage_hourly set spent_nanos = found.spent
    from (
      select t.bucket, cells.id as cell, sum(t.spent_nanos) as spent
      from usage_hourly as t
      cross join usage_cells as whole on whole.id = t.cell
      cross join usage_cells as cells
        on cells.cut = ${cut.cut} and ${sameDimensions('cells', dimensionsOf(cut, 'whole'))}
      where t.cut = ${WHOLE}
      group by t.bucket, cells.id
    ) as found
    where usage_hourly.bucket = found.bucket and usage_hourly.cut = ${cut.cut}
      and usage_hourly.cell = found.cell`.execute(db);
}
