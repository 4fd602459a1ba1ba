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
}

export interface CommitOptions {
  /**
   * On a fault of the machine (disk full …) the promise is rejected either way. A kept commit stays
   * queued and is written as soon as the machine allows; any other is forgotten. `at best`: so is this, where too
   * many of its kind wait, for what callers can make as many of as they like.
   */
  readonly keep?: boolean | 'at best';
  /** The note of this name (see {@link CommitQueue.note}) has served its purpose with this commit. */
  readonly closes?: string;
  /** What it changes or deletes must not be found in the files any more, be it in the write-ahead log or in a free page. */
  readonly erases?: boolean;
}

export type WireCommit = readonly (readonly [number, number, readonly SQLInputValue[]])[];

export interface Batch {
  readonly declare: readonly (readonly [number, string])[];
  readonly commits: readonly WireCommit[];
  /** See {@link CommitOptions.erases}. */
  readonly erases: boolean;
}

/**
 * What crosses the thread border: text wherever that can be. An array of values takes ten times as long to be copied as
 * the same values in one string take to be written and read; only bytes and big integers cannot go that way.
 */
export type Parcel = string | Batch;

export function pack(batch: Batch): Parcel {
  const isText = batch.commits.every((commit) =>
    commit.every(([, , values]) => values.every(hasJson)),
  );
  return isText ? JSON.stringify(batch) : batch;
}

export function unpack(parcel: Parcel): Batch {
  return typeof parcel === 'string' ? (JSON.parse(parcel) as Batch) : parcel;
}

function hasJson(value: SQLInputValue): boolean {
  return value === null || typeof value === 'string' || typeof value === 'number';
}

export interface BatchResult {
  /** Index and reason of each commit that broke a rule. */
  readonly refused: readonly (readonly [number, string])[];
  /** A fault of the machine: nothing of the batch was written. */
  readonly fault: string | null;
}

interface Pending {
  readonly wire: WireCommit;
  readonly keep: boolean | 'at best';
  readonly erases: boolean;
  settled: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: Failure) => void;
}

/** Who waits for a write of our own. */
const nobody = (): undefined => undefined;

/** With this many commits in the last batch there is company to wait for: a write to disk costs the same for one or many. */
const BUSY_BATCH = 4;
/** After so many turns of the event loop without company there is none to come: a request takes a step in every other one. */
const QUIET_TURNS = 2;
/** The longest wait for company, however much of it keeps coming. */
const LINGER_MS = 4;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;
/** Some ten megabytes of them. */
const KEPT_AT_BEST = 10_000;

export interface CommitQueueOptions {
  readonly send: (batch: Batch) => void;
  readonly clock: Clock;
  /** Added to each attempt while the machine refuses writes, to see whether it still does. */
  readonly probe: Write;
  readonly notes: NoteStatements;
  /** Told once when the machine begins to refuse writes, and once when it takes them again. */
  readonly onState?: (state: 'ok' | 'failing', reason: string) => void;
}

/** How a bundle of notes is written and removed again. */
export interface NoteStatements {
  /** The first number that no bundle on disk has. */
  readonly firstBundle: number;
  /** @param text JSON: an array of `[name, value]` */
  insert(bundle: number, text: string): Write;
  remove(bundle: number): Write;
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
  /** Notes that are not on their way yet, by name. */
  #freshNotes = new Map<string, () => unknown>();
  /** The bundle that holds an open note, and how many of a bundle's notes are open. */
  readonly #bundleOf = new Map<string, number>();
  readonly #openInBundle = new Map<number, number>();
  #spentBundles: number[] = [];
  #nextBundle: number;
  #scheduled = false;
  /** Commits and notes asked for so far. */
  #asked = 0;
  #lastBatch = 0;
  #retryMs = RETRY_MS_MIN;
  #state: 'ok' | 'failing' = 'ok';
  #whenIdle: (() => void)[] = [];

