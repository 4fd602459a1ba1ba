/**
 * The threads that read. A question waits until a thread is free; the same question asked again meanwhile is answered
 * with it, which is no older than if it had been asked alone. One that somebody waits for may be given up: SQLite cannot
 * be interrupted from here, so its thread is left to end by itself and another one takes its place.
 */
import type { Worker } from 'node:worker_threads';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { ReadReply } from './sqlite-reader.ts';
import { hear, startWorker, stopWorker } from './workers.ts';

/** One long question must not make everybody else wait; more threads than cores would only wait for each other. */
const THREADS_MAX = 2;
/** Another thread takes longer than this to start, and most questions less to be answered: it is for those that wait on. */
const PATIENCE_MS = 10;
/** Threads that were given up and still work. Beyond these, no other is started until one of them has ended. */
const ABANDONED_MAX = 4;

interface Question {
  readonly key: string;
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly answered: PromiseWithResolvers<readonly unknown[]>;
  /** Forgets the deadline. */
  stopClock: () => void;
}

interface Thread {
  readonly worker: Worker;
  question: Question | null;
}

export interface ReadersOptions {
  readonly file: string;
  readonly clock: Pick<Clock, 'after'>;
}

/** @throws Failure `storage_unavailable` if the database cannot be read, or not in the time that there is */
export type Read = (sql: string, parameters: readonly unknown[]) => Promise<readonly unknown[]>;

export class Readers {
  readonly #options: ReadersOptions;
  readonly #threads = new Set<Thread>();
  /** Questions that no thread has begun, in their order. */
  readonly #waiting = new Map<string, Question>();
  readonly #abandoned = new Set<Promise<unknown>>();
  readonly #starting = new Set<Promise<void>>();
  #isPatient = false;
  #isClosing = false;

  private constructor(options: ReadersOptions) {
    this.#options = options;
  }

  static async start(options: ReadersOptions): Promise<Readers> {
    const readers = new Readers(options);
    await readers.#open();
    return readers;
  }

  /** @param limitMs what the answer is worth waiting for, the wait for a thread included; null: as long as it takes */
  within(limitMs: number | null): Read {
    return (sql, parameters) => this.#read(sql, parameters, limitMs);
  }

