import { wrongField } from '../failure.ts';
import type { Span } from './window.ts';

/** What a window counts. */
export type Measure = 'requests' | 'tokens';
/** The six rules of the windows, by their names on the wire. */
export type WindowRule = `${Measure}_per_${Span}`;
export type Rule = WindowRule | 'max_concurrent';

/** The limits of one key or user: whole numbers; null means no limit, and 0 allows nothing. */
export type RateLimits = Readonly<Record<Rule, number | null>>;

/** Whose limits they are: a virtual key's, or those of a user over all of its keys. */
export type Scope = 'key' | 'user';

export const NO_LIMITS: RateLimits = {
  requests_per_minute: null,
  requests_per_hour: null,
  requests_per_day: null,
  tokens_per_minute: null,
  tokens_per_hour: null,
  tokens_per_day: null,
  max_concurrent: null,
};

/** The limits of users with a wallet and of self-service keys, unless others are set. */
export const SEED_DEFAULTS: RateLimits = {
  requests_per_minute: 60,
  requests_per_hour: 1_000,
  requests_per_day: 10_000,
  tokens_per_minute: 10_000,
  tokens_per_hour: 100_000,
  tokens_per_day: 1_000_000,
  max_concurrent: null,
};

/** All rules, in the order of {@link NO_LIMITS}. */
export const RULES = Object.keys(NO_LIMITS) as readonly Rule[];

/**
 * The limits without anything else that the object may carry.
 *
 * @throws Failure `validation_failed` that names the first limit that is no whole number from 0 up and not null
 */
export function checkedLimits(limits: RateLimits): RateLimits {
  const checked = { ...NO_LIMITS };
  for (const rule of RULES) {
    const limit = limits[rule];
    if (limit !== null && !(Number.isSafeInteger(limit) && limit >= 0)) {
      const sentence = `${rule} must be a whole number from 0 up, or null for no limit.`;
      throw wrongField(rule, sentence);
    }
    checked[rule] = limit;
  }
  return checked;
}
