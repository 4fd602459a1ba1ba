/**
 * The one thread that writes. It takes whole batches, makes each one transaction, and answers when
 * the batch is on disk. A commit that breaks a rule fails alone; a fault of the machine fails the batch.
 */
import { createRequire } from 'node:module';
import type { SQLOutputValue } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import {
  type Batch,
  type BatchResult,
  type Parcel,
  unpack,
  type WireCommit,
} from './commit-queue.ts';
import { Connection, isEnvironmentFault } from './connection.ts';
import type { Derivation, DerivationModule, OpenTransaction } from './derivation.ts';

/** Comes before the first batch that has the statement. */
export interface DerivationOrder {
  readonly insert: string;
  /** Address of a file that exports a {@link DerivationModule}. */
  readonly module: string;
}

export interface WriterReply extends BatchResult {
  /** How far back reaches what followed from the batch; null: nothing did. See {@link Derivation.flush}. */
  readonly derivedSince: number | null;
}

if (parentPort === null) throw new Error('the writer runs as a worker thread');
const port = parentPort;
const connection = new Connection((workerData as { file: string }).file, 'writer');

/** Statement texts cross the thread border once; after that they go by number. */
const texts = new Map<number, string>();

/** What follows from an insert, by the text of it, and then by its number too. */
const derivations = new Map<string, Derivation>();
const derivationOf = new Map<number, Derivation>();

const load = createRequire(import.meta.url);

const openTransaction: OpenTransaction = {
  run(sql, parameters) {
    connection.prepare(sql).run(...parameters);
  },
  value(sql, parameters) {
    const row = connection.prepare(sql).get(...parameters);
    return row === undefined ? undefined : (Object.values(row)[0] as SQLOutputValue);
  },
};

function run(commit: WireCommit): void {
  for (const [statement, rows, parameters] of commit) {
    const text = texts.get(statement);
    if (text === undefined) throw new Error(`statement ${statement} was never declared`);
    const { changes } = connection.prepare(text).run(...parameters);
    if (rows >= 0 && changes !== rows) {
      throw new Error(`expected ${rows} changed rows, got ${changes}`);
    }
    if (changes === 1) derivationOf.get(statement)?.add(parameters);
  }
}

/** @returns how far back reaches what followed from the work */
function transaction(work: () => void): number | null {
  connection.prepare('begin immediate').run();
  try {
    work();
    const since = [...derivations.values()].map((derivation) => derivation.flush(openTransaction));
    connection.prepare('commit').run();
    return earliest(since);
  } catch (error) {
    for (const derivation of derivations.values()) derivation.forget();
    // A full disk has rolled back already; then there is nothing left to undo.
    if (connection.database.isTransaction) connection.database.exec('rollback');
    throw error;
  }
}

function earliest(instants: readonly (number | null)[]): number | null {
  return instants.reduce((a, b) => (a === null || b === null ? (a ?? b) : Math.min(a, b)), null);
}

/** Each commit in a transaction of its own, to find the one that spoilt the batch. */
function oneByOne(commits: readonly WireCommit[]): WriterReply {
  const refused: [number, string][] = [];
  const since: (number | null)[] = [];
  commits.forEach((commit, index) => {
    try {
      since.push(transaction(() => run(commit)));
    } catch (error) {
      if (isEnvironmentFault(error)) throw error;
      refused.push([index, String((error as Error).message)]);
    }
  });
  return { refused, fault: null, derivedSince: earliest(since) };
}

function write(commits: readonly WireCommit[]): WriterReply {
  try {
    const derivedSince = transaction(() => commits.forEach(run));
    return { refused: [], fault: null, derivedSince };
  } catch (error) {
    if (isEnvironmentFault(error)) throw error;
    return oneByOne(commits);
  }
}

/** Whether the log still holds what a commit erased. */
let hasRemains = false;

function writeBatch({ commits, erases }: Batch): WriterReply {
  const reply = erases ? connection.thoroughly(() => write(commits)) : write(commits);
  hasRemains ||= erases;
  // Where somebody reads from it just now, after the next batch.
  if (hasRemains) hasRemains = !emptyLog();
  return reply;
}

/** The batch is on disk by now: whatever goes wrong here must not be taken for its failure. */
function emptyLog(): boolean {
  try {
    return connection.emptyLog();
  } catch {
    return false;
  }
}

function derive({ insert, module }: DerivationOrder): void {
  if (derivations.has(insert)) return;
  const { derivation } = load(fileURLToPath(module)) as DerivationModule;
  derivations.set(insert, derivation());
}

function declare(id: number, text: string): void {
  texts.set(id, text);
  const derivation = derivations.get(text);
  if (derivation !== undefined) derivationOf.set(id, derivation);
}

port.on('message', (message: Parcel | DerivationOrder | 'close') => {
  if (message === 'close') {
    connection.close();
    port.close();
    return;
  }
  if (typeof message === 'object' && 'insert' in message) {
    derive(message);
    return;
  }
  const batch = unpack(message);
  for (const [id, text] of batch.declare) declare(id, text);
  try {
    port.postMessage(writeBatch(batch));
  } catch (error) {
    const fault = (error as Error).message;
    port.postMessage({ refused: [], fault, derivedSince: null } satisfies WriterReply);
  }
});
port.postMessage('ready');
