/** Arithmetic of sums: of one moment, and over time. */
import { MEASURES } from '../records/records.ts';

/** One number for each of some measures, in their order. Many share them: they are never changed. */
export type Sums = readonly number[];

/** Sums over time: one for each bucket that was asked about, and of all of these together. */
export interface Line {
  readonly total: Sums;
  readonly buckets: readonly Sums[];
}

/** Of whichever measures: there are no more than these. */
export const NOTHING: Sums = MEASURES.map(() => 0);

/** Of the same measures. */
export function added(a: Sums, b: Sums): Sums {
  if (a === NOTHING) return b;
  if (b === NOTHING) return a;
  const total = [...a];
  accumulate(total, b, 1);
  return total;
}

/** Of the same measures. */
export function addedAll(all: readonly Sums[]): Sums {
  const [first, ...rest] = all.filter((sums) => sums !== NOTHING);
  if (first === undefined) return NOTHING;
  const total = [...first];
  for (const sums of rest) accumulate(total, sums, 1);
  return total;
}

/** What is left of a whole without its parts. */
export function without(whole: Sums, parts: readonly Sums[]): Sums {
  const left = [...whole];
  for (const sums of parts) if (sums !== NOTHING) accumulate(left, sums, -1);
  return left;
}

function accumulate(total: number[], sums: Sums, sign: 1 | -1): void {
  for (let place = 0; place < total.length; place++) {
    total[place] = (total[place] ?? 0) + sign * (sums[place] ?? 0);
  }
}

/** @param found what is not nothing, by its place */
export function lineOf(length: number, found: Iterable<readonly [number, Sums]>): Line {
  const buckets = Array<Sums>(length).fill(NOTHING);
  for (const [place, sums] of found) buckets[place] = added(buckets[place] ?? NOTHING, sums);
  return { total: addedAll(buckets), buckets };
}

/** Of the same buckets. */
export function addedLines(a: Line, b: Line): Line {
  return {
    total: added(a.total, b.total),
    buckets: a.buckets.map((sums, place) => added(sums, b.buckets[place] ?? NOTHING)),
  };
}
