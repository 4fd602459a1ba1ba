/** Where a balance is going, as days of a chart: what was left on past days, and between which lines it may fall. */
import { addDays } from '../shell/period.ts';
import type { ProviderKey } from './provider-key.ts';

type Falling = Pick<ProviderKey, 'balance' | 'runway_low_days' | 'runway_high_days'>;

export const DAYS_BACK = 30;
const AHEAD_MIN = 5;
const AHEAD_MAX = 30;

export interface Days {
  readonly days: readonly string[];
  /** The band for each day; null where nothing is said. */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly isFalling: boolean;
}

export function daysAround(key: Falling, today: string): Days {
  const { balance, runway_low_days: first, runway_high_days: last } = key;
  const isFalling = balance !== null && balance > 0 && first !== null;
  const ahead = isFalling ? clamped(Math.ceil(last ?? AHEAD_MAX)) : 0;
  const days = Array.from({ length: DAYS_BACK + ahead }, (_, at) =>
    addDays(today, at - DAYS_BACK + 1),
  );
  const edge = (end: number | null): readonly (number | null)[] =>
    days.map((_, at) => {
      const after = at - DAYS_BACK + 1;
      if (!isFalling || after < 0) return null;
      if (end === null) return balance;
      return end <= 0 ? 0 : Math.max(0, balance * (1 - after / end));
    });
  return { days, low: edge(first), high: edge(last), isFalling };
}

function clamped(days: number): number {
  return Math.min(AHEAD_MAX, Math.max(AHEAD_MIN, days));
}
