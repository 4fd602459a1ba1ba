import type { Clock } from '../clock.ts';

/**
 * How fast this time runs while it is ahead of the clock on the wall. Under 1, so that the lead melts away: a step back
 * of ten minutes is made good after a hundred, and windows are a ninth longer meanwhile, never shorter.
 */
const PACE_AHEAD = 0.9;

/**
 * The time that decides windows. It is the wall's, but never goes back, so that no window begins twice. Where the wall
 * jumps back, it goes on from the latest instant seen, by the clock that never jumps, until the wall has caught up:
 * nobody gets a second window's worth, and nobody waits for the wall to pass the same hour again.
 */
export class SteadyTime {
  readonly #clock: Clock;
  #latest = 0;
  /** The reading of the clock that never jumps at which `#latest` was right; null unless it is ahead of the wall. */
  #aheadAt: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the epoch; fractions while ahead of the wall. */
  now(): number {
    const wall = this.#clock.now();
    if (wall >= this.#latest) {
      this.#latest = wall;
      this.#aheadAt = null;
      return wall;
    }
    const tick = this.#clock.elapsed();
    if (this.#aheadAt !== null) this.#latest += (tick - this.#aheadAt) * PACE_AHEAD;
    this.#aheadAt = tick;
    return this.#latest;
  }

  /** Takes note of an instant that something on record bears: it has been, whatever the wall says. */
  saw(instant: number): void {
    this.#latest = Math.max(this.#latest, instant);
  }

  /** How long one has to wait, in whole milliseconds, for this time to advance so far. */
  waitFor(ms: number): number {
    return Math.ceil(this.#aheadAt === null ? ms : ms / PACE_AHEAD);
  }
}
