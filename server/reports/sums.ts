/** Reads the sums of the usage records: which cut answers a question, and what its rows add up to. */
import { type RawBuilder, sql } from 'kysely';
import type { Group } from '../../contract/api/figures-api.ts';
import { CUT } from '../records/records.ts';
import type { Database, Storage } from '../storage/storage.ts';
import { addedAll, addedLines, type Line, lineOf, type Sums } from './addition.ts';
import type { Rows } from './span.ts';
import type { Part, SumsQuestion, SumsRow, SumsSource } from './sums-source.ts';

/** Which requests are meant: of one user, or of everybody; and those with these names only. */
export interface Selection {
  readonly userId: string | null;
  readonly names: Readonly<Partial<Record<Group, string>>>;
}

export type Measure = Exclude<keyof Database['usage_daily'], 'bucket' | 'cut' | 'cell'>;

const COLUMN = {
  model: 'model',
  user: 'user_id',
  key: 'virtual_key_id',
  provider: 'provider_id',
  provider_key: 'provider_key_id',
} as const satisfies Record<Group, string>;

/** Which groups each cut tells apart, the smallest first; see `usage_cells`. */
const CUTS: readonly (readonly [number, readonly Group[]])[] = [
  [CUT.providerKey, ['provider', 'provider_key']],
  [CUT.model, ['model']],
  [CUT.caller, ['user', 'key']],
];

export function cutFor(groups: readonly Group[], selection: Selection): number {
  const needed = [
    ...groups,
    ...(Object.keys(selection.names) as Group[]),
    ...(selection.userId === null ? [] : (['user'] as const)),
  ];
  const [cut] = CUTS.find(([, told]) => needed.every((group) => told.includes(group))) ?? [];
  return cut ?? CUT.whole;
}

/** What is asked about some buckets. */
interface Asked {
  readonly groups: readonly Group[];
  readonly selection: Selection;
  readonly measures: readonly Measure[];
}

/** What a group adds up to in one bucket. */
export interface GroupSums {
  /** In the order of the groups. */
  readonly names: readonly string[];
  /** The names in one text, made once. */
  readonly key: string;
  /** By its place among the buckets of the part. */
  readonly bucket: number;
  /** Those of the smallest cut that tells these groups. */
  readonly cells: readonly number[];
  readonly sums: Sums;
}

/** One entry for each bucket and group with anything in it. */
export function sumsByGroup(
  part: Part,
  { groups, selection, measures }: Asked,
): SumsQuestion<readonly GroupSums[]> {
  const cut = cutFor(groups, selection);
  const names = groups.map((group) => `c.${COLUMN[group]}`).join(', ');
  return {
    query: sql`
    with added as (
      select d.key as bucket, t.cell as cell, ${sumsOf(measures, (sum, name) => `${sum} as ${name}`)}
      ${rowsOf(part, cut)}
      ${isSelected(cut, selection)}
      group by d.key, t.cell
    )
    select json_array(cell, bucket, ${sql.raw(names)}, ${sql.raw(measures.join(', '))}) as row
    from added join usage_cells as c on c.id = added.cell`,
    made(rows) {
      const first = 2 + groups.length;
      const found = Map.groupBy(rows, (row) => row.slice(1, first).join('\n'));
      return [...found.values()].map((cells) => {
        const told = (cells[0] ?? []).slice(2, first).map(String);
        return {
          names: told,
          key: told.join('\n'),
          bucket: Number(cells[0]?.[1]),
          cells: cells.map(([cell]) => Number(cell)),
          sums: addedAll(cells.map((row) => sumsFrom(row, first))),
        };
      });
    },
  };
}

/** What each group adds up to over all these rows. */
export async function sumsByName(
  source: SumsSource,
  { table, numbers }: Rows,
  asked: Asked,
): Promise<readonly Pick<GroupSums, 'names' | 'sums'>[]> {
  const parts = source.partsOf(table, [numbers]);
  const found = await Promise.all(parts.map((part) => source.ask(part, sumsByGroup(part, asked))));
  const byName = Map.groupBy(found.flat(), ({ key }) => key);
  return [...byName.values()].map((all) => ({
    names: all[0]?.names ?? [],
    sums: addedAll(all.map(({ sums }) => sums)),
  }));
}

