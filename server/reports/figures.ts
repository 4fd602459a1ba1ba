/**
 * One metric over time, split by up to two groups. Whatever it is, it comes from sums of the same records, so that the
 * series of any split add up to the total, and `other` is exactly what the named ones leave.
 */
import type { Group, Metric } from '../../contract/api/figures-api.ts';
import {
  added,
  addedAll,
  addedLines,
  type Line,
  lineOf,
  NOTHING,
  type Sums,
  without,
} from './addition.ts';
import { ALL_MEASURES, METRIC_RULES, picking } from './measures.ts';
import type { Span } from './span.ts';
import {
  cutFor,
  type GroupSums,
  type Measure,
  type Selection,
  sumsByBucket,
  sumsByGroup,
  sumsBySet,
  sumsOverTime,
} from './sums.ts';
import { type Part, type SumsSource, together } from './sums-source.ts';
import { compareText } from './text-order.ts';

export interface FiguresOrder {
  readonly span: Span;
  readonly selection: Selection;
  readonly metric: Metric;
  /** None, one or two. */
  readonly groups: readonly Group[];
  /** How many series are named. */
  readonly top: number;
}

/** Over the buckets of the span. */
export interface Series extends Line {
  /** The names in the order of the groups; null for all that are not named. */
  readonly names: readonly string[] | null;
  /** What the sums are of. */
  readonly measures: readonly Measure[];
  readonly previous: Sums;
}

export interface Chart {
  readonly series: readonly Series[];
  readonly groupsTotal: number;
  /** Of everything that was selected, with every measure. */
  readonly total: Series;
}

export async function chartOf(source: SumsSource, order: FiguresOrder): Promise<Chart> {
  if (order.groups.length === 0) {
    return { series: [], groupsTotal: 0, total: await totalOf(source, order) };
  }
  const parts = partsIn(source, order.span);
  const groups = await groupsOf(source, order, parts);
  const series = await overTime(source, order, groups, parts);
  // Read after the series: what is recorded meanwhile makes the rest larger, never less than nothing.
  const total = await totalOf(source, order, { parts, goingOn: groups.total });
  const chart = { groupsTotal: groups.ranked.length, total };
  return groups.ranked.length <= order.top
    ? { ...chart, series }
    : { ...chart, series: [...series, restOf(total, series, METRIC_RULES[order.metric].measures)] };
}

/** What the named series leave of the total. @param measures those of the series, which the total has too */
export function restOf(
  total: Series,
  series: readonly Series[],
  measures: readonly Measure[],
): Series {
  const pick = picking(measures, total.measures);
  const left = (of: (one: Series) => Sums): Sums => without(pick(of(total)), series.map(of));
  return {
    ...{ names: null, measures },
    total: left((one) => one.total),
    previous: left((one) => one.previous),
    buckets: total.buckets.map((_, place) => left((one) => one.buckets[place] ?? NOTHING)),
  };
}

/** The same chart with each bucket standing for all up to its end. */
export function runningChart(chart: Chart): Chart {
  return { ...chart, series: chart.series.map(running), total: running(chart.total) };
}

function running(series: Series): Series {
  let sum = NOTHING;
  return { ...series, buckets: series.buckets.map((one) => (sum = added(sum, one))) };
}

/**
 * Every measure of all that is selected, over time and of the range before.
 *
 * @param known the parts of the span, and what is known already of the one that goes on
 */
export async function totalOf(
  source: SumsSource,
  { span, selection }: Pick<FiguresOrder, 'span' | 'selection'>,
  known: { readonly parts: readonly Part[]; readonly goingOn: Line | null } = {
    parts: partsIn(source, span),
    goingOn: null,
  },
): Promise<Series> {
  const measures = ALL_MEASURES;
  const asked = { selection, measures };
  const lines = await Promise.all(
    known.parts.map((part) =>
      !part.hasEnded && known.goingOn !== null
        ? known.goingOn
        : source.ask(part, sumsByBucket(part, asked)),
    ),
  );
  const before = await Promise.all(
    span.previous.rows.map(({ table, numbers }) => sumsOverTime(source, table, [numbers], asked)),
  );
  const [line = lineOf(span.buckets.length, []), ...rest] = lines;
  return {
    ...{ names: null, measures, ...rest.reduce(addedLines, line) },
    previous: addedAll(before.map(({ total }) => total)),
  };
}

interface Grouped {
  readonly key: string;
  readonly names: readonly string[];
  total: Sums;
  previous: Sums;
}

