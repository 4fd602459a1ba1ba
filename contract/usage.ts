import type { Nanos } from './money.ts';

/**
 * Token usage in one shape for all providers. `null` means *not known*, which is not zero.
 * `input` is always the total, cached and cache-writing parts included; `reasoning` is a part of `output`.
 */
export interface TokenUsage {
  readonly input: number | null;
  readonly cachedInput: number | null;
  readonly cacheWrite5m: number | null;
  readonly cacheWrite1h: number | null;
  readonly output: number | null;
  readonly reasoning: number | null;
}

export const UNKNOWN_USAGE: TokenUsage = {
  input: null,
  cachedInput: null,
  cacheWrite5m: null,
  cacheWrite1h: null,
  output: null,
  reasoning: null,
};

/** Tokens in classes of which no two overlap, as they are billed: each has a rate of its own. */
export interface BilledTokens {
  /** Of the input, what was neither read from a cache nor written to one. */
  readonly freshInput: number;
  readonly cachedInput: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  /** Without the reasoning. */
  readonly plainOutput: number;
  readonly reasoning: number;
}

/** What is not known counts as none. Parts that are larger than their whole, as a bad report has them, leave nothing of it. */
export function billedTokens(tokens: TokenUsage): BilledTokens {
  const cachedInput = tokens.cachedInput ?? 0;
  const cacheWrite5m = tokens.cacheWrite5m ?? 0;
  const cacheWrite1h = tokens.cacheWrite1h ?? 0;
  const output = tokens.output ?? 0;
  const reasoning = Math.min(tokens.reasoning ?? 0, output);
  return {
    freshInput: Math.max(0, (tokens.input ?? 0) - cachedInput - cacheWrite5m - cacheWrite1h),
    cachedInput,
    cacheWrite5m,
    cacheWrite1h,
    plainOutput: output - reasoning,
    reasoning,
  };
}

/** What is counted besides tokens where a provider bills by the piece. */
export type BilledUnit = 'image' | 'second' | 'character' | 'request' | 'web_search';

/** What one answer (or one event of a stream) says was used. Several are laid over each other: the last known value wins. */
export interface ReportedUsage {
  readonly tokens: TokenUsage;
  /** The cost that the upstream itself states, where it does. */
  readonly cost: Nanos | null;
  readonly units: Readonly<Partial<Record<BilledUnit, number>>>;
  /** The report held a number that cannot be true (negative, fractional, absurd); it was clamped. */
  readonly flawed: boolean;
}

/**
 * How an answer was served, or is asked to be, where a provider sells one model at several prices, in the provider's own
 * words: its tier of service, its speed, the region in which it runs. The empty word is the usual one; what is not stated
 * is absent.
 */
export interface ServiceTier {
  readonly tier?: string;
  readonly speed?: string;
  readonly region?: string;
}

/** The words by which it differs from the usual one, as people are shown it: `priority`, `fast us`; null: it does not. */
export function tierName(served: ServiceTier | null): string | null {
  if (served === null) return null;
  const { tier = '', speed = '', region = '' } = served;
  const words = [tier, speed, region].filter((word) => word !== '');
  return words.length === 0 ? null : words.join(' ');
}

/**
 * Where the numbers of a usage record come from.
 * `reported`: the provider's own final figure. `estimated`: the answer was complete, its usage missing.
 * `partial`: the answer was cut (abort, reset, timeout); what was served is counted.
 * `unfinished`: the process died; the intent is all that is known.
 */
export const PROVENANCES = ['reported', 'estimated', 'partial', 'unfinished'] as const;
export type Provenance = (typeof PROVENANCES)[number];

/** How a request ended. `refused`: it never left us. */
export const OUTCOMES = ['completed', 'aborted', 'failed', 'unfinished', 'refused'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Where the price of a usage record comes from; `unpriced` is not free. */
export const COST_SOURCES = [
  'upstream',
  'setting',
  'catalogue',
  'local',
  'none',
  'unpriced',
] as const;
export type CostSource = (typeof COST_SOURCES)[number];

/** The longest name of a model that is kept: whatever a caller or a provider calls one, lists can go on from it. */
export const MODEL_LETTERS_MAX = 256;
