/**
 * The one thread that writes. It takes whole batches, makes each one transaction, and answers when
 * the batch is on disk. A commit that breaks a rule fails alone; a fault of the machine fails the batch.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Batch, BatchResult, WireCommit } from './commit-queue.ts';
import { Connection, isEnvironmentFault } from './connection.ts';

if (parentPort === null) throw new Error('the writer runs as a worker thread');
const port = parentPort;
const connection = new Connection((workerData as { file: string }).file, 'writer');

/** Statement texts cross the thread border once; after that they go by number. */
const texts = new Map<number, string>();

function run(commit: WireCommit): void {
  for (const [statement, rows, parameters] of commit) {
    const text = texts.get(statement);
    if (text === undefined) throw new Error(`statement ${statement} was never declared`);
    const { changes } = connection.prepare(text).run(...parameters);
    if (rows >= 0 && changes !== rows) {
      throw new Error(`expected ${rows} changed rows, got ${changes}`);
    }
  }
}

function transaction(work: () => void): void {
  connection.database.exec('begin immediate');
  try {
    work();
    connection.database.exec('commit');
  } catch (error) {
    // A full disk has rolled back already; then there is nothing left to undo.
    if (connection.database.isTransaction) connection.database.exec('rollback');
    throw error;
  }
}

/** Each commit in a transaction of its own, to find the one that spoilt the batch. */
function oneByOne(commits: readonly WireCommit[]): BatchResult {
  const refused: [number, string][] = [];
  commits.forEach((commit, index) => {
    try {
      transaction(() => run(commit));
    } catch (error) {
      if (isEnvironmentFault(error)) throw error;
      refused.push([index, String((error as Error).message)]);
    }
  });
  return { refused, fault: null };
}

function write(commits: readonly WireCommit[]): BatchResult {
  try {
    transaction(() => commits.forEach(run));
    return { refused: [], fault: null };
  } catch (error) {
    if (isEnvironmentFault(error)) throw error;
    return oneByOne(commits);
  }
}

port.on('message', (batch: Batch | 'close') => {
  if (batch === 'close') {
    connection.close();
    port.close();
    return;
  }
  for (const [id, text] of batch.declare) texts.set(id, text);
  try {
    port.postMessage(write(batch.commits));
  } catch (error) {
    port.postMessage({ refused: [], fault: (error as Error).message } satisfies BatchResult);
  }
});
port.postMessage('ready');