/** What all that is selected adds up to in each bucket. */
export function sumsByBucket(
  part: Part,
  { selection, measures }: Omit<Asked, 'groups'>,
): SumsQuestion<Line> {
  const cut = cutFor([], selection);
  return {
    query: sql`
    select json_array(d.key, ${sumsOf(measures)}) as row
    ${rowsOf(part, cut)}
    ${isSelected(cut, selection)}
    group by d.key`,
    made: (rows) =>
      lineOf(
        part.buckets.length,
        rows.map((row) => [Number(row[0]), sumsFrom(row, 1)]),
      ),
  };
}

/** The same of all parts of some buckets. */
export async function sumsOverTime(
  source: SumsSource,
  table: Rows['table'],
  buckets: readonly (readonly number[])[],
  asked: Omit<Asked, 'groups'>,
): Promise<Line> {
  const [line = lineOf(buckets.length, []), ...rest] = await Promise.all(
    source.partsOf(table, buckets).map((part) => source.ask(part, sumsByBucket(part, asked))),
  );
  return rest.reduce(addedLines, line);
}

/** What each of some sets of cells of a cut adds up to in each bucket. */
export function sumsBySet(
  part: Part,
  cut: number,
  sets: readonly (readonly number[])[],
  measures: readonly Measure[],
): SumsQuestion<readonly Line[]> {
  const cells = JSON.stringify(sets.map((set) => [...new Set(set)].sort((a, b) => a - b)));
  return {
    // One set after the other and each by its days, so that nothing has to be put in order to be grouped.
    query: sql`
    select json_array(s.key, d.key, ${sumsOf(measures)}) as row
    from json_each(${cells}) as s
    cross join json_each(${JSON.stringify(part.buckets)}) as d
    cross join json_each(d.value) as b
    cross join json_each(s.value) as c
    cross join ${sql.table(part.table)} as t
      on t.bucket = b.value and t.cut = ${cut} and t.cell = c.value
    group by s.key, d.key`,
    made(rows) {
      const bySet = Map.groupBy(rows, ([set]) => set);
      return sets.map((_, set) =>
        lineOf(
          part.buckets.length,
          (bySet.get(set) ?? []).map((row) => [Number(row[1]), sumsFrom(row, 2)]),
        ),
      );
    },
  };
}

/** The numbers of all days for which there are sums. */
export async function everyDay(db: Storage['db']): Promise<Rows> {
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

const sumsOf = (
  measures: readonly Measure[],
  written: (sum: string, name: string) => string = (sum) => sum,
): RawBuilder<unknown> =>
  sql.raw(measures.map((measure) => written(`sum(t.${measure})`, measure)).join(', '));

const rowsOf = ({ table, buckets }: Part, cut: number): RawBuilder<unknown> => sql`
  from json_each(${JSON.stringify(buckets)}) as d
  cross join json_each(d.value) as b
  cross join ${sql.table(table)} as t on t.bucket = b.value and t.cut = ${cut}`;

/** What follows the other columns of a row. */
const sumsFrom = (row: SumsRow, first: number): Sums => row.slice(first).map(Number);

/** Names are compared in the few cells, and rows are looked up by the cells that are left. */
function isSelected(cut: number, { userId, names }: Selection): RawBuilder<unknown> {
  const wanted = Object.entries(names) as [Group, string][];
  if (userId !== null) wanted.push(['user', userId]);
  if (wanted.length === 0) return sql``;
  const conditions = wanted.map(([group, name]) => sql`${sql.ref(COLUMN[group])} = ${name}`);
  return sql`and t.cell in (select id from usage_cells where cut = ${cut} and ${sql.join(conditions, sql` and `)})`;
}
