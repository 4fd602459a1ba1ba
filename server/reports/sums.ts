/** Reads the sums of the usage records: which cut answers a question, and what its rows add up to. */
import { type RawBuilder, sql } from 'kysely';
import type { Group } from '../../contract/api/figures-api.ts';
import type { Database, Storage } from '../storage/storage.ts';
import type { Rows } from './span.ts';
import type { SumsSource } from './sums-source.ts';

/** Which requests are meant: of one user, or of everybody; and those with these names only. */
export interface Selection {
  readonly userId: string | null;
  readonly names: Readonly<Partial<Record<Group, string>>>;
}

export type Measure = Exclude<keyof Database['usage_daily'], 'bucket' | 'cut' | 'cell'>;

/** One number for each measure that was asked for, in that order. */
export type Sums = readonly number[];

const COLUMN = {
  model: 'model',
  user: 'user_id',
  key: 'virtual_key_id',
  provider: 'provider_id',
  provider_key: 'provider_key_id',
} as const satisfies Record<Group, string>;

/** Which groups each cut tells apart, the smallest first; see `usage_cells`. */
const CUTS: readonly (readonly [number, readonly Group[]])[] = [
  [0, ['provider', 'provider_key']],
  [1, ['model']],
  [2, ['user', 'key']],
];
const WHOLE_CUT = 3;

export function cutFor(groups: readonly Group[], selection: Selection): number {
  const needed = [
    ...groups,
    ...(Object.keys(selection.names) as Group[]),
    ...(selection.userId === null ? [] : (['user'] as const)),
  ];
  const [cut] = CUTS.find(([, told]) => needed.every((group) => told.includes(group))) ?? [];
  return cut ?? WHOLE_CUT;
}

export interface Cell {
  readonly id: number;
  readonly names: Readonly<Record<Group, string>>;
  readonly sums: Sums;
}

type Db = Storage['db'];

/** What each cell of a cut adds up to over these rows. A cell may come in two parts. */
export async function sumsByCell(
  source: SumsSource,
  rows: Rows,
  of: {
    readonly cut: number;
    readonly selection: Selection;
    readonly measures: readonly Measure[];
  },
): Promise<readonly Cell[]> {
  const { cut, selection, measures } = of;
  type Row = Record<string, number | string>;
  return await source.read<Row, Cell>(rows.table, [rows.numbers], (numbers) => ({
    query: sql<Row>`
    with added as (
      select t.cell as cell, ${columnsOf(measures)}
      from json_each(${numbers}) as d
      cross join json_each(d.value) as b
      cross join ${sql.table(rows.table)} as t on t.bucket = b.value and t.cut = ${cut}
      ${isSelected(cut, selection)}
      group by t.cell
    )
    select added.*, c.user_id, c.virtual_key_id, c.provider_id, c.provider_key_id, c.model
    from added join usage_cells as c on c.id = added.cell`,
    made: (row) => ({
      id: Number(row['cell']),
      names: {
        model: String(row['model']),
        user: String(row['user_id']),
        key: String(row['virtual_key_id']),
        provider: String(row['provider_id']),
        provider_key: String(row['provider_key_id']),
      },
      sums: sumsIn(row, measures),
    }),
  }));
}

/** What a bucket, by its place in the list that was asked about, adds up to. */
interface Summed {
  readonly bucket: number;
  readonly sums: Sums;
}

