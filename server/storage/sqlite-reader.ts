/** A thread that reads: reports and look-ups run here, never on the thread that serves requests. */
import { parentPort, workerData } from 'node:worker_threads';
import { bindable, Connection } from './connection.ts';

export interface ReadRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface ReadReply {
  readonly id: number;
  readonly rows: readonly unknown[];
  readonly error: string | null;
}

if (parentPort === null) throw new Error('the reader runs as a worker thread');
const port = parentPort;
const connection = new Connection((workerData as { file: string }).file, 'reader');

port.on('message', (request: ReadRequest | 'close') => {
  if (request === 'close') {
    connection.close();
    port.close();
    return;
  }
  const { id, sql, parameters } = request;
  try {
    const rows = connection.prepare(sql).all(...bindable(parameters));
    port.postMessage({ id, rows, error: null } satisfies ReadReply);
  } catch (error) {
    port.postMessage({ id, rows: [], error: (error as Error).message } satisfies ReadReply);
  }
});
port.postMessage('ready');
