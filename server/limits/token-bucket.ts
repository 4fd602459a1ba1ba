import type { Clock } from '../clock.ts';

export interface TokenBucketOptions {
  readonly clock: Clock;
  /** How many tokens a bucket gains in a minute; whole, from 1. */
  readonly perMinute: number;
  /** How many tokens a bucket holds, which is what an idle caller may spend at once; whole, from 1. */
  readonly burst: number;
  /** How many callers are remembered at most. */
  readonly bucketsMax?: number;
}

export type Taken =
  | { readonly allowed: true; readonly remaining: number }
  | { readonly allowed: false; readonly retryAfterMs: number };

export interface TokenBucket {
  /**
   * Takes a token out of the caller's bucket; a refused call takes none.
   *
   * @param caller an id or an address; never a secret, for it stays in memory a while
   */
  take(caller: string): Taken;
  /** Puts a token back that should not have counted. */
  giveBack(caller: string): void;
  /** How many callers are remembered. */
  readonly size: number;
  /** How many calls were refused since the start. */
  readonly refused: number;
}

const BUCKETS_MAX = 100_000;
/** More than one, so that the past is cleared away faster than newcomers can fill the memory. */
const DROPS_PER_TAKE = 2;
/** Time is counted in parts of a millisecond so small that a token takes a whole number of them: no rounding. */
const PARTS_PER_TOKEN = 60_000;

/**
 * A rate with room for a burst, for each caller. A full bucket need not be remembered, so those of idle callers are
 * dropped; only when more callers than can be remembered come within the time that a bucket takes to fill, the one that
 * was silent longest gets a full one early. A clock that jumps changes nothing.
 *
 * @throws RangeError unless rate, burst and memory are whole numbers from 1
 */
export function createTokenBucket(options: TokenBucketOptions): TokenBucket {
  const { perMinute, burst, bucketsMax = BUCKETS_MAX } = options;
  for (const number of [perMinute, burst, bucketsMax]) {
    if (!Number.isSafeInteger(number) || number < 1) {
      throw new RangeError(`a token bucket needs whole numbers from 1, not ${number}`);
    }
  }
  return new Buckets(options.clock, perMinute, burst, bucketsMax);
}

class Buckets implements TokenBucket {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #burst: number;
  readonly #most: number;
  /** When each bucket will be full, in parts; the caller that called last stands at the end. */
  readonly #fullAt = new Map<string, number>();
  refused = 0;

  constructor(clock: Clock, perMinute: number, burst: number, most: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
    this.#burst = burst;
    this.#most = most;
  }

  get size(): number {
    return this.#fullAt.size;
  }

  take(caller: string): Taken {
    const now = Math.floor(this.#clock.elapsed()) * this.#perMinute;
    const fullAt = Math.max(now, this.#fullAt.get(caller) ?? 0);
    const left = Math.floor(this.#burst - (fullAt - now) / PARTS_PER_TOKEN);
    // Out and in again: whoever called last stands last.
    this.#fullAt.delete(caller);
    this.#fullAt.set(caller, left < 1 ? fullAt : fullAt + PARTS_PER_TOKEN);
    this.#dropTheIdle(now);
    if (left >= 1) return { allowed: true, remaining: left - 1 };
    this.refused++;
    const missing = fullAt + PARTS_PER_TOKEN - this.#burst * PARTS_PER_TOKEN - now;
    return { allowed: false, retryAfterMs: Math.ceil(missing / this.#perMinute) };
  }

  giveBack(caller: string): void {
    const fullAt = this.#fullAt.get(caller);
    if (fullAt !== undefined) this.#fullAt.set(caller, fullAt - PARTS_PER_TOKEN);
  }

  #dropTheIdle(now: number): void {
    let drops = 0;
    for (const [caller, fullAt] of this.#fullAt) {
      if (drops === DROPS_PER_TAKE || (fullAt > now && this.#fullAt.size <= this.#most)) return;
      this.#fullAt.delete(caller);
      drops++;
    }
  }
}
