import { NO_LIMITS, type RateLimits, type Scope } from './rules.ts';
import { type Ceilings, Counts, SPANS, type Span, type Window } from './window.ts';

/** What a key or user is held to; most share one, that of their scope. */
export interface Rules extends Ceilings {
  readonly limits: RateLimits;
  readonly running: number;
  /** Is one of these a limit on tokens? */
  readonly countsTokens: boolean;
  /** Is there a limit in any span? */
  readonly boundsUse: boolean;
}

export function rulesOf(limits: RateLimits): Rules {
  const requests = SPANS.map((span) => most(limits[`requests_per_${span}`]));
  const tokens = SPANS.map((span) => most(limits[`tokens_per_${span}`]));
  return {
    limits,
    requests,
    tokens,
    running: most(limits.max_concurrent),
    countsTokens: tokens.some(Number.isFinite),
    boundsUse: [...requests, ...tokens].some(Number.isFinite),
  };
}

export const NO_RULES = rulesOf(NO_LIMITS);

function most(limit: number | null): number {
  return limit ?? Number.POSITIVE_INFINITY;
}

/** One key or user: what it is held to, and what it used. */
export class Subject {
  readonly scope: Scope;
  /** New ones hold from the next request on; what was used stays counted. */
  rules: Rules;
  /** Requests under way. */
  running = 0;
  readonly #counts = new Counts();

  constructor(scope: Scope, rules: Rules) {
    this.scope = scope;
    this.rules = rules;
  }

  /** Whether one more request with that many tokens keeps every rule at that instant. */
  fits(instant: number, tokens: number): boolean {
    this.roll(instant);
    return this.running < this.rules.running && this.#counts.fits(tokens, this.rules);
  }

  roll(instant: number): void {
    this.#counts.roll(instant);
  }

  /** Adds to the windows of the instant of an admission, where they are not over yet. */
  book(instant: number, requests: number, tokens: number): void {
    this.#counts.book(instant, requests, tokens);
  }

  window(span: Span): Window {
    return this.#counts.window(span, this.rules);
  }
}
