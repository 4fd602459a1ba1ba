/**
 * The health of a provider key as a pure machine. A good answer counts at once; bad news must be repeated before it
 * counts, so that neither an outage nor a provider that errs once changes what is known of a key.
 */

import type { Nanos } from '../../contract/money.ts';
import type { HealthStatus } from '../../contract/signals.ts';
import { HOUR_MS, MINUTE_MS } from '../clock.ts';

/** How far a key of known balance is from its end. */
export type Level = 'healthy' | 'low' | 'exhausted';

export interface Health {
  readonly status: HealthStatus;
  /** Clear refusals of the key since the last good answer; silence in between does not undo them. */
  readonly refusals: number;
  /** Failures to reach or to understand the provider since the last good answer. */
  readonly failures: number;
  /** Was the key ever good? One that never was has nothing to lose. */
  readonly everGood: boolean;
}

/**
 * What a check found. `good`: the provider takes the key. `refused`: it said clearly that it does not. `failed`: it could
 * not be reached or understood. `no news`: it answered, but not to that question (a rate limit, a call for other keys).
 */
export type Finding =
  | { readonly kind: 'good'; readonly level: Level }
  | { readonly kind: 'refused' | 'failed' | 'no news' };

export const NEW_HEALTH: Health = { status: 'unknown', refusals: 0, failures: 0, everGood: false };

/** So many clear refusals in a row, minutes apart, and a key that was good is held to be invalid. */
export const REFUSALS_UNTIL_INVALID = 3;
/** So many failures in a row, and the provider is held to be unreachable with this key. */
export const FAILURES_UNTIL_UNREACHABLE = 3;

export function nextHealth(health: Health, finding: Finding): Health {
  const { status, refusals, failures, everGood } = health;
  switch (finding.kind) {
    case 'good':
      return { status: finding.level, refusals: 0, failures: 0, everGood: true };
    case 'refused': {
      const isSure = !everGood || refusals + 1 >= REFUSALS_UNTIL_INVALID;
      const next = isSure ? 'invalid' : status;
      return { status: next, refusals: refusals + 1, failures: 0, everGood };
    }
    case 'failed': {
      // That a key is invalid was said by the provider itself; its silence takes nothing back.
      const isLost = failures + 1 >= FAILURES_UNTIL_UNREACHABLE && status !== 'invalid';
      const next = isLost ? 'unreachable' : status;
      return { status: next, refusals, failures: failures + 1, everGood };
    }
    case 'no news':
      return health;
  }
}

/** A key that was low is well again only above its threshold by a twentieth, so that it does not flicker. */
const MARGIN_DIVISOR = 20;

/**
 * @param threshold in the currency of the balance; null: only an empty key is in need
 * @param blocked whether the provider says that calls will be refused, whatever the balance
 */
export function levelOf(balance: Nanos | null, { threshold, blocked, before }: LevelRules): Level {
  if (blocked === true) return 'exhausted';
  if (balance === null) return 'healthy';
  if (balance <= 0) return 'exhausted';
  if (threshold === null) return 'healthy';
  const wasShort = before === 'low' || before === 'exhausted';
  const margin = wasShort ? Math.floor(threshold / MARGIN_DIVISOR) : 0;
  // Only compared, so the sum may leave the range of money: the largest threshold has a margin too.
  return balance < threshold + margin ? 'low' : 'healthy';
}

export interface LevelRules {
  readonly threshold: Nanos | null;
  readonly blocked: boolean | null;
  /** The status before this reading. */
  readonly before: HealthStatus;
}

const RANK: Readonly<Partial<Record<HealthStatus, number>>> = { low: 1, exhausted: 2 };

/**
 * Would this answer make a key look worse off than it did? Then it is asked again at once, and of the two answers the
 * better one counts.
 */
export function wantsConfirmation(before: HealthStatus, level: Level): boolean {
  return (RANK[level] ?? 0) > (RANK[before] ?? 0);
}

/** The better of two levels. */
export function betterLevel(one: Level, other: Level): Level {
  return (RANK[one] ?? 0) <= (RANK[other] ?? 0) ? one : other;
}

const LONGEST_WAIT_MS = HOUR_MS;

/**
 * When to look again, in milliseconds. After anything but a good answer sooner than usual, and each time later; a
 * provider that named a time is left alone so long, an hour at most.
 *
 * @param strikes checks without a good answer in a row, this one included; 0 after a good one
 */
export function waitAfter(
  strikes: number,
  intervalMs: number,
  retryAfterMs: number | null,
): number {
  const asked = Math.min(retryAfterMs ?? 0, LONGEST_WAIT_MS);
  if (strikes === 0) return Math.max(intervalMs, asked);
  const backOff = MINUTE_MS * 2 ** Math.min(strikes - 1, 20);
  return Math.max(Math.min(intervalMs, backOff), asked);
}