  #read(
    sql: string,
    parameters: readonly unknown[],
    limitMs: number | null,
  ): Promise<readonly unknown[]> {
    if (this.#isClosing) return Promise.reject(unreadable('the database is closed'));
    const key = keyOf(sql, parameters, limitMs);
    const known = this.#waiting.get(key);
    if (known !== undefined) return known.answered.promise;
    const question: Question = {
      ...{ key, sql, parameters },
      answered: Promise.withResolvers(),
      stopClock: () => undefined,
    };
    if (limitMs !== null) {
      question.stopClock = this.#options.clock.after(limitMs, () => this.#giveUp(question));
    }
    this.#waiting.set(key, question);
    this.#next();
    return question.answered.promise;
  }

  /** Answers what was asked, then ends the threads. Those that were given up are waited for too: the file is theirs. */
  async close(): Promise<void> {
    for (let open = this.#unanswered(); open.length > 0; open = this.#unanswered()) {
      await Promise.allSettled(open.map(({ answered }) => answered.promise));
    }
    this.#isClosing = true;
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#threads].map(({ worker }) => stopWorker(worker)));
    await Promise.all(this.#abandoned);
  }

  #unanswered(): readonly Question[] {
    const begun = [...this.#threads].flatMap(({ question }) => question ?? []);
    return [...this.#waiting.values(), ...begun];
  }

  #open(): Promise<void> {
    const opening = this.#startThread().finally(() => this.#starting.delete(opening));
    this.#starting.add(opening);
    return opening;
  }

  async #startThread(): Promise<void> {
    const worker = await startWorker('./sqlite-reader.ts', this.#options.file);
    const thread: Thread = { worker, question: null };
    hear(worker, (reply: ReadReply) => this.#answer(thread, reply));
    this.#threads.add(thread);
    this.#next();
  }

  #next(): void {
    for (const thread of this.#threads) {
      if (thread.question !== null) continue;
      const [question] = this.#waiting.values();
      if (question === undefined) return;
      this.#waiting.delete(question.key);
      thread.question = question;
      const { sql, parameters } = question;
      thread.worker.postMessage({ sql, parameters });
    }
    if (this.#threads.size + this.#starting.size === 0) this.#grow();
    else if (this.#waiting.size > 0) this.#growInTime();
  }

  #growInTime(): void {
    if (this.#isPatient) return;
    this.#isPatient = true;
    this.#options.clock.after(PATIENCE_MS, () => {
      this.#isPatient = false;
      this.#grow();
    });
  }

  #grow(): void {
    if (this.#waiting.size === 0 || this.#isClosing) return;
    if (this.#abandoned.size > ABANDONED_MAX) return;
    if (this.#threads.size + this.#starting.size >= THREADS_MAX) return;
    this.#open().catch((error: Error) => this.#staysSmall(error));
  }

  /** Those that work go on; if there are none, nobody would ever answer. */
  #staysSmall({ message }: Error): void {
    if (this.#threads.size + this.#starting.size > 0) return;
    for (const { answered, stopClock } of this.#waiting.values()) {
      stopClock();
      answered.reject(unreadable(message));
    }
    this.#waiting.clear();
  }

  #answer(thread: Thread, reply: ReadReply): void {
    const { question } = thread;
    thread.question = null;
    if (question === null) return;
    question.stopClock();
    if (reply.error === null) question.answered.resolve(rowsOf(reply));
    else question.answered.reject(unreadable(reply.error));
    this.#next();
  }

  #giveUp(question: Question): void {
    question.answered.reject(
      new Failure('storage_unavailable', {
        sentence: 'This question takes the database too long. Ask for a shorter range, or later.',
        detail: `given up: ${question.sql.slice(0, 200)}`,
      }),
    );
    if (this.#waiting.get(question.key) === question) {
      this.#waiting.delete(question.key);
      return;
    }
    for (const thread of this.#threads) {
      if (thread.question === question) this.#abandon(thread);
    }
  }

  #abandon(thread: Thread): void {
    this.#threads.delete(thread);
    thread.worker.removeAllListeners('message');
    // Comes true when the statement has ended, at the latest.
    const ended = thread.worker.terminate().finally(() => {
      this.#abandoned.delete(ended);
      this.#next();
    });
    this.#abandoned.add(ended);
    this.#next();
  }
}

function keyOf(sql: string, parameters: readonly unknown[], limitMs: number | null): string {
  return `${limitMs} ${sql} ${JSON.stringify(parameters, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))}`;
}

function rowsOf({ rows }: ReadReply): readonly unknown[] {
  return typeof rows === 'string' ? (JSON.parse(rows) as unknown[]) : rows;
}

export function unreadable(detail: string): Failure {
  return new Failure('storage_unavailable', {
    sentence: 'The database cannot be read now.',
    detail,
  });
}

/** Without it the builder would hand over one query at a time, and most threads would have nothing to do. */
class ReadingAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** Lets Kysely build queries for SQLite, and has those that read answered. */
export class ReadingDialect implements Dialect {
  readonly #connection: ReadingConnection;

  constructor(read: Read) {
    this.#connection = new ReadingConnection(read);
  }

  createDriver(): Driver {
    const refuse = async (): Promise<never> => {
      throw new Error('writes go through storage.commit');
    };
    const nothing = async (): Promise<void> => undefined;
    return {
      init: nothing,
      acquireConnection: async () => this.#connection,
      beginTransaction: refuse,
      commitTransaction: refuse,
      rollbackTransaction: refuse,
      releaseConnection: nothing,
      destroy: nothing,
    };
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): SqliteAdapter {
    return new ReadingAdapter();
  }

  createIntrospector(db: Kysely<unknown>): SqliteIntrospector {
    return new SqliteIntrospector(db);
  }
}

class ReadingConnection implements DatabaseConnection {
  readonly #read: Read;

  constructor(read: Read) {
    this.#read = read;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    return { rows: (await this.#read(sql, parameters)) as R[] };
  }

  // An open cursor would pin the write-ahead log and let it grow without bound.
  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('page through large results by key instead of holding a cursor open');
  }
}
