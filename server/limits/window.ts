import { DAY_MS, HOUR_MS, MINUTE_MS } from '../clock.ts';
/** The spans for which use is counted. They begin on the boundaries of the UTC clock. */
export const SPANS = ['minute', 'hour', 'day'] as const;
export type Span = (typeof SPANS)[number];

// The epoch began at midnight UTC and its seconds know no leap seconds, so each UTC minute, hour and day is one
// multiple of its length, through leap days and turns of the year.
const SPAN_MS = [MINUTE_MS, HOUR_MS, DAY_MS] as const;

/** The current minute, hour or day of a key or user. It is half-open: its end belongs to the next. */
export interface Window {
  readonly span: Span;
  readonly requests: number;
  readonly tokens: number;
  /** `Infinity`: no limit. */
  readonly requestsMax: number;
  readonly tokensMax: number;
  /** The first instant of the next window, in milliseconds since the epoch. */
  readonly end: number;
}

/** How much may be used in each span, in the order of {@link SPANS}; `Infinity` is no limit. */
export interface Ceilings {
  readonly requests: readonly number[];
  readonly tokens: readonly number[];
}

/** A window's number since the epoch, its requests and its tokens: so many counters has each span. */
const COUNTERS = 3;

/**
 * Requests and tokens of the current minute, hour and day, all in one list: of a hundred thousand callers the counters are
 * in no cache, and each object apart would be waited for on its own.
 */
export class Counts {
  readonly #counts: number[] = SPANS.flatMap(() => [-1, 0, 0]);

  /** Begins anew where the instant lies beyond the end. An earlier instant changes nothing. */
  roll(instant: number): void {
    const counts = this.#counts;
    for (let span = 0; span < SPAN_MS.length; span++) {
      const at = span * COUNTERS;
      const number = numberAt(span, instant);
      if (number <= (counts[at] ?? 0)) continue;
      counts[at] = number;
      counts[at + 1] = 0;
      counts[at + 2] = 0;
    }
  }

  /** Whether one more request with that many tokens stays within. */
  fits(tokens: number, most: Ceilings): boolean {
    const counts = this.#counts;
    for (let span = 0; span < SPAN_MS.length; span++) {
      const at = span * COUNTERS;
      if ((counts[at + 1] ?? 0) >= (most.requests[span] ?? 0)) return false;
      if ((counts[at + 2] ?? 0) + tokens > (most.tokens[span] ?? 0)) return false;
    }
    return true;
  }

  /** Adds to the windows that an instant lies in. One that is over by now has no counter left to change. */
  book(instant: number, requests: number, tokens: number): void {
    const counts = this.#counts;
    for (let span = 0; span < SPAN_MS.length; span++) {
      const at = span * COUNTERS;
      if (numberAt(span, instant) !== counts[at]) continue;
      counts[at + 1] = (counts[at + 1] ?? 0) + requests;
      counts[at + 2] = (counts[at + 2] ?? 0) + tokens;
    }
  }

  /** As it stands now. */
  window(span: Span, most: Ceilings): Window {
    const index = SPANS.indexOf(span);
    const at = index * COUNTERS;
    const number = this.#counts[at] ?? 0;
    return {
      span,
      requests: this.#counts[at + 1] ?? 0,
      tokens: this.#counts[at + 2] ?? 0,
      requestsMax: most.requests[index] ?? 0,
      tokensMax: most.tokens[index] ?? 0,
      end: (number + 1) * (SPAN_MS[index] ?? 0),
    };
  }
}

function numberAt(span: number, instant: number): number {
  return Math.floor(instant / (SPAN_MS[span] ?? 1));
}
