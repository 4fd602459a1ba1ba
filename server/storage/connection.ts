import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** How many milliseconds a connection waits for a lock of another before it gives up. */
const BUSY_TIMEOUT = 'pragma busy_timeout = 5000';
/**
 * Pages in the write-ahead log before they are copied into the database file (16 MiB): a page that many
 * batches change is then copied once.
 */
const CHECKPOINT_PAGES = 4_000;
/** Where a row stood nothing of it is left: names and addresses are in the clear. `fast` writes no page more for it. */
const SECURE_DELETE = 'pragma secure_delete = fast';
/** Prepared statements kept per connection; far more than the product has. */
const STATEMENTS_MAX = 256;

/** One connection with its prepared statements, each prepared once. */
export class Connection {
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string, mode: 'writer' | 'reader') {
    this.database = new DatabaseSync(file, { readOnly: mode === 'reader' });
    this.database.exec(BUSY_TIMEOUT);
    this.database.exec('pragma foreign_keys = on');
    // Without it a REPLACE would delete rows past the triggers that forbid their deletion.
    this.database.exec('pragma recursive_triggers = on');
    if (mode === 'reader') {
      // Who only reads takes every database as it is: one that a start left empty, or another tool brought back, too.
      this.database.prepare('pragma schema_version').get();
      return;
    }
    this.database.exec('pragma journal_mode = wal');
    this.database.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    this.database.exec('pragma synchronous = full');
    this.database.exec(SECURE_DELETE);
    assertDurable(this.database);
  }

  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear();
      statement = this.database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Work that leaves nothing of what it deletes in a page that becomes free as a whole. */
  thoroughly<Result>(work: () => Result): Result {
    this.database.exec('pragma secure_delete = on');
    try {
      return work();
    } finally {
      this.database.exec(SECURE_DELETE);
    }
  }

  /**
   * Copies the write-ahead log into the database and cuts it to nothing.
   *
   * @returns whether that could be done; not while somebody reads from the log, for whom it does not wait
   */
  emptyLog(): boolean {
    this.database.exec('pragma busy_timeout = 0');
    try {
      return this.database.prepare('pragma wal_checkpoint(truncate)').get()?.['busy'] === 0;
    } finally {
      this.database.exec(BUSY_TIMEOUT);
    }
  }

  close(): void {
    this.#statements.clear();
    this.database.close();
  }
}

/**
 * Refuses a connection whose commits could be lost with the power: nothing else would ever tell,
 * because a killed process loses nothing at any setting.
 *
 * @throws Error naming the setting that drifted
 */
export function assertDurable(database: DatabaseSync): void {
  const synchronous = database.prepare('pragma synchronous').get()?.['synchronous'];
  const journal = database.prepare('pragma journal_mode').get()?.['journal_mode'];
  if (synchronous !== 2) throw new Error(`the database is not durable: synchronous=${synchronous}`);
  if (journal !== 'wal') throw new Error(`the database is not durable: journal_mode=${journal}`);
}

/** Result codes that speak of the machine (disk, memory, locks), not of the statement. */
const ENVIRONMENT_CODES: ReadonlySet<number> = new Set([
  5, // busy
  6, // locked
  7, // out of memory
  8, // read only
  10, // input/output
  11, // corrupt
  13, // full
  14, // cannot open
]);

export function isEnvironmentFault(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code !== null && ENVIRONMENT_CODES.has(code);
}

/** Somebody else holds what was asked for. */
export function isBusy(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code === 5 || code === 6;
}

/** Without the details that SQLite keeps in the upper bits. */
function resultCodeOf(error: unknown): number | null {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : null;
}

/** What may be bound. Anything else is a mistake of ours and must not become NULL in silence. */
export function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  for (const value of parameters) {
    if (value === null || typeof value === 'string' || Number.isFinite(value)) continue;
    if (typeof value === 'bigint' || value instanceof Uint8Array) continue;
    const what = typeof value === 'number' ? value : `a ${typeof value}`;
    throw new TypeError(`${what} cannot be stored`);
  }
  return parameters as SQLInputValue[];
}
