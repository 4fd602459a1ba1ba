/**
 * One metric over time, split by up to two groups. Whatever it is, it comes from sums of the same records, so that the
 * series of any split add up to the total, and `other` is exactly what the named ones leave.
 */
import type { Group, Metric } from '../../contract/api/figures-api.ts';
import {
  ALL_MEASURES,
  added,
  type Figures,
  METRIC_RULES,
  type MetricRule,
  NOTHING,
  named,
  totalOfAll,
  without,
} from './measures.ts';
import type { Rows, Span } from './span.ts';
import {
  type Cell,
  cutFor,
  type Measure,
  type Selection,
  sumsByBucket,
  sumsByCell,
  sumsBySetAndBucket,
} from './sums.ts';
import type { SumsSource } from './sums-source.ts';

export interface FiguresOrder {
  readonly span: Span;
  readonly selection: Selection;
  readonly metric: Metric;
  /** None, one or two. */
  readonly groups: readonly Group[];
  /** How many series are named. */
  readonly top: number;
}

export interface Series {
  /** The names in the order of the groups; null for all that are not named. */
  readonly names: readonly string[] | null;
  readonly total: Figures;
  readonly previous: Figures;
  /** One for each bucket of the span. */
  readonly buckets: readonly Figures[];
}

export interface Chart {
  readonly series: readonly Series[];
  readonly groupsTotal: number;
  /** Of everything that was selected, with every measure. */
  readonly total: Series;
}

/** The cells over several stretches of rows; one may come several times. */
async function cellsOf(
  source: SumsSource,
  stretches: readonly Rows[],
  of: { cut: number; selection: Selection; measures: readonly Measure[] },
): Promise<readonly Cell[]> {
  const found = await Promise.all(stretches.map((rows) => sumsByCell(source, rows, of)));
  return found.flat();
}

export async function chartOf(source: SumsSource, order: FiguresOrder): Promise<Chart> {
  const groups = order.groups.length === 0 ? [] : await groupsOf(source, order);
  const series = await overTime(source, order, groups.slice(0, order.top));
  // Read last: what is recorded meanwhile makes the rest larger, never less than nothing.
  const total = await totalOf(source, order);
  const chart = { groupsTotal: groups.length, total };
  return groups.length <= order.top
    ? { ...chart, series }
    : { ...chart, series: [...series, restOf(total, series, METRIC_RULES[order.metric].measures)] };
}

/** What the named series leave of the total. */
export function restOf(
  total: Series,
  series: readonly Series[],
  measures: readonly Measure[],
): Series {
  const left = (of: (one: Series) => Figures): Figures =>
    without(of(total), series.map(of), measures);
  return {
    names: null,
    total: left((one) => one.total),
    previous: left((one) => one.previous),
    buckets: total.buckets.map((_, index) => left((one) => one.buckets[index] ?? NOTHING)),
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

/** Every measure of all that is selected, over time and of the range before. */
export async function totalOf(
  source: SumsSource,
  { span, selection }: Pick<FiguresOrder, 'span' | 'selection'>,
): Promise<Series> {
  const cut = cutFor([], selection);
  const measures = ALL_MEASURES;
  const sums = await sumsByBucket(source, { ...span, cut, selection, measures });
  const buckets = span.buckets.map((_, index) => {
    const found = sums.get(index);
    return found === undefined ? NOTHING : named(measures, found);
  });
  const before = await cellsOf(source, span.previous.rows, { cut, selection, measures });
  return {
    names: null,
    total: totalOfAll(buckets),
    previous: totalOfAll(before.map((cell) => named(measures, cell.sums))),
    buckets,
  };
}

interface Grouped {
  readonly names: readonly string[];
  /** One may be here several times. */
  readonly cells: number[];
  total: Figures;
  previous: Figures;
}

/** Every group with what it adds up to, the one that weighs most first. */
async function groupsOf(source: SumsSource, order: FiguresOrder): Promise<readonly Grouped[]> {
  const { span, selection, groups } = order;
  const rule = METRIC_RULES[order.metric];
  const of = { cut: cutFor(groups, selection), selection, measures: rule.measures };
  const numbers = span.buckets.flatMap((bucket) => bucket.numbers);
  const now = await cellsOf(source, [{ table: span.table, numbers }], of);
  const before = await cellsOf(source, span.previous.rows, of);
  const found = new Map<string, Grouped>();
  const note = (cell: Cell, part: 'total' | 'previous'): void => {
    const names = groups.map((group) => cell.names[group]);
    const key = names.join('\n');
    const known = found.get(key) ?? { names, cells: [], total: NOTHING, previous: NOTHING };
    known[part] = added(known[part], named(rule.measures, cell.sums));
    known.cells.push(cell.id);
    found.set(key, known);
  };
  for (const cell of now) note(cell, 'total');
  for (const cell of before) note(cell, 'previous');
  return [...found.values()].sort(byWeight(rule));
}

type Weighed = Pick<Series, 'names' | 'total' | 'previous'>;

export function byWeight({ weight }: MetricRule): (a: Weighed, b: Weighed) => number {
  const text = ({ names }: Weighed): string => (names ?? []).join('\n');
  return (a, b) =>
    weight(b.total) - weight(a.total) ||
    weight(b.previous) - weight(a.previous) ||
    (text(a) < text(b) ? -1 : 1);
}

async function overTime(
  source: SumsSource,
  { span, metric, groups: by, selection }: FiguresOrder,
  groups: readonly Grouped[],
): Promise<readonly Series[]> {
  const { measures } = METRIC_RULES[metric];
  const lines = groups.map(() => span.buckets.map(() => NOTHING));
  if (groups.length > 0 && span.buckets.length > 1) {
    const cut = cutFor(by, selection);
    const sets = groups.map(({ cells }) => cells);
    const found = await sumsBySetAndBucket(source, { ...span, cut, sets, measures });
    for (const { bucket, set, sums } of found) {
      const line = lines[set];
      if (line !== undefined) line[bucket] = added(line[bucket] ?? NOTHING, named(measures, sums));
    }
  }
  return groups.map(({ names, total, previous }, index) => {
    const line = lines[index] ?? [];
    return span.buckets.length === 1
      ? { names, total, previous, buckets: [total] }
      : { names, total: totalOfAll(line), previous, buckets: line };
  });
}
