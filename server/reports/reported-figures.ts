/** Charts of what providers report of their keys: by whole UTC days, and nothing of users. */
import { sql } from 'kysely';
import type { REPORTED_GROUPS } from '../../contract/api/figures-api.ts';
import { isoTime } from '../clock.ts';
import type { Database, Storage } from '../storage/storage.ts';
import { byWeight, type Chart, type FiguresOrder, restOf, type Series } from './figures.ts';
import { ALL_MEASURES, added, type Figures, METRIC_RULES, NOTHING } from './measures.ts';
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
  readonly figures: Figures;
}

const DAY_MS = 86_400_000;
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
  const rule = METRIC_RULES[metric];
  const all = [...Map.groupBy(rows, ({ names }) => names.join('\n')).values()]
    .map((parts) => seriesOf(parts, parts[0]?.names ?? null, span))
    .sort(byWeight(rule));
  const named = all.slice(0, top);
  const series = all.length <= top ? named : [...named, restOf(total, named, rule.measures)];
  return { series, groupsTotal: all.length, total };
}

function seriesOf(rows: readonly Row[], names: Row['names'] | null, span: Span): Series {
  const buckets = span.buckets.map(() => NOTHING);
  const places = placesIn(span);
  let previous = NOTHING;
  for (const { at, figures } of rows) {
    const bucket = places.get(at);
    if (bucket !== undefined) buckets[bucket] = added(buckets[bucket] ?? NOTHING, figures);
    else if (at < span.previous.end) previous = added(previous, figures);
  }
  return { names, total: buckets.reduce(added, NOTHING), previous, buckets };
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
      sum(iif(${isKnown}, cost_nanos, 0)) as cost_nanos,
      sum(coalesce(input_tokens, 0)) as input_tokens, sum(coalesce(cached_tokens, 0)) as cached_tokens,
      sum(coalesce(output_tokens, 0)) as output_tokens, sum(coalesce(reasoning_tokens, 0)) as reasoning_tokens
    from provider_usage
    where date >= ${dayOf(span.previous.start)} and date < ${dayOf(span.end)}
      and ${keyIds === null ? sql`true` : sql`provider_key_id in (select value from json_each(${JSON.stringify(keyIds)}))`}
      and ${model === null ? sql`true` : sql`model = ${model}`}
    group by ${sql.join([sql`date`, ...columns])}`.execute(db);
  return found.rows.map((row) => ({
    at: Date.parse(String(row['date'])),
    names: groups.map((group) => String(row[COLUMN[group]])),
    figures: Object.fromEntries(
      ALL_MEASURES.map((measure) => [measure, Number(row[measure] ?? 0)]),
    ) as Figures,
  }));
}

const dayOf = (at: number): string => isoTime(at).slice(0, 10);
