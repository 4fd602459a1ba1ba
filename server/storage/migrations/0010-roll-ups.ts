import { type Kysely, sql } from 'kysely';

/**
 * Sums of the usage records by hour and by day, and the view that says what a record counts for.
 * Reads every record once to fill them: some seconds for each million, at the start, before anybody is served.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await measuresOfRecords(db);
  await db.schema
    .createTable('usage_cells')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('cut', 'integer', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.notNull())
    .addColumn('virtual_key_id', 'text', (c) => c.notNull())
    .addColumn('provider_id', 'text', (c) => c.notNull())
    .addColumn('provider_key_id', 'text', (c) => c.notNull())
    .addColumn('model', 'text', (c) => c.notNull())
    .addUniqueConstraint('usage_cells_are_named', ['cut', ...DIMENSIONS])
    .modifyEnd(sql`strict`)
    .execute();
  await nameCells(db);
  await rollUpTable(db, 'usage_hourly');
  await rollUpTable(db, 'usage_daily');
  await fillWholeCut(db);
  for (const cut of CUTS) {
    await fillCut(db, 'usage_hourly', cut);
    await fillCut(db, 'usage_daily', cut);
  }
}

export const DIMENSIONS = [
  'user_id',
  'virtual_key_id',
  'provider_id',
  'provider_key_id',
  'model',
] as const;
const DIMENSION_COLUMNS = sql.join(DIMENSIONS.map((name) => sql.ref(name)));

const AMOUNTS = [
  'requests',
  'unowed',
  'refused',
  'errors',
  'unpriced',
  'input_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_nanos',
  'charge_nanos',
];

/** Upper ends in milliseconds of all classes of the time to the first byte but the last, which has none. */
const TTFT_ENDS = [
  ...[50, 71, 100, 141, 200, 283, 400, 566, 800, 1_131, 1_600, 2_263, 3_200, 4_525],
  ...[6_400, 9_051, 12_800, 25_600, 51_200],
];

const ttftColumn = (index: number): string => `ttft_${String(index).padStart(2, '0')}`;

const MEASURES = [
  ...AMOUNTS,
  ...Array.from({ length: TTFT_ENDS.length + 1 }, (_, index) => ttftColumn(index)),
];

/** That something was owed for a record. */
export const OWED = sql`(outcome <> 'refused' and cost_source <> 'none')`;

/**
 * One row for each record: where it belongs, and what it adds there.
 *
 * @param more columns that came later, each with a comma behind it
 */
export async function measuresOfRecords(db: Kysely<unknown>, more = sql``): Promise<void> {
  const whereOwed = (column: string) => sql`iif(${OWED}, coalesce(${sql.ref(column)}, 0), 0)`;
  const classes = [...TTFT_ENDS, null].map((end, index) => {
    const start = TTFT_ENDS[index - 1] ?? -1;
    const isBelow = end === null ? sql`` : sql`and ttft_ms <= ${sql.lit(end)}`;
    const isIn = sql`${OWED} and ttft_ms > ${sql.lit(start)} ${isBelow}`;
    return sql`iif(${isIn}, 1, 0) as ${sql.ref(ttftColumn(index))}`;
  });
  await sql`
    create view usage_measures as select
      started_at / 3600000 as hour,
      started_at / 86400000 as day,
      user_id,
      virtual_key_id,
      coalesce(provider_id, '') as provider_id,
      coalesce(provider_key_id, '') as provider_key_id,
      coalesce(model, served_model, 'unknown') as model,
      iif(${OWED}, 1, 0) as requests,
      iif(outcome <> 'refused' and cost_source = 'none', 1, 0) as unowed,
      iif(outcome = 'refused', 1, 0) as refused,
      iif(outcome in ('failed', 'unfinished'), 1, 0) as errors,
      iif(${OWED} and cost_nanos is null, 1, 0) as unpriced,
      ${whereOwed('input_tokens')} as input_tokens,
      ${whereOwed('cached_tokens')} as cached_tokens,
      ${whereOwed('cache_write_5m_tokens')} + ${whereOwed('cache_write_1h_tokens')} as cache_write_tokens,
      ${whereOwed('output_tokens')} as output_tokens,
      ${whereOwed('reasoning_tokens')} as reasoning_tokens,
      ${whereOwed('cost_nanos')} as cost_nanos,
      ${whereOwed('charge_nanos')} as charge_nanos,
      ${more}
      ${sql.join(classes)}
    from usage_records`.execute(db);
}

