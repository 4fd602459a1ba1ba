/** Charts of what providers report of their keys: by whole UTC days, and nothing of users. */
import { sql } from 'kysely';
import type { REPORTED_GROUPS } from '../../contract/api/figures-api.ts';
import { DAY_MS, utcDay } from '../clock.ts';
import type { Database, Storage } from '../storage/storage.ts';
import { addedAll, lineOf, type Sums } from './addition.ts';
import { type Chart, type FiguresOrder, heaviestFirst, restOf, type Series } from './figures.ts';
import { ALL_MEASURES } from './measures.ts';
import type { Span } from './span.ts';

export interface ReportedOrder extends Pick<FiguresOrder, 'span' | 'metric' | 'top'> {
  readonly groups: readonly (typeof REPORTED_GROUPS)[number][];
  /** These provider keys only; null: all. */
  readonly keyIds: readonly string[] | null;
  readonly model: string | null;
}

interface Row {
  readonly at: number;
  readonly names: readonly string[];
  /** Of all measures. */
  readonly sums: Sums;
}

const COLUMN = {
  model: 'model',
  provider_key: 'provider_key_id',
} as const satisfies Record<string, keyof Database['provider_usage']>;

/** @param order of a span that begins and ends with a UTC day */
export async function reportedChartOf(db: Storage['db'], order: ReportedOrder): Promise<Chart> {
  const { span, groups, top, metric } = order;
  const rows = await rowsOf(db, order);
  const total = seriesOf(rows, null, span);
  if (groups.length === 0) return { series: [], groupsTotal: 0, total };
  const found = [...Map.groupBy(rows, ({ names }) => names.join('\n')).values()].map((parts) =>
    seriesOf(parts, parts[0]?.names ?? null, span),
  );
  const all = heaviestFirst(found, metric, ALL_MEASURES);
  const named = all.slice(0, top);
  const series = all.length <= top ? named : [...named, restOf(total, named, ALL_MEASURES)];
  return { series, groupsTotal: all.length, total };
}

function seriesOf(rows: readonly Row[], names: Row['names'] | null, span: Span): Series {
  const places = placesIn(span);
  const placed = rows.flatMap(({ at, sums }) => {
    const place = places.get(at);
    return place === undefined ? [] : [[place, sums] as const];
  });
  const before = rows.filter(({ at }) => !places.has(at) && at < span.previous.end);
  return {
    ...{ names, measures: ALL_MEASURES },
    ...lineOf(span.buckets.length, placed),
    previous: addedAll(before.map(({ sums }) => sums)),
  };
}

/** In which bucket each day of a range lies. */
function placesIn({ buckets }: Span): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  for (const [place, { start, end }] of buckets.entries()) {
    for (let day = start; day < end; day += DAY_MS) places.set(day, place);
  }
  return places;
}

/** Of both ranges, by day and group. What was told without a cost in dollars has no known price. */
async function rowsOf(db: Storage['db'], order: ReportedOrder): Promise<readonly Row[]> {
  const { span, groups, keyIds, model } = order;
  const columns = groups.map((group) => sql.ref(COLUMN[group]));
  const isKnown = sql`currency = 'USD' and cost_nanos is not null`;
  const found = await sql<Record<string, number | string>>`
    select ${sql.join([sql`date`, ...columns])}, sum(coalesce(requests, 0)) as requests,
      sum(iif(${isKnown}, 0, coalesce(requests, 0))) as unpriced,
      cast(sum(iif(${isKnown}, cost_nanos, 0)) as real) as cost_nanos,
      sum(coalesce(input_tokens, 0)) as input_tokens, sum(coalesce(cached_tokens, 0)) as cached_tokens,
      sum(coalesce(output_tokens, 0)) as output_tokens, sum(coalesce(reasoning_tokens, 0)) as reasoning_tokens
    from provider_usage
    where date >= ${utcDay(span.previous.start)} and date < ${utcDay(span.end)}
      and ${keyIds === null ? sql`true` : sql`provider_key_id in (select value from json_each(${JSON.stringify(keyIds)}))`}
      and ${model === null ? sql`true` : sql`model = ${model}`}
    group by ${sql.join([sql`date`, ...columns])}`.execute(db);
  return found.rows.map((row) => ({
    at: Date.parse(String(row['date'])),
    names: groups.map((group) => String(row[COLUMN[group]])),
    sums: ALL_MEASURES.map((measure) => Number(row[measure] ?? 0)),
  }));
}