/** What these cells, or all that are selected, add up to in each bucket; one entry for each bucket with anything in it. */
export async function sumsByBucket(
  source: SumsSource,
  of: {
    readonly table: Rows['table'];
    readonly buckets: readonly { readonly numbers: readonly number[] }[];
    readonly cut: number;
    readonly selection: Selection;
    readonly measures: readonly Measure[];
  },
): Promise<ReadonlyMap<number, Sums>> {
  const { cut, selection, measures } = of;
  const numbersOf = of.buckets.map((bucket) => bucket.numbers);
  type Row = Record<string, number>;
  const found = await source.read<Row, Summed>(of.table, numbersOf, (numbers) => ({
    query: sql<Row>`
    select d.key as bucket, ${columnsOf(measures)}
    from json_each(${numbers}) as d
    cross join json_each(d.value) as b
    cross join ${sql.table(of.table)} as t on t.bucket = b.value and t.cut = ${cut}
    ${isSelected(cut, selection)}
    group by d.key`,
    made: (row) => ({ bucket: row['bucket'] ?? 0, sums: sumsIn(row, measures) }),
  }));
  const all = new Map<number, Sums>();
  for (const { bucket, sums } of found) all.set(bucket, addedSums(all.get(bucket), sums));
  return all;
}

/** The same for each of some sets of cells. A bucket may come in two parts. */
export async function sumsBySetAndBucket(
  source: SumsSource,
  of: {
    readonly table: Rows['table'];
    readonly buckets: readonly { readonly numbers: readonly number[] }[];
    readonly cut: number;
    readonly sets: readonly (readonly number[])[];
    readonly measures: readonly Measure[];
  },
): Promise<readonly (Summed & { readonly set: number })[]> {
  const { cut, measures } = of;
  const sets = JSON.stringify(of.sets.map((cells) => [...new Set(cells)].sort((a, b) => a - b)));
  // One set after the other and each by its days, so that nothing has to be put in order to be grouped.
  const numbersOf = of.buckets.map((bucket) => bucket.numbers);
  type Row = Record<string, number>;
  return await source.read<Row, Summed & { readonly set: number }>(
    of.table,
    numbersOf,
    (numbers) => ({
      query: sql<Row>`
    select s.key as "set", d.key as bucket, ${columnsOf(measures)}
    from json_each(${sets}) as s
    cross join json_each(${numbers}) as d
    cross join json_each(d.value) as b
    cross join json_each(s.value) as c
    cross join ${sql.table(of.table)} as t
      on t.bucket = b.value and t.cut = ${cut} and t.cell = c.value
    group by s.key, d.key`,
      made: (row) => ({
        set: row['set'] ?? 0,
        bucket: row['bucket'] ?? 0,
        sums: sumsIn(row, measures),
      }),
    }),
  );
}

/** The numbers of all days for which there are sums. */
export async function everyDay(db: Db): Promise<Rows> {
  const found = await sql<{ first: number | null; last: number | null }>`
    select (select min(bucket) from usage_daily) as first, (select max(bucket) from usage_daily) as last
  `.execute(db);
  const { first = null, last = null } = found.rows[0] ?? {};
  const length = first === null || last === null ? 0 : last - first + 1;
  return {
    table: 'usage_daily',
    numbers: Array.from({ length }, (_, index) => (first ?? 0) + index),
  };
}

const columnsOf = (measures: readonly Measure[]): RawBuilder<unknown> =>
  sql.join(measures.map((measure) => sql`sum(${sql.ref(`t.${measure}`)}) as ${sql.ref(measure)}`));

const addedSums = (sums: Sums | undefined, more: Sums): Sums =>
  sums === undefined ? more : sums.map((sum, index) => sum + (more[index] ?? 0));

const sumsIn = (row: Record<string, unknown>, measures: readonly Measure[]): Sums =>
  measures.map((measure) => Number(row[measure]));

/** Names are compared in the few cells, and rows are looked up by the cells that are left. */
function isSelected(cut: number, { userId, names }: Selection): RawBuilder<unknown> {
  const wanted = Object.entries(names) as [Group, string][];
  if (userId !== null) wanted.push(['user', userId]);
  if (wanted.length === 0) return sql``;
  const conditions = wanted.map(([group, name]) => sql`${sql.ref(COLUMN[group])} = ${name}`);
  return sql`and t.cell in (select id from usage_cells where cut = ${cut} and ${sql.join(conditions, sql` and `)})`;
}