interface Groups {
  /** With what they add up to, the one that weighs most first. */
  readonly ranked: readonly Grouped[];
  /** Of what they are made. */
  readonly all: readonly GroupSums[];
  /** The part of it that goes on, told apart by its buckets, and the total of that moment; null: nothing goes on. */
  readonly goingOn: readonly GroupSums[];
  readonly total: Line | null;
}

/** What has ended of the span, and what goes on. */
const partsIn = (source: SumsSource, { table, buckets }: Span): readonly Part[] =>
  source.partsOf(
    table,
    buckets.map(({ numbers }) => numbers),
  );

async function groupsOf(
  source: SumsSource,
  { span, selection, groups, metric }: FiguresOrder,
  parts: readonly Part[],
): Promise<Groups> {
  const { measures } = METRIC_RULES[metric];
  const asked = { groups, selection, measures };
  const ofAll = async (some: readonly Part[]): Promise<readonly GroupSums[]> =>
    (await Promise.all(some.map((part) => source.ask(part, sumsByGroup(part, asked))))).flat();
  const ofNow = (part: Part) =>
    source.ask(
      part,
      together(sumsByGroup(part, asked), sumsByBucket(part, { selection, measures: ALL_MEASURES })),
    );
  const [ended, [[goingOn, total] = [[], null]], before] = await Promise.all([
    // Told apart by its buckets later, and only of the groups that are named.
    ofAll(
      parts
        .filter(({ hasEnded }) => hasEnded)
        .map((part) => ({ ...part, buckets: [part.buckets.flat()] })),
    ),
    Promise.all(parts.filter(({ hasEnded }) => !hasEnded).map(ofNow)),
    ofAll(span.previous.rows.flatMap(({ table, numbers }) => source.partsOf(table, [numbers]))),
  ]);
  const found = new Map<string, Grouped>();
  const note = (one: GroupSums, part: 'total' | 'previous'): void => {
    const { key, names } = one;
    const group = found.get(key) ?? { key, names, total: NOTHING, previous: NOTHING };
    group[part] = added(group[part], one.sums);
    found.set(key, group);
  };
  for (const one of ended) note(one, 'total');
  for (const one of goingOn) note(one, 'total');
  for (const one of before) note(one, 'previous');
  const ranked = heaviestFirst([...found.values()], metric, measures);
  return { ranked, all: [...ended, ...goingOn, ...before], goingOn, total };
}

type Weighed = Pick<Series, 'names' | 'total' | 'previous'>;

/**
 * The one that weighs most first. There may be thousands: each is weighed once, not at every comparison.
 *
 * @param measures what the sums are of
 */
export function heaviestFirst<One extends Weighed>(
  all: readonly One[],
  metric: Metric,
  measures: readonly Measure[],
): readonly One[] {
  const rule = METRIC_RULES[metric];
  const pick = picking(rule.measures, measures);
  const weight = (sums: Sums): number => rule.weight(pick(sums));
  return all
    .map((one) => ({
      one,
      total: weight(one.total),
      previous: weight(one.previous),
      text: (one.names ?? []).join('\n'),
    }))
    .sort((a, b) => b.total - a.total || b.previous - a.previous || compareText(a.text, b.text))
    .map(({ one }) => one);
}

/** The groups that weigh most, over time. */
async function overTime(
  source: SumsSource,
  { span, metric, groups, selection, top }: FiguresOrder,
  { ranked, all, goingOn }: Groups,
  parts: readonly Part[],
): Promise<readonly Series[]> {
  const { measures } = METRIC_RULES[metric];
  const { length } = span.buckets;
  const series = ranked.slice(0, top).map((group) => ({ ...group, measures }));
  if (length === 1) return series.map((one) => ({ ...one, buckets: [one.total] }));
  const keys = new Set(series.map(({ key }) => key));
  const byKey = (sums: readonly GroupSums[]): ReadonlyMap<string, readonly GroupSums[]> =>
    Map.groupBy(
      sums.filter(({ key }) => keys.has(key)),
      ({ key }) => key,
    );
  const [ofAll, ofGoingOn] = [byKey(all), byKey(goingOn)];
  const sets = series.map(({ key }) => (ofAll.get(key) ?? []).flatMap(({ cells }) => cells));
  const [ended] = parts.filter(({ hasEnded }) => hasEnded);
  const lines =
    ended === undefined || sets.length === 0
      ? []
      : await source.ask(ended, sumsBySet(ended, cutFor(groups, selection), sets, measures));
  return series.map((one, index) => {
    const found = ofGoingOn.get(one.key) ?? [];
    const line = lineOf(
      length,
      found.map(({ bucket, sums }) => [bucket, sums]),
    );
    const before = lines[index];
    return { ...one, ...(before === undefined ? line : addedLines(before, line)) };
  });
}
