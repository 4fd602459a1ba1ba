/**
 * The door of `storage`: one embedded database behind one writer thread and one reader thread.
 *
 * Rooms build queries with `db`; a SELECT executed on it runs in the reader thread. What changes data
 * is compiled to a Write and handed to `commit`, which answers when it is on disk.
 */
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { CommitOptions, Write } from './commit-queue.ts';
import type { UsersTable, VirtualKeysTable } from './tables/accounts-tables.ts';
import type {
  PricesTable,
  RequestIntentsTable,
  UsageRecordsTable,
} from './tables/records-tables.ts';

export type { CommitOptions, Write } from './commit-queue.ts';
export { openSqlite } from './sqlite.ts';

export interface Database {
  users: UsersTable;
  virtual_keys: VirtualKeysTable;
  request_intents: RequestIntentsTable;
  usage_records: UsageRecordsTable;
  prices: PricesTable;
}

export interface Storage {
  readonly db: Kysely<Database>;
  /**
   * All of the writes or none, durable when the promise resolves.
   *
   * @throws Failure `conflict` if a rule of the schema or an expected row count was broken,
   *   `storage_unavailable` if the machine cannot write now
   */
  commit(writes: readonly Write[], options?: CommitOptions): Promise<void>;
  /** `failing` while the machine refuses writes (disk full …). */
  state(): 'ok' | 'failing';
  /** Writes what is still queued, then closes; readers first, the writer last. */
  close(): Promise<void>;
}

export interface StorageOptions {
  /** Path of the database file; its folder must exist. */
  readonly file: string;
  readonly clock: Clock;
  readonly onState?: (state: 'ok' | 'failing', reason: string) => void;
}

/**
 * A Write whose text is compiled once: give the query with `null` for each parameter that changes,
 * in the order in which `write` will get them.
 */
export function compileOnce(query: {
  compile(): { sql: string };
}): (parameters: readonly unknown[]) => Write {
  const { sql } = query.compile();
  return (parameters) => ({ sql, parameters });
}
