/**
 * A lane for each host that is asked about keys: how many checks may be under way there at once, how many calls may go
 * out in a second, and for how long it wants to be left alone.
 */
import { type Clock, HOUR_MS } from '../clock.ts';

export interface LaneRules {
  /** Calls to one host in any second. */
  readonly perSecond: number;
  /** Checks under way at one host. */
  readonly concurrent: number;
}

export interface Lanes {
  /** Resolves when the next call to this host may go out; whoever made it says when it is over. */
  turn(lane: string): Promise<() => void>;
  /** Counts a check as under way at this host until `leave`. */
  enter(lane: string): void;
  leave(lane: string): void;
  /** Hosts that take no further check now. */
  closed(): readonly string[];
  /** In how many milliseconds the first of those that want to be left alone is open again; null: there are none. */
  reopensIn(): number | null;
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
const LONGEST_PAUSE_MS = HOUR_MS;
/** A call counts for so long after it is over; see {@link Lane.turn}. */
const SECOND_MS = 1_000;

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
    reopensIn() {
      const waits = [...lanes.values()].map((lane) => lane.pausedFor()).filter((ms) => ms > 0);
      return waits.length === 0 ? null : Math.min(...waits);
    },
    closed: () => [...lanes].filter(([, lane]) => lane.isClosed()).map(([name]) => name),
    limited: (name, retryAfterMs) => laneOf(name).limited(retryAfterMs),
    answered: (name) => laneOf(name).answered(),
  };
}

class Lane {
  readonly #clock: Clock;
  readonly #rules: LaneRules;
  readonly #waiting: (() => void)[] = [];
  #callsUnderWay = 0;
  /** Until when each call that is over counts, by the clock that never jumps; ascending. */
  readonly #counting: number[] = [];
  #isTimed = false;
  #pausedUntil = 0;
  #limitedInARow = 0;
  active = 0;

  constructor(clock: Clock, rules: LaneRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  isClosed(): boolean {
    return this.active >= this.#rules.concurrent || this.pausedFor() > 0;
  }

  pausedFor(): number {
    return Math.max(0, this.#pausedUntil - this.#clock.elapsed());
  }

  isAtRest(): boolean {
    this.#forget(this.#clock.elapsed());
    const calls = this.#callsUnderWay + this.#counting.length + this.#waiting.length;
    return this.active + calls + this.#limitedInARow === 0 && this.pausedFor() === 0;
  }

  /**
   * A call counts from when it goes out until a second after its answer came. When it reached the host lies somewhere
   * between, so however slow the way is, no second there sees more calls than the rate.
   */
  turn(): Promise<() => void> {
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        this.#callsUnderWay++;
        resolve(() => this.#over());
      });
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

  #over(): void {
    this.#callsUnderWay--;
    this.#counting.push(this.#clock.elapsed() + SECOND_MS);
    this.#serve();
  }

  /** Lets as many go as may, and comes back for the rest. */
  #serve(): void {
    const now = this.#clock.elapsed();
    this.#forget(now);
    while (this.#callsUnderWay + this.#counting.length < this.#rules.perSecond) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      next();
    }
    const [first] = this.#counting;
    if (this.#isTimed || this.#waiting.length === 0 || first === undefined) return;
    this.#isTimed = true;
    this.#clock.after(Math.max(1, Math.ceil(first - now)), () => {
      this.#isTimed = false;
      this.#serve();
    });
  }

  #forget(now: number): void {
    const fresh = this.#counting.findIndex((until) => until > now);
    this.#counting.splice(0, fresh < 0 ? this.#counting.length : fresh);
  }
}
