import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteDialect,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { Migrator } from 'kysely/migration';
import { Failure } from '../failure.ts';
import { CommitQueue, pack } from './commit-queue.ts';
import { bindable, Connection } from './connection.ts';
import { migrations } from './migrations/migrations.ts';
import type { ReadReply } from './sqlite-reader.ts';
import type { DerivationOrder } from './sqlite-writer.ts';
import type { Database, LeftNote, Storage, StorageOptions } from './storage.ts';

/** Opens (and if need be creates and migrates) the database, alone: a second process is refused. */
export async function openSqlite(options: StorageOptions): Promise<Storage> {
  const lock = takeLock(options.file);
  try {
    await migrate(options.file);
    const reader = await Reader.start(options.file);
    const db = new Kysely<Database>({ dialect: new ReadingDialect(reader) });
    const left = await readLeftNotes(db);
    const writer = await Writer.start(options, left.lastBundle + 1);
    return {
      db,
      commit: (writes, commitOptions) => writer.queue.commit(writes, commitOptions),
      note: (name, make) => writer.queue.note(name, make),
      derive: (insert, module) => writer.derive({ insert, module: module.href }),
      leftNotes: left.notes,
      forgetLeftNotes: {
        sql: 'delete from open_notes where bundle <= ?',
        parameters: [left.lastBundle],
      },
      state: () => writer.queue.state,
      async close() {
        await writer.queue.idle();
        await db.destroy();
        await reader.close();
        await writer.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * Opens the database to look at it, also while a server works on it: nothing is locked, migrated or written.
 *
 * @throws Error if the file is not there or is no database
 */
export async function openToRead(file: string): Promise<Pick<Storage, 'db' | 'close'>> {
  const reader = await Reader.start(file);
  const db = new Kysely<Database>({ dialect: new ReadingDialect(reader) });
  return {
    db,
    async close() {
      await db.destroy();
      await reader.close();
    },
  };
}

async function readLeftNotes(
  db: Kysely<Database>,
): Promise<{ notes: readonly LeftNote[]; lastBundle: number }> {
  const rows = await db.selectFrom('open_notes').selectAll().orderBy('bundle').execute();
  const notes = rows.flatMap((row) => JSON.parse(row.notes) as [string, unknown][]);
  return {
    notes: notes.map(([name, value]) => ({ name, value })),
    lastBundle: rows.at(-1)?.bundle ?? 0,
  };
}

/** Another process works on the database. */
export class DatabaseInUse extends Error {}

/**
 * A second small database, locked for as long as we live: the system lets go of it even if the
 * process is killed, so there is no stale lock to clear away.
 */
function takeLock(file: string): DatabaseSync {
  const lock = new DatabaseSync(`${file}.lock`);
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
  } catch (error) {
    lock.close();
    throw new DatabaseInUse(`another process is using ${file}; stop it first`, { cause: error });
  }
  return lock;
}

/** SQLite can undo changes of the schema, so a failed migration leaves nothing behind. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class MigrationDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

async function migrate(file: string): Promise<void> {
  // The file is made first so that only its owner may read it.
  writeFileSync(file, '', { flag: 'a', mode: 0o600 });
  const connection = new Connection(file, 'writer');
  const dialect = new MigrationDialect({
    database: {
      close: () => connection.close(),
      prepare(text) {
        const statement = connection.prepare(text);
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...bindable(parameters)),
          run: (parameters) => statement.run(...bindable(parameters)),
          iterate: (parameters) => statement.iterate(...bindable(parameters)),
        };
      },
    },
  });
  const db = new Kysely<unknown>({ dialect });
  try {
    const provider = { getMigrations: async () => ({ ...migrations }) };
    const { error } = await new Migrator({ db, provider }).migrateToLatest();
    if (error !== undefined)
      throw new Error('the database could not be migrated', { cause: error });
  } finally {
    await db.destroy();
  }
}

/** Starts a worker and waits until it has its connection. */
async function startWorker(entry: string, file: string): Promise<Worker> {
  const worker = new Worker(new URL(entry, import.meta.url), { workerData: { file } });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
  worker.removeAllListeners('error');
  // A dead database thread ends the process. The next start recovers; going on half-alive would not.
  worker.on('error', (error) => {
    throw error;
  });
  return worker;
}

async function stopWorker(worker: Worker): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
  });
  worker.postMessage('close');
  await ended;
}

class Writer {
  readonly queue: CommitQueue;
  readonly #worker: Worker;

  private constructor(worker: Worker, options: StorageOptions, firstBundle: number) {
    this.#worker = worker;
    this.queue = new CommitQueue({
      send: (batch) => worker.postMessage(pack(batch)),
      clock: options.clock,
      probe: {
        sql: 'insert into storage_probe (id, at) values (1, 1) on conflict (id) do update set at = at + 1',
        parameters: [],
      },
      notes: {
        firstBundle,
        insert: (bundle, text) => ({
          sql: 'insert into open_notes (bundle, notes) values (?, ?)',
          parameters: [bundle, text],
        }),
        remove: (bundle) => ({
          sql: 'delete from open_notes where bundle = ?',
          parameters: [bundle],
        }),
      },
      ...(options.onState === undefined ? {} : { onState: options.onState }),
    });
    worker.on('message', (result) => this.queue.onResult(result));
  }

  static async start(options: StorageOptions, firstBundle: number): Promise<Writer> {
    return new Writer(await startWorker('./sqlite-writer.ts', options.file), options, firstBundle);
  }

  derive(order: DerivationOrder): void {
    this.#worker.postMessage(order);
  }

  close(): Promise<void> {
    return stopWorker(this.#worker);
  }
}

class Reader {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (reply: ReadReply) => void>();
  #next = 0;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: ReadReply) => {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
  }

  static async start(file: string): Promise<Reader> {
    return new Reader(await startWorker('./sqlite-reader.ts', file));
  }

  async read(sql: string, parameters: readonly unknown[]): Promise<readonly unknown[]> {
    const id = this.#next++;
    const reply = await new Promise<ReadReply>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ id, sql, parameters });
    });
    if (reply.error !== null) {
      throw new Failure('storage_unavailable', {
        sentence: 'The database cannot be read now.',
        detail: reply.error,
      });
    }
    return reply.rows;
  }

  close(): Promise<void> {
    return stopWorker(this.#worker);
  }
}

/** Lets Kysely build queries for SQLite and sends those that read to the reader thread. */
class ReadingDialect implements Dialect {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  createDriver(): Driver {
    const connection = new ReadingConnection(this.#reader);
    const refuse = async (): Promise<never> => {
      throw new Error('writes go through storage.commit');
    };
    const nothing = async (): Promise<void> => undefined;
    return {
      init: nothing,
      acquireConnection: async () => connection,
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
    return new SqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): SqliteIntrospector {
    return new SqliteIntrospector(db);
  }
}

class ReadingConnection implements DatabaseConnection {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return { rows: (await this.#reader.read(query.sql, query.parameters)) as R[] };
  }

  // An open cursor would pin the write-ahead log and let it grow without bound.
  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('page through large results by key instead of holding a cursor open');
  }
}
