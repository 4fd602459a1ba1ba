/** Dice that fall the same way for the same seed. Nothing secret may come from them. */
export interface Chance {
  between(least: number, most: number): number;
  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number;
  /** True in this share of the cases, from 0 to 1. */
  happens(share: number): boolean;
  /** An index, each as likely as its weight says. */
  index(weights: readonly number[]): number;
  /** Mostly near the middle, now and then several times as much, never negative. */
  around(middle: number): number;
  hex(digits: number): string;
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  // A 32-bit mixing generator (mulberry32): quick, and even enough for figures that are made up.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    between: (least, most) => least + next() * (most - least),
    below,
    happens: (share) => next() < share,
    index(weights) {
      let left = next() * weights.reduce((total, weight) => total + weight, 0);
      const found = weights.findIndex((weight) => {
        left -= weight;
        return left < 0;
      });
      return Math.max(found, 0);
    },
    // The sum of three dice is roughly a bell; its exponential has the long tail that real sizes have.
    around: (middle) => middle * Math.exp((next() + next() + next() - 1.5) * 1.6),
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(''),
  };
}
