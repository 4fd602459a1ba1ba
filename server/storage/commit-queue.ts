import type { SQLInputValue } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { bindable } from './connection.ts';

/** One statement to run. Rooms make them; whoever holds the whole act commits them together. */
export interface Write {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** How many rows must change; anything else undoes the whole commit. */
  readonly rows?: number;
  /**
   * Names something that a later write `closes`. If that write is asked for while this one has not
   * left for the disk yet, both are dropped: the thing came and went between two commits.
   */
  readonly opens?: string;
  readonly closes?: string;
}

export interface CommitOptions {
  /**
   * On a fault of the machine (disk full …) the promise is rejected either way. A kept commit stays
   * queued and is written as soon as the machine allows; any other is forgotten.
   */
  readonly keep?: boolean;
}

export type WireCommit = readonly (readonly [number, number, readonly SQLInputValue[]])[];

export interface Batch {
  readonly declare: readonly (readonly [number, string])[];
  readonly commits: readonly WireCommit[];
}

export interface BatchResult {
  /** Index and reason of each commit that broke a rule. */
  readonly refused: readonly (readonly [number, string])[];
  /** A fault of the machine: nothing of the batch was written. */
  readonly fault: string | null;
}

interface Pending {
  wire: WireCommit;
  readonly keep: boolean;
  settled: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: Failure) => void;
}

/** The probe's failure is the state of the queue itself, which is told through `onState`. */
const ignoreProbe = (): undefined => undefined;

/** With this many commits in the last batch the disk is busy, and waiting a little saves work. */
const BUSY_BATCH = 4;
const LINGER_MS = 4;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;

export interface CommitQueueOptions {
  readonly send: (batch: Batch) => void;
  readonly clock: Clock;
  /** Added to each attempt while the machine refuses writes, to see whether it still does. */
  readonly probe: Write;
  /** Told once when the machine begins to refuse writes, and once when it takes them again. */
  readonly onState?: (state: 'ok' | 'failing', reason: string) => void;
}

/**
 * Collects the commits of a moment into one transaction. One batch is under way at a time; what is
 * asked for meanwhile forms the next, so batches grow with the load and shrink to one when idle.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #statementIds = new Map<string, number>();
  #declare: [number, string][] = [];
  #pending: Pending[] = [];
  #flying: Pending[] = [];
  readonly #opened = new Map<string, Pending>();
  #scheduled = false;
  #lastBatch = 0;
  #retryMs = RETRY_MS_MIN;
  #state: 'ok' | 'failing' = 'ok';
  #whenIdle: (() => void)[] = [];

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  get state(): 'ok' | 'failing' {
    return this.#state;
  }

  /**
   * @returns when the writes are durable, all of them or none
   * @throws Failure `conflict` if a rule of the schema or an expected row count was broken,
   *   `storage_unavailable` if the machine cannot write now
   */
  commit(writes: readonly Write[], options: CommitOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry: Pending = {
        wire: this.#withoutClosedPairs(writes).map((write) => this.#encode(write)),
        keep: options.keep === true,
        settled: false,
        resolve,
        reject,
      };
      const opens = writes.length === 1 ? writes[0]?.opens : undefined;
      if (opens !== undefined) this.#opened.set(opens, entry);
      this.#pending.push(entry);
      this.#schedule();
    });
  }

  /** Takes the answer of the writer for the batch under way. */
  onResult(result: BatchResult): void {
    const batch = this.#flying;
    this.#flying = [];
    if (result.fault !== null) {
      this.#onFault(batch, result.fault);
      return;
    }
    this.#retryMs = RETRY_MS_MIN;
    this.#changeState('ok', 'the database takes writes again');
    const refused = new Map(result.refused);
    batch.forEach((entry, index) => {
      const reason = refused.get(index);
      if (entry.settled) return;
      if (reason === undefined) entry.resolve();
      else entry.reject(new Failure('conflict', { detail: reason }));
    });
    if (this.#pending.length > 0) this.#schedule();
    else this.#tellIdle();
  }

  /** Resolves when nothing waits any more, or at once while the machine refuses writes. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve);
      if (this.#pending.length === 0 && this.#flying.length === 0) this.#tellIdle();
      else if (this.#state === 'failing') this.#tellIdle();
    });
  }

  #withoutClosedPairs(writes: readonly Write[]): readonly Write[] {
    for (const write of writes) {
      if (write.closes === undefined) continue;
      const opening = this.#opened.get(write.closes);
      if (opening === undefined) continue;
      this.#opened.delete(write.closes);
      opening.wire = [];
      return writes.filter((other) => other !== write);
    }
    return writes;
  }

  #schedule(): void {
    if (this.#scheduled || this.#flying.length > 0) return;
    this.#scheduled = true;
    if (this.#state === 'failing') this.#options.clock.after(this.#retryMs, () => this.#flush());
    else if (this.#lastBatch < BUSY_BATCH) setImmediate(() => this.#flush());
    else this.#options.clock.after(LINGER_MS, () => this.#flush());
  }

  #flush(): void {
    this.#opened.clear();
    if (this.#state === 'failing') void this.commit([this.#options.probe]).catch(ignoreProbe);
    this.#flying = this.#pending;
    this.#pending = [];
    const commits = this.#flying.map(({ wire }) => wire);
    this.#lastBatch = commits.length;
    this.#scheduled = false;
    const declare = this.#declare;
    this.#declare = [];
    this.#options.send({ declare, commits });
  }

  #encode(write: Write): readonly [number, number, readonly SQLInputValue[]] {
    let id = this.#statementIds.get(write.sql);
    if (id === undefined) {
      id = this.#statementIds.size;
      this.#statementIds.set(write.sql, id);
      this.#declare.push([id, write.sql]);
    }
    return [id, write.rows ?? -1, bindable(write.parameters)];
  }

  #onFault(batch: readonly Pending[], reason: string): void {
    this.#changeState('failing', reason);
    for (const entry of [...batch, ...this.#pending]) {
      if (entry.settled) continue;
      entry.settled = true;
      entry.reject(new Failure('storage_unavailable', { detail: reason }));
    }
    this.#pending = [...batch, ...this.#pending].filter((entry) => entry.keep);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
    this.#schedule();
    this.#tellIdle();
  }

  #changeState(state: 'ok' | 'failing', reason: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState?.(state, reason);
  }

  #tellIdle(): void {
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const tell of waiting) tell();
  }
}