/** The cut in which every dimension counts. */
export const WHOLE = sql.lit(3);

/** The others, which are sums of it: by provider key, by model, by virtual key. */
export const CUTS = [
  { cut: sql.lit(0), tells: ['provider_id', 'provider_key_id'] },
  { cut: sql.lit(1), tells: ['model'] },
  { cut: sql.lit(2), tells: ['user_id', 'virtual_key_id'] },
] as const;

export type Cut = (typeof CUTS)[number];

export const dimensionsOf = ({ tells }: Cut, of: string) =>
  DIMENSIONS.map((name) =>
    tells.some((told) => told === name) ? sql`${sql.ref(`${of}.${name}`)}` : sql`''`,
  );

async function nameCells(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into usage_cells (cut, ${DIMENSION_COLUMNS})
    select distinct ${WHOLE}, ${DIMENSION_COLUMNS} from usage_measures`.execute(db);
  for (const cut of CUTS) {
    await sql`
      insert into usage_cells (cut, ${DIMENSION_COLUMNS})
      select distinct ${cut.cut}, ${sql.join(dimensionsOf(cut, 'whole'))}
      from usage_cells as whole where whole.cut = ${WHOLE}`.execute(db);
  }
}

async function rollUpTable(db: Kysely<unknown>, table: string): Promise<void> {
  let making = db.schema
    .createTable(table)
    .addColumn('bucket', 'integer', (c) => c.notNull())
    .addColumn('cut', 'integer', (c) => c.notNull())
    .addColumn('cell', 'integer', (c) => c.notNull());
  for (const measure of MEASURES)
    making = making.addColumn(measure, 'integer', (c) => c.notNull().defaultTo(0));
  // By time first: what is written now lies together, and a period is one stretch of the tree for each bucket.
  await making
    .addPrimaryKeyConstraint(`${table}_key`, ['bucket', 'cut', 'cell'])
    .modifyEnd(sql`strict, without rowid`)
    .execute();
}

const SUMS = sql.join(MEASURES.map((name) => sql`sum(${sql.ref(name)})`));

export const sameDimensions = (left: string, right: readonly ReturnType<typeof sql>[]) =>
  sql.join(
    DIMENSIONS.map((name, index) => sql`${sql.ref(`${left}.${name}`)} = ${right[index]}`),
    sql` and `,
  );

async function fillWholeCut(db: Kysely<unknown>): Promise<void> {
  const ofRecord = DIMENSIONS.map((name) => sql`${sql.ref(`m.${name}`)}`);
  await sql`
    insert into usage_hourly
    select m.hour, ${WHOLE}, cells.id, ${SUMS}
    from usage_measures as m
    join usage_cells as cells on cells.cut = ${WHOLE} and ${sameDimensions('cells', ofRecord)}
    group by m.hour, cells.id`.execute(db);
  await sql`
    insert into usage_daily
    select bucket / 24, cut, cell, ${SUMS} from usage_hourly group by bucket / 24, cut, cell`.execute(
    db,
  );
}

async function fillCut(db: Kysely<unknown>, table: string, cut: Cut): Promise<void> {
  await sql`
    insert into ${sql.table(table)}
    select t.bucket, ${cut.cut}, cells.id, ${SUMS}
    from ${sql.table(table)} as t
    join usage_cells as whole on whole.id = t.cell
    join usage_cells as cells
      on cells.cut = ${cut.cut} and ${sameDimensions('cells', dimensionsOf(cut, 'whole'))}
    where t.cut = ${WHOLE}
    group by t.bucket, cells.id`.execute(db);
}
