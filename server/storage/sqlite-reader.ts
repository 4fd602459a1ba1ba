/** A thread that reads: reports and look-ups run here, never on the thread that serves requests. */
import { parentPort, workerData } from 'node:worker_threads';
import { bindable, Connection } from './connection.ts';

/** One is asked at a time. */
export interface ReadRequest {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface ReadReply {
  /** As JSON where that can say it: many small objects take far longer to be copied than to be read from one text. */
  readonly rows: string | readonly unknown[];
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
  const { sql, parameters } = request;
  try {
    const rows = connection.prepare(sql).all(...bindable(parameters));
    const reply = { rows: rows.every(hasJson) ? JSON.stringify(rows) : rows, error: null };
    port.postMessage(reply satisfies ReadReply);
  } catch (error) {
    port.postMessage({ rows: [], error: (error as Error).message } satisfies ReadReply);
  }
});
port.postMessage('ready');

function hasJson(row: Record<string, unknown>): boolean {
  for (const name in row) {
    const value = row[name];
    if (value !== null && typeof value !== 'string' && !Number.isFinite(value)) return false;
  }
  return true;
}
