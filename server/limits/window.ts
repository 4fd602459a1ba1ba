/** The spans for which use is counted. They begin on the boundaries of the UTC clock. */
export const SPANS = ['minute', 'hour', 'day'] as const;
export type Span = (typeof SPANS)[number];

// The epoch began at midnight UTC and its seconds know no leap seconds, so each UTC minute, hour and day is one
// multiple of its length, through leap days and turns of the year.
const SPAN_MS: Readonly<Record<Span, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/**
 * Requests and tokens of the current minute, hour or day, and their limits (`Infinity`: none). It is half-open:
 * its end belongs to the next.
 */
export class Window {
  readonly span: Span;
  readonly #ms: number;
  /** The number of this window since the epoch. */
  number = -1;
  requests = 0;
  tokens = 0;
  requestsMost = Number.POSITIVE_INFINITY;
  tokensMost = Number.POSITIVE_INFINITY;

  constructor(span: Span) {
    this.span = span;
    this.#ms = SPAN_MS[span];
  }

  /** Begins anew if the instant lies beyond the end. An earlier instant changes nothing. */
  roll(instant: number): void {
    const number = this.numberAt(instant);
    if (number <= this.number) return;
    this.number = number;
    this.requests = 0;
    this.tokens = 0;
  }

  numberAt(instant: number): number {
    return Math.floor(instant / this.#ms);
  }

  fits(tokens: number): boolean {
    return this.requests < this.requestsMost && this.tokens + tokens <= this.tokensMost;
  }

  /** Adds to the window of that number. One that is over by now has no counter left to change. */
  book(number: number, requests: number, tokens: number): void {
    if (number !== this.number) return;
    this.requests += requests;
    this.tokens += tokens;
  }

  /** The first instant of the next window, in milliseconds since the epoch. */
  get end(): number {
    return (this.number + 1) * this.#ms;
  }
}
