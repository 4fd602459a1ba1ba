import { NO_LIMITS, type RateLimits, type Scope } from './rules.ts';
import { SPANS, Window } from './window.ts';

/** One key or user: its limits, and what it used of them. */
export class Subject {
  readonly scope: Scope;
  readonly minute = new Window('minute');
  readonly hour = new Window('hour');
  readonly day = new Window('day');
  readonly windows: readonly Window[] = [this.minute, this.hour, this.day];
  /** Requests under way. */
  running = 0;
  runningMost = Number.POSITIVE_INFINITY;
  countsTokens = false;
  #limits: RateLimits = NO_LIMITS;

  constructor(scope: Scope, limits: RateLimits) {
    this.scope = scope;
    this.limits = limits;
  }

  get limits(): RateLimits {
    return this.#limits;
  }

  /** New limits hold from the next request on; what was used stays counted. */
  set limits(limits: RateLimits) {
    this.#limits = limits;
    this.countsTokens = countsTokens(limits);
    this.runningMost = limits.max_concurrent ?? Number.POSITIVE_INFINITY;
    for (const span of SPANS) {
      this[span].requestsMost = limits[`requests_per_${span}`] ?? Number.POSITIVE_INFINITY;
      this[span].tokensMost = limits[`tokens_per_${span}`] ?? Number.POSITIVE_INFINITY;
    }
  }

  /** Whether one more request with that many tokens keeps every rule at that instant. */
  fits(instant: number, tokens: number): boolean {
    this.roll(instant);
    return (
      this.running < this.runningMost &&
      this.minute.fits(tokens) &&
      this.hour.fits(tokens) &&
      this.day.fits(tokens)
    );
  }

  roll(instant: number): void {
    this.minute.roll(instant);
    this.hour.roll(instant);
    this.day.roll(instant);
  }
}

/** Is one of these a limit on tokens? */
export function countsTokens(limits: RateLimits): boolean {
  return SPANS.some((span) => limits[`tokens_per_${span}`] !== null);
}