  constructor(options: CommitQueueOptions) {
    this.#options = options;
    this.#nextBundle = options.notes.firstBundle;
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
        wire: writes.map((write) => this.#encode(write)),
        keep: options.keep ?? false,
        erases: options.erases ?? false,
        settled: false,
        resolve,
        reject,
      };
      if (options.closes !== undefined) this.#closeNote(options.closes);
      this.#pending.push(entry);
      this.#asked++;
      this.#schedule();
    });
  }

  /**
   * Puts something short on disk, as JSON, with the next batch, to be found by the next process if this one dies
   * before a commit closes it. Nobody waits for it. A note that is closed before its batch has left is
   * never written: it came and went between two commits, and `make` was not asked for what it says.
   */
  note(name: string, make: () => unknown): void {
    this.#freshNotes.set(name, make);
    this.#asked++;
    this.#schedule();
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
    if (this.#hasWork()) this.#schedule();
    else this.#tellIdle();
  }

  /** Resolves when nothing waits any more, or at once while the machine refuses writes. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve);
      if (!this.#hasWork() && this.#flying.length === 0) this.#tellIdle();
      else if (this.#state === 'failing') this.#tellIdle();
    });
  }

  #hasWork(): boolean {
    return this.#pending.length + this.#freshNotes.size + this.#spentBundles.length > 0;
  }

  #closeNote(name: string): void {
    if (this.#freshNotes.delete(name)) return;
    const bundle = this.#bundleOf.get(name);
    if (bundle === undefined) return;
    this.#bundleOf.delete(name);
    const open = (this.#openInBundle.get(bundle) ?? 1) - 1;
    if (open > 0) {
      this.#openInBundle.set(bundle, open);
      return;
    }
    this.#openInBundle.delete(bundle);
    this.#spentBundles.push(bundle);
  }

  /** Adds the notes of this moment as one row, and removes the rows whose notes are all closed. */
  #addNotes(): void {
    const { insert, remove } = this.#options.notes;
    if (this.#freshNotes.size > 0) {
      const bundle = this.#nextBundle++;
      this.#openInBundle.set(bundle, this.#freshNotes.size);
      const notes: [name: string, value: unknown][] = [];
      for (const [name, make] of this.#freshNotes) {
        this.#bundleOf.set(name, bundle);
        notes.push([name, make()]);
      }
      this.#addOwn(insert(bundle, JSON.stringify(notes)));
      this.#freshNotes = new Map();
    }
    for (const bundle of this.#spentBundles) this.#addOwn(remove(bundle));
    this.#spentBundles = [];
  }

  /** A write that nobody asked for: its failure is the state of the queue, told through `onState`. */
  #addOwn(write: Write, keep = true): void {
    const wire = [this.#encode(write)];
    const unheard = { settled: true, resolve: nobody, reject: nobody };
    this.#pending.push({ wire, keep, erases: false, ...unheard });
  }

  #schedule(): void {
    if (this.#scheduled || this.#flying.length > 0) return;
    this.#scheduled = true;
    const { clock } = this.#options;
    if (this.#state === 'failing') clock.after(this.#retryMs, () => this.#flush());
    else if (this.#lastBatch < BUSY_BATCH) setImmediate(() => this.#flush());
    else this.#gather(QUIET_TURNS, clock.elapsed() + LINGER_MS);
  }

  /**
   * Waits while turns of the event loop bring more; where some in a row bring nothing, all wait for us.
   *
   * @param turns so many that bring nothing are still waited for
   */
  #gather(turns: number, until: number): void {
    const asked = this.#asked;
    setImmediate(() => {
      const left = this.#asked === asked ? turns - 1 : QUIET_TURNS;
      if (left === 0 || this.#options.clock.elapsed() >= until) this.#flush();
      else this.#gather(left, until);
    });
  }

  #flush(): void {
    this.#addNotes();
    if (this.#state === 'failing') this.#addOwn(this.#options.probe, false);
    this.#flying = this.#pending;
    this.#pending = [];
    const commits = this.#flying.map(({ wire }) => wire);
    this.#lastBatch = commits.length;
    this.#scheduled = false;
    const declare = this.#declare;
    this.#declare = [];
    const erases = this.#flying.some((entry) => entry.erases);
    this.#options.send({ declare, commits, erases });
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
    let room = KEPT_AT_BEST;
    this.#pending = [...batch, ...this.#pending].filter(
      ({ keep }) => keep === true || (keep === 'at best' && room-- > 0),
    );
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
