import { existsSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { Kysely, SqliteAdapter, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { CommitQueue, pack } from './commit-queue.ts';
import { bindable, Connection, isBusy } from './connection.ts';
import { migrations } from './migrations/migrations.ts';
import { type Read, Readers, ReadingDialect, unreadable } from './reading.ts';
import type { DerivationOrder, WriterReply } from './sqlite-writer.ts';
import type { Database, LeftNote, Storage, StorageOptions } from './storage.ts';
import { cannotOpen, DatabaseUnusable, hear, startWorker, stopWorker } from './workers.ts';

/** Longer than this nobody looks at a page that does not move. */
const QUESTION_MS = 2_000;

/** Opens (and if need be creates and migrates) the database, alone: a second process is refused. */
export async function openSqlite(options: StorageOptions): Promise<Storage> {
  const lock = takeLock(options.file);
  try {
    await migrate(options.file);
    const readers = await Readers.start(options);
    const db = new Kysely<Database>({ dialect: new ReadingDialect(readers.within(null)) });
    const limitMs = options.questionMs ?? QUESTION_MS;
    const left = await readLeftNotes(db);
    const writer = await Writer.start(options, left.lastBundle + 1);
    return {
      db,
      questions: new Kysely<Database>({ dialect: new ReadingDialect(readers.within(limitMs)) }),
      commit: (writes, commitOptions) => writer.queue.commit(writes, commitOptions),
      note: (name, make) => writer.queue.note(name, make),
      derive: (insert, module) => writer.derive({ insert, module: module.href }),
      onDerived: (tell) => writer.derivedListeners.push(tell),
      leftNotes: left.notes,
      forgetLeftNotes: {
        sql: 'delete from open_notes where bundle <= ?',
        parameters: [left.lastBundle],
      },
      state: () => writer.queue.state,
      async close() {
        await writer.queue.idle();
        await db.destroy();
        await readers.close();
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
 * Opens the database to look at it, also while a server works on it: nothing is locked, migrated or written. Questions
 * are answered in this thread, which is for commands: they have nothing else to do meanwhile.
 *
 * @throws DatabaseUnusable if the file is not there or is no database
 */
export function openToRead(file: string): Pick<Storage, 'db' | 'close'> {
  const connection = openConnection(file);
  const read: Read = async (sql, parameters) => {
    try {
      return connection.prepare(sql).all(...bindable(parameters));
    } catch (error) {
      throw unreadable((error as Error).message);
    }
  };
  const db = new Kysely<Database>({ dialect: new ReadingDialect(read) });
  return {
    db,
    async close() {
      await db.destroy();
      connection.close();
    },
  };
}

function openConnection(file: string): Connection {
  try {
    return new Connection(file, 'reader');
  } catch (error) {
    throw cannotOpen(file, error as Error);
  }
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
export class DatabaseInUse extends DatabaseUnusable {}

const lockOf = (file: string): string => `${file}.lock`;

/**
 * A second small database, locked for as long as we live: the system lets go of it even if the
 * process is killed, so there is no stale lock to clear away.
 */
function takeLock(file: string): DatabaseSync {
  const cannot = (cause: unknown) =>
    new DatabaseUnusable(`${file} cannot be locked: ${(cause as Error).message}`, { cause });
  let lock: DatabaseSync;
  try {
    lock = new DatabaseSync(lockOf(file));
  } catch (error) {
    throw cannot(error);
  }
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw cannot(error);
    throw new DatabaseInUse(`another process is using ${file}; stop it first`, { cause: error });
  }
  return lock;
}

/**
 * Whether another process works on the database. Not to be asked where this one may: whoever closes the file of a lock lets
 * go of it for the whole process.
 */
export function isInUse(file: string): boolean {
  const lockFile = lockOf(file);
  if (!existsSync(lockFile)) return false;
  const lock = new DatabaseSync(lockFile, { readOnly: true });
  try {
    lock.prepare('select 1 from sqlite_schema').get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    lock.close();
  }
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

/** Steps of the schema that were taken by a version which has more of them. */
function stepsAhead(connection: Connection): readonly string[] {
  const tables = connection.prepare("select 1 from sqlite_schema where name = 'kysely_migration'");
  if (tables.get() === undefined) return [];
  const taken = connection.prepare('select name from kysely_migration').all();
  return taken.map(({ name }) => String(name)).filter((name) => !Object.hasOwn(migrations, name));
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
    const [ahead] = stepsAhead(connection);
    if (ahead !== undefined) {
      throw new DatabaseUnusable(`${file} is of a newer version (${ahead}): start that one again`);
    }
    const provider = { getMigrations: async () => ({ ...migrations }) };
    const { error } = await new Migrator({ db, provider }).migrateToLatest();
    if (error !== undefined) {
      const reason = (error as Error).message;
      throw new DatabaseUnusable(`${file} could not be migrated: ${reason}`, { cause: error });
    }
  } finally {
    await db.destroy();
  }
}

class Writer {
  readonly queue: CommitQueue;
  readonly derivedListeners: ((since: number) => void)[] = [];
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
    hear(worker, (result: WriterReply) => {
      const since = result.derivedSince;
      if (since !== null) for (const tell of this.derivedListeners) tell(since);
      this.queue.onResult(result);
    });
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
