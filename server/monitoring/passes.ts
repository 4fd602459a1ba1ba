/** Goes through whatever is due until nothing is, several keys at once and none of them twice. */
import type { Clock } from '../clock.ts';
import { toFailure } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Lanes } from './lanes.ts';
import type { KeyRow, Timetable } from './timetable.ts';
import type { Work } from './work.ts';

export interface PassReport {
  /** Keys whose turn came to its end, and those whose turn broke off. */
  readonly done: number;
  readonly broken: number;
  readonly tookMs: number;
}

export interface Passes {
  /**
   * One pass; whoever asks while one is under way gets that one, which then also takes up what is new or due by now.
   * Never rejects.
   */
  run(): Promise<PassReport>;
  /** Resolves when no pass is under way. */
  idle(): Promise<void>;
  /** Begins no more keys, and waits for those under way, but not for slow ones. */
  close(): Promise<void>;
}

export interface PassesDeps {
  readonly timetable: Timetable;
  readonly work: Work;
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** Brings the timetable in line with the keys that there are. */
  readonly align: () => Promise<void>;
}

/** Keys under way at once, at all hosts together. */
const CONCURRENT = 96;
/** How long a shutdown waits for answers of providers. */
const PATIENCE_MS = 2_000;
/** Keys claimed at a time: few, so that one host never gets far more than its share. */
const CLAIM = 16;

export function createPasses(deps: PassesDeps): Passes {
  let underWay: Promise<PassReport> | null = null;
  let isClosed = false;
  const door = new Door();
  const run = (): Promise<PassReport> => {
    door.knock();
    underWay ??= onePass(deps, door, () => isClosed).finally(() => {
      underWay = null;
    });
    return underWay;
  };
  const idle = async (): Promise<void> => {
    await underWay;
  };
  return {
    run,
    idle,
    async close() {
      isClosed = true;
      const { promise: patience, resolve } = Promise.withResolvers<void>();
      const callOff = deps.clock.after(PATIENCE_MS, resolve);
      await Promise.race([idle(), patience]);
      callOff();
    },
  };
}

/** Where somebody knocks who wants to be heard by the pass that is under way. */
class Door {
  #next = Promise.withResolvers<void>();
  #isKnocked = false;

  knock(): void {
    this.#isKnocked = true;
    this.#next.resolve();
  }

  /** Resolves with the first knock that was not answered. */
  knocked(): Promise<void> {
    return this.#next.promise;
  }

  /** Was there a knock that was not answered? */
  get isKnocked(): boolean {
    return this.#isKnocked;
  }

  answer(): void {
    this.#isKnocked = false;
    this.#next = Promise.withResolvers();
  }
}

async function onePass(deps: PassesDeps, door: Door, isClosed: () => boolean): Promise<PassReport> {
  const { clock, log } = deps;
  const startedAt = clock.elapsed();
  const crew = new Crew(deps, isClosed);
  try {
    for (let isAtWork = false; isAtWork || door.isKnocked; ) {
      // Once for each knock and no more often, for it looks at all keys.
      if (door.isKnocked) {
        door.answer();
        await deps.align();
      }
      isAtWork = await crew.takeMore();
      if (isAtWork) await crew.someoneFree(door.knocked());
    }
  } catch (error) {
    // The next pass tries again; what was claimed is free when its lease ends.
    log.warn({ err: error }, 'the monitor could not go on with its round');
  }
  await crew.allFree();
  const { done, broken } = crew;
  return { done, broken, tookMs: Math.round(clock.elapsed() - startedAt) };
}

/** The keys under way. */
class Crew {
  readonly #deps: PassesDeps;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #isClosed: () => boolean;
  done = 0;
  broken = 0;

  constructor(deps: PassesDeps, isClosed: () => boolean) {
    this.#deps = deps;
    this.#isClosed = isClosed;
  }

  /** @returns false if nothing more is to be done and nobody is at work */
  async takeMore(): Promise<boolean> {
    const { timetable, lanes } = this.#deps;
    while (!this.#isClosed() && this.#busy.size <= CONCURRENT - CLAIM) {
      const closed = lanes.closed();
      const claimed = await timetable.claim(CLAIM, closed);
      for (const row of claimed) this.#start(row);
      if (claimed.length < CLAIM && !this.#isForsaken(closed)) break;
    }
    return this.#busy.size > 0;
  }

  /** Nobody is at work any more, and a host that was left out when we asked, because it had its share, is free by now. */
  #isForsaken(leftOut: readonly string[]): boolean {
    const closed = this.#deps.lanes.closed();
    return this.#busy.size === 0 && leftOut.some((lane) => !closed.includes(lane));
  }

  #start(row: KeyRow): void {
    const id = row.provider_key_id;
    const { lanes } = this.#deps;
    lanes.enter(row.lane);
    // A key may have changed, or the clock jumped, while it is worked on: that work counts no more, and is done again.
    const before = this.#busy.get(id) ?? Promise.resolve();
    const turn = before
      .then(() => this.#turn(row))
      .finally(() => {
        lanes.leave(row.lane);
        if (this.#busy.get(id) === turn) this.#busy.delete(id);
      });
    this.#busy.set(id, turn);
  }

  async #turn(row: KeyRow): Promise<void> {
    const { work, log } = this.#deps;
    try {
      await work.turn(row);
      this.done++;
    } catch (error) {
      this.broken++;
      // Another instance took over and its reading counts, or we are going.
      if (['conflict', 'shutting_down'].includes(toFailure(error).code)) return;
      log.warn({ err: error, key: row.provider_key_id }, 'a provider key could not be checked');
    }
  }

  /**
   * Room for another claim where many are at work, for one more key where few are: each claim costs a commit. Also
   * resolves when somebody knocks: a host that takes long to answer keeps nobody waiting.
   */
  async someoneFree(knocked: Promise<void>): Promise<void> {
    let isKnocked = false;
    const heard = knocked.then(() => {
      isKnocked = true;
    });
    const { size } = this.#busy;
    const enough = size > CLAIM ? size - CLAIM : size - 1;
    while (this.#busy.size > enough && !isKnocked) {
      await Promise.race([heard, ...this.#busy.values()]);
    }
  }

  async allFree(): Promise<void> {
    await Promise.all(this.#busy.values());
  }
}
