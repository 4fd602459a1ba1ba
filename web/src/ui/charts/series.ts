/** Figures over time as charts need them. Sums of money stay exact; what is drawn is a number. */
import { formatDollars, parseDollars, sum } from '../../../../contract/money.ts';

/** Dollars as decimal text, as the API states them; anything else as a number; null: not known, which is not nothing. */
export type Value = string | number | null;

export interface Series {
  readonly name: string;
  /** One value for each bucket. */
  readonly values: readonly Value[];
}

/** Something that is so or not at either end of a chart. */
export interface Ends {
  readonly first: boolean;
  readonly last: boolean;
}

export const NO_ENDS: Ends = { first: false, last: false };

/** Whether it is so of the bucket at this place. */
export function isAtEnd({ first, last }: Ends, at: number, count: number): boolean {
  return (first && at === 0) || (last && at === count - 1);
}

/** The name of the series that holds what is not told apart. */
export const OTHER = '\u0000other';

/** A value as a number, for lengths and shares; never to be added up as money. */
export function numberOf(value: Value | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** Two values added; decimals to the nano-dollar, and nothing is invented where neither is known. */
export function plus(one: Value, other: Value): Value {
  if (one === null || other === null) return one ?? other;
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  const amounts = [one, other].map((value) => parseDollars(value));
  const known = amounts.filter((amount) => amount !== undefined);
  return known.length < amounts.length ? null : formatDollars(sum(...known));
}

function totalOf({ values }: Series): number {
  return values.reduce<number>((total, value) => total + (numberOf(value) ?? 0), 0);
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
  const values = first.values.map((_, at) =>
    rest.reduce<Value>((total, { values: more }) => plus(total, more[at] ?? null), null),
  );
  return [...ordered.slice(0, count), { name: OTHER, values }];
}

/** The change from one figure to the next as a share; null where there is nothing to compare with. */
export function changeBetween(
  value: number | null | undefined,
  previous: number | null | undefined,
): number | null {
  if (value === null || value === undefined || previous === null || previous === undefined) {
    return null;
  }
  if (previous === 0) return value === 0 ? 0 : null;
  return (value - previous) / Math.abs(previous);
}
