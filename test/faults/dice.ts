/** Chance that can be had again: every random choice of a test follows from one printed seed. */

/** The seed of this run: `SEED` if it is set, so that a failure can be replayed, else a new one. */
export function seedOfRun(): number {
  const given = process.env['SEED'];
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}

export interface Dice {
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  /** True in this share of all cases, 0 to 1. */
  chance(share: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
}

/** Dice with a number of their own, so that what one request does hangs on no other request. */
export function diceOf(seed: number, number: number): Dice {
  let state = (seed ^ Math.imul(number + 1, 0x9e3779b1)) | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number =>
    least + Math.floor(next() * (most - least + 1));
  return {
    between,
    chance: (share) => next() < share,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
  };
}
