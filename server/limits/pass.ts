import type { Subject } from './subject.ts';

/** An admitted request. Each of its verbs does nothing the second time. */
export interface Pass {
  /**
   * Replaces the tokens reserved by those really used. They count in the windows in which the request was admitted: the
   * part of it that is over by now keeps no counter, so there it changes nothing any more, and it never burdens the next.
   *
   * @param tokens a whole number from 0 up
   */
  correct(tokens: number): void;
  /** The request is over: frees its place among those under way. What it used stays used. */
  end(): void;
  /** The request was refused elsewhere before it left: as if it had never been admitted. */
  cancel(): void;
}

/** Books a request with its key and its user, both of which must be rolled to the instant `at` of its admission. */
export class Booking implements Pass {
  readonly #key: Subject;
  readonly #user: Subject;
  readonly #at: number;
  #tokens: number;
  #isRunning = true;
  #isCancelled = false;

  constructor(key: Subject, user: Subject, at: number, tokens: number) {
    this.#key = key;
    this.#user = user;
    this.#at = at;
    this.#tokens = tokens;
    key.running++;
    user.running++;
    this.#book(1, tokens);
  }

  correct(tokens: number): void {
    if (this.#isCancelled) return;
    const difference = wholeTokens(tokens) - this.#tokens;
    this.#tokens = tokens;
    if (difference !== 0) this.#book(0, difference);
  }

  end(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#key.running--;
    this.#user.running--;
  }

  cancel(): void {
    this.end();
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#book(-1, -this.#tokens);
  }

  #book(requests: number, tokens: number): void {
    this.#key.book(this.#at, requests, tokens);
    this.#user.book(this.#at, requests, tokens);
  }
}

/** @throws RangeError for what would spoil a counter for good: fractions, negative or infinite numbers, NaN */
export function wholeTokens(tokens: number): number {
  if (Number.isSafeInteger(tokens) && tokens >= 0) return tokens;
  throw new RangeError(`not a number of tokens: ${tokens}`);
}
