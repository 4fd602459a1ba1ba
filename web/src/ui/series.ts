/** Figures over time as charts need them: few series in a fixed order, the rest in one. Nothing here is money that is kept. */

export interface Series {
  readonly name: string;
  /** One value for each bucket; null: not known, which is not nothing. */
  readonly values: readonly (number | null)[];
}

export const OTHER = '\u0000other';

function totalOf({ values }: Series): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function added(into: readonly (number | null)[], values: readonly (number | null)[]) {
  return into.map((value, index) => {
    const other = values[index] ?? null;
    return value === null && other === null ? null : (value ?? 0) + (other ?? 0);
  });
}

/** The `count` largest series in the order of their sums, and all others as one more, which comes last. */
export function topSeries(series: readonly Series[], count: number): readonly Series[] {
  const isRest = ({ name }: Series): boolean => name === OTHER;
  const ordered = series
    .filter((one) => !isRest(one))
    .sort((a, b) => totalOf(b) - totalOf(a) || a.name.localeCompare(b.name));
  const rest = [...ordered.slice(count), ...series.filter(isRest)];
  const first = rest[0];
  if (first === undefined) return ordered;
  const values = rest.slice(1).reduce((sum, { values: more }) => added(sum, more), first.values);
  return [...ordered.slice(0, count), { name: OTHER, values }];
}

/** Each value with all that came before it. */
export function cumulative(series: Series): Series {
  let sum = 0;
  return {
    name: series.name,
    values: series.values.map((value) => {
      sum += value ?? 0;
      return sum;
    }),
  };
}

/**
 * The change from one figure to the next as a share; null where there is nothing to compare with.
 */
export function changeBetween(
  value: number | null | undefined,
  previous: number | null | undefined,
): number | null {
  if (value === null || value === undefined || previous === null || previous === undefined) {
    return null;
  }
  return previous === 0 ? null : (value - previous) / Math.abs(previous);
}

/** Marks for an axis from 0: at most `count` round steps that reach the largest value. */
export function axisMarks(largest: number, count = 4): readonly number[] {
  if (largest <= 0) return [0, 1];
  const rough = largest / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const size = step ?? power * 10;
  const marks = Math.ceil(largest / size - 1e-9);
  return Array.from({ length: marks + 1 }, (_, index) => Number((index * size).toPrecision(12)));
}
