/** How long a balance will last, from how it fell. Pure, and a band: a single number would feign to know the future. */
import type { Nanos } from '../../contract/money.ts';
import { DAY_MS, HOUR_MS } from '../clock.ts';

export interface BalanceAt {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly balance: Nanos;
}

/** Whole hours until the balance is used up. */
export interface Runway {
  /** If it goes on as over the whole time that was looked at. */
  readonly hours: number;
  /** If it goes on as fast, or as slowly, as it lately did, and a quarter more so. `highHours` null: no end in sight. */
  readonly lowHours: number;
  readonly highHours: number | null;
}

export const RUNWAY_WINDOW_MS = 7 * DAY_MS;
const LATELY_MS = DAY_MS;
/** Less than this, and a rate is a guess about a guess. */
const SHORTEST_SPAN_MS = HOUR_MS;
/** Longer than a century is no forecast. */
const HOURS_MAX = 24 * 36_525;
const WIDER = 1.25;

/**
 * @param readings of one key in one currency, oldest first; those of the last {@link RUNWAY_WINDOW_MS} are enough
 * @returns null where nothing can be said: too little was seen, or nothing was spent
 */
export function runwayOf(readings: readonly BalanceAt[]): Runway | null {
  const steady = withoutSpikes(readings);
  const last = steady.at(-1);
  if (last === undefined || steady.length < 3) return null;
  const whole = burnOf(steady);
  if (whole.spent === 0 || whole.overMs < SHORTEST_SPAN_MS) return null;
  if (last.balance <= 0) return { hours: 0, lowHours: 0, highHours: 0 };
  const lately = burnOf(steady.filter(({ at }) => at >= last.at - LATELY_MS));
  const known = lately.overMs >= SHORTEST_SPAN_MS ? [whole, lately] : [whole];
  const hours = known.map((burn) => hoursLeft(last.balance, burn));
  const [expected = HOURS_MAX] = hours;
  const slowest = Math.max(...hours) * WIDER;
  return {
    hours: Math.round(Math.min(expected, HOURS_MAX)),
    lowHours: Math.round(Math.min(Math.min(...hours) / WIDER, HOURS_MAX)),
    highHours: slowest > HOURS_MAX ? null : Math.round(slowest),
  };
}

interface Burn {
  readonly spent: number;
  readonly overMs: number;
}

/**
 * What was spent, and in how much time. Where the balance rose it was topped up: what was spent meanwhile cannot be
 * known, so neither that step nor its time counts.
 */
function burnOf(readings: readonly BalanceAt[]): Burn {
  let spent = 0;
  let overMs = 0;
  let before: BalanceAt | undefined;
  for (const reading of readings) {
    if (before !== undefined && reading.balance <= before.balance) {
      spent += before.balance - reading.balance;
      overMs += reading.at - before.at;
    }
    before = reading;
  }
  return { spent, overMs };
}

/** A proportion of amounts times a time: no amount is ever a fraction. */
function hoursLeft(balance: Nanos, { spent, overMs }: Burn): number {
  return spent === 0 ? Number.POSITIVE_INFINITY : (balance / spent) * (overMs / HOUR_MS);
}

/** A spike is so many times as far from its neighbours as these are from each other. */
const SPIKE_FACTOR = 3;

/**
 * A reading that stands alone far above or below both its neighbours, which agree, is most likely a wrong one: it is
 * levelled to the nearer of them. Clocks that went back leave readings out of order; those are passed over.
 */
function withoutSpikes(readings: readonly BalanceAt[]): readonly BalanceAt[] {
  const ordered: BalanceAt[] = [];
  for (const reading of readings) {
    if (reading.at > (ordered.at(-1)?.at ?? Number.NEGATIVE_INFINITY)) ordered.push(reading);
  }
  return ordered.map((reading, index) => {
    const before = ordered[index - 1]?.balance;
    const after = ordered[index + 1]?.balance;
    if (before === undefined || after === undefined) return reading;
    const low = Math.min(before, after);
    const high = Math.max(before, after);
    const nearer = reading.balance < low ? low : high;
    const isOutside = reading.balance < low || reading.balance > high;
    const isFar = Math.abs(reading.balance - nearer) > SPIKE_FACTOR * (high - low);
    return isOutside && isFar ? { at: reading.at, balance: nearer as Nanos } : reading;
  });
}
