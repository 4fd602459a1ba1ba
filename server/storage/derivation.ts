/** What follows from inserted rows and is written with them, in the thread that writes. */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';

/** The open transaction, as a derivation sees it. */
export interface OpenTransaction {
  run(sql: string, parameters: readonly SQLInputValue[]): void;
  /** The first column of the first row. */
  value(sql: string, parameters: readonly SQLInputValue[]): SQLOutputValue | undefined;
}

export interface Derivation {
  /** Told the parameters of each insert that made a row; one that changed nothing is not told. */
  add(parameters: readonly SQLInputValue[]): void;
  /**
   * The end of a transaction is near: what follows from all rows since the last time is written now.
   *
   * @returns how far back what was written reaches, in milliseconds since the epoch; null: nothing was written
   */
  flush(transaction: OpenTransaction): number | null;
  /** The transaction was undone: nothing that was added or written since the last `flush` exists. */
  forget(): void;
}

/** What the module of a derivation exports. */
export interface DerivationModule {
  readonly derivation: () => Derivation;
}
