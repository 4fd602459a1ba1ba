/** Starting and ending the threads that hold a connection. */
import { Worker } from 'node:worker_threads';

/** The file cannot be worked with. The message says why, for whoever runs the command. */
export class DatabaseUnusable extends Error {}

export function cannotOpen(file: string, cause: Error): DatabaseUnusable {
  return new DatabaseUnusable(`${file} cannot be opened: ${cause.message}`, { cause });
}

/** Starts a worker and waits until it has its connection. @throws DatabaseUnusable */
export async function startWorker(entry: string, file: string): Promise<Worker> {
  const worker = new Worker(new URL(entry, import.meta.url), { workerData: { file } });
  await new Promise<void>((resolve, reject) => {
    const stop = hear(worker, () => {
      stop();
      resolve();
    });
    worker.once('error', (cause: Error) => reject(cannotOpen(file, cause)));
  });
  worker.removeAllListeners('error');
  // A dead database thread ends the process. The next start recovers; going on half-alive would not.
  worker.on('error', (error) => {
    throw error;
  });
  return worker;
}

/**
 * What a thread says to us. Under `node --watch` it also says which files it loads, which is for Node.
 *
 * @returns a way to stop
 */
export function hear<Message>(worker: Worker, listen: (message: Message) => void): () => void {
  const onMessage = (message: Message): void => {
    if (!isForNode(message)) listen(message);
  };
  worker.on('message', onMessage);
  return () => worker.off('message', onMessage);
}

function isForNode(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false;
  return 'watch:import' in message || 'watch:require' in message;
}

export async function stopWorker(worker: Worker): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
  });
  worker.postMessage('close');
  await ended;
}
