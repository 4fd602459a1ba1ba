/**
 * A lane for each host that is asked about keys: how many checks may be under way there at once, how many calls may go
 * out in a second, and for how long it wants to be left alone.
 */
import type { Clock } from '../clock.ts';

export interface LaneRules {
  /** Calls to one host in any second. */
  readonly perSecond: number;
  /** Checks under way at one host. */
  readonly concurrent: number;
}

export interface Lanes {
  /** Resolves when the next call to this host may go out. */
  turn(lane: string): Promise<void>;
  /** Counts a check as under way at this host until `leave`. */
  enter(lane: string): void;
  leave(lane: string): void;
  /** Hosts that take no further check now. */
  closed(): readonly string[];
  /** The host said that it is asked too often. @param retryAfterMs how long to leave it alone; null: not told */
  limited(lane: string, retryAfterMs: number | null): void;
  /** The host answered as usual. */
  answered(lane: string): void;
}

/**
 * One refusal may be about one key; so many in a row with no other answer between are about us, and then all of the
 * host's keys wait.
 */
const LIMITED_IN_A_ROW = 3;
const PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** The second over which calls are counted is this much longer, for calls that overtake each other on their way. */
const SECOND_MS = 1_050;

export function createLanes(clock: Clock, rules: LaneRules): Lanes {
  const lanes = new Map<string, Lane>();
  const laneOf = (name: string): Lane => {
    let lane = lanes.get(name);
    if (lane === undefined) {
      lane = new Lane(clock, rules);
      lanes.set(name, lane);
    }
    return lane;
  };
  return {
    turn: (name) => laneOf(name).turn(),
    enter(name) {
      laneOf(name).active++;
    },
    leave(name) {
      const lane = laneOf(name);
      lane.active--;
      // A host that is at rest is forgotten, so that hosts of deleted keys do not add up.
      if (lane.isAtRest()) lanes.delete(name);
    },
    closed: () => [...lanes].filter(([, lane]) => lane.isClosed()).map(([name]) => name),
    limited: (name, retryAfterMs) => laneOf(name).limited(retryAfterMs),
    answered: (name) => laneOf(name).answered(),
  };
}

class Lane {
  readonly #clock: Clock;
  readonly #rules: LaneRules;
  /** When the last calls went out, by the clock that never jumps; as many as may go in a second. */
  readonly #sent: number[] = [];
  readonly #waiting: (() => void)[] = [];
  #isTimed = false;
  #pausedUntil = 0;
  #limitedInARow = 0;
  active = 0;

  constructor(clock: Clock, rules: LaneRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  isClosed(): boolean {
    return this.active >= this.#rules.concurrent || this.#pausedUntil > this.#clock.elapsed();
  }

  isAtRest(): boolean {
    const now = this.#clock.elapsed();
    const hasSentLately = (this.#sent.at(-1) ?? Number.NEGATIVE_INFINITY) > now - SECOND_MS;
    const isPaused = this.#pausedUntil > now;
    const isIdle = this.active === 0 && this.#waiting.length === 0;
    return isIdle && !hasSentLately && !isPaused && this.#limitedInARow === 0;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#serve();
    });
  }

  limited(retryAfterMs: number | null): void {
    this.#limitedInARow++;
    if (this.#limitedInARow < LIMITED_IN_A_ROW) return;
    const pauseMs = Math.min(retryAfterMs ?? PAUSE_MS, LONGEST_PAUSE_MS);
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.elapsed() + pauseMs);
  }

  answered(): void {
    this.#limitedInARow = 0;
  }

  /** Lets as many go as may, and comes back for the rest. */
  #serve(): void {
    if (this.#isTimed) return;
    const now = this.#clock.elapsed();
    while (this.#waiting.length > 0 && this.#freeAt() <= now) {
      this.#sent.push(now);
      if (this.#sent.length > this.#rules.perSecond) this.#sent.shift();
      this.#waiting.shift()?.();
    }
    if (this.#waiting.length === 0) return;
    this.#isTimed = true;
    this.#clock.after(Math.max(1, this.#freeAt() - now), () => {
      this.#isTimed = false;
      this.#serve();
    });
  }

  /** When the next call may go: a second after the one that would otherwise be one too many in that second. */
  #freeAt(): number {
    const oldest = this.#sent[0];
    if (oldest === undefined || this.#sent.length < this.#rules.perSecond) return 0;
    return oldest + SECOND_MS;
  }
}
