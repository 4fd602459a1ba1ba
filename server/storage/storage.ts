/**
 * The door of `storage`: one embedded database behind one thread that writes and up to two that read.
 *
 * Rooms build queries with `db`; a SELECT executed on it runs in a thread that reads. What changes data
 * is compiled to a Write and handed to `commit`, which answers when it is on disk.
 */
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { CommitOptions, Write } from './commit-queue.ts';
import type {
  ApiTokensTable,
  AuditLogTable,
  InvitationsTable,
  PreferencesTable,
  SessionsTable,
  UsersTable,
  VirtualKeysTable,
} from './tables/accounts-tables.ts';
import type {
  BudgetsTable,
  LedgerEntriesTable,
  LedgerSnapshotsTable,
  LedgerWatermarkTable,
  WalletsTable,
} from './tables/ledger-tables.ts';
import type { RateLimitsTable } from './tables/limits-tables.ts';
import type {
  BalanceReadingsTable,
  ChoreRunsTable,
  KeyHealthTable,
  ProbesTable,
  ProviderUsageTable,
} from './tables/monitoring-tables.ts';
import type { ProviderKeysTable } from './tables/provider-keys-tables.ts';
import type { PricesTable, RefusalsTable, UsageRecordsTable } from './tables/records-tables.ts';
import type { RollUpTable, UsageCellsTable, UsageMeasuresView } from './tables/roll-ups-tables.ts';
import type { OpenNotesTable } from './tables/storage-tables.ts';
import type { DataKeysTable, SecretsTable } from './tables/vault-tables.ts';

export { type Backup, type Backups, createBackups } from './backups.ts';
export type { CommitOptions, Write } from './commit-queue.ts';
export type { Derivation, DerivationModule, OpenTransaction } from './derivation.ts';
export { DatabaseInUse, isInUse, openSqlite, openToRead } from './sqlite.ts';
export { DatabaseUnusable } from './workers.ts';

export interface Database {
  users: UsersTable;
  sessions: SessionsTable;
  invitations: InvitationsTable;
  api_tokens: ApiTokensTable;
  preferences: PreferencesTable;
  audit_log: AuditLogTable;
  virtual_keys: VirtualKeysTable;
  open_notes: OpenNotesTable;
  usage_records: UsageRecordsTable;
  refusals: RefusalsTable;
  prices: PricesTable;
  wallets: WalletsTable;
  budgets: BudgetsTable;
  ledger_entries: LedgerEntriesTable;
  ledger_snapshots: LedgerSnapshotsTable;
  ledger_watermark: LedgerWatermarkTable;
  rate_limits: RateLimitsTable;
  data_keys: DataKeysTable;
  secrets: SecretsTable;
  provider_keys: ProviderKeysTable;
  usage_cells: UsageCellsTable;
  usage_hourly: RollUpTable;
  usage_daily: RollUpTable;
  usage_measures: UsageMeasuresView;
  key_health: KeyHealthTable;
  balance_readings: BalanceReadingsTable;
  provider_usage: ProviderUsageTable;
  probes: ProbesTable;
  chore_runs: ChoreRunsTable;
}

export interface Storage {
  readonly db: Kysely<Database>;
  /**
   * The same for what somebody waits for: a statement that takes too long is given up with `storage_unavailable`, so
   * that one question cannot keep everybody else from reading.
   */
  readonly questions: Kysely<Database>;
  /**
   * All of the writes or none, durable when the promise resolves.
   *
   * @throws Failure `conflict` if a rule of the schema or an expected row count was broken,
   *   `storage_unavailable` if the machine cannot write now
   */
  commit(writes: readonly Write[], options?: CommitOptions): Promise<void>;
  /**
   * Puts something short on disk, as JSON, within milliseconds, to be found by the next process should this one die
   * before a commit `closes` it. Nobody waits for it, and `make` says what it is only when it leaves.
   */
  note(name: string, make: () => unknown): void;
  /**
   * Has the thread that writes follow up every row that this statement inserts, in the same transaction. Rows that are
   * inserted by another statement, or by another program, are not followed up.
   *
   * @param insert the text of the statement
   * @param module a file that exports a {@link DerivationModule}: functions do not cross to another thread
   */
  derive(insert: string, module: URL): void;
  /**
   * Tells after each commit that something followed from how far back that reaches, in milliseconds since the epoch, and
   * does so before the promise of the commit resolves.
   */
  onDerived(tell: (since: number) => void): void;
  /** The notes that an earlier process left. Some may be closed: bundles go when all in them are. */
  readonly leftNotes: readonly LeftNote[];
  /** Forgets {@link Storage.leftNotes}; to be committed with what was made of them. */
  readonly forgetLeftNotes: Write;
  /** `failing` while the machine refuses writes (disk full …). */
  state(): 'ok' | 'failing';
  /** Writes what is still queued, then closes; readers first, the writer last. */
  close(): Promise<void>;
}

export interface LeftNote {
  readonly name: string;
  /** The JSON that was noted, read. */
  readonly value: unknown;
}

export interface StorageOptions {
  /** Path of the database file; its folder must exist. */
  readonly file: string;
  readonly clock: Clock;
  /** How long a question may take; by default 2 seconds. */
  readonly questionMs?: number;
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
