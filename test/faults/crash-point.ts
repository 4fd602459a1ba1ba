/**
 * Loaded into the product before anything else (`--import`), in its main thread and its workers: kills the process at
 * one step of the first request under `/v1/`. A step ends with each statement that the database ran, each message between
 * the threads, and each write to a connection. Which step is told by `CRASH_AT`; how many there were is told to
 * `CRASH_STEPS_FILE`. The product itself knows nothing of this.
 */
import { appendFileSync } from 'node:fs';
import { Server } from 'node:http';
import { Socket } from 'node:net';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { getEnvironmentData, isMainThread, setEnvironmentData, Worker } from 'node:worker_threads';

const AT = Number(process.env['CRASH_AT']);
const FILE = process.env['CRASH_STEPS_FILE'] ?? '';
const NAME = 'crash point';
/** Its two numbers, which all threads share: whether a request has come, and how many steps there were. */
const ARMED = 0;
const STEPS = 1;

if (isMainThread) setEnvironmentData(NAME, new SharedArrayBuffer(8));
const shared = new Int32Array(getEnvironmentData(NAME) as unknown as SharedArrayBuffer);

function step(what: string): void {
  if (what === '' || Atomics.load(shared, ARMED) === 0) return;
  const number = Atomics.add(shared, STEPS, 1) + 1;
  appendFileSync(FILE, `${number} ${what}\n`);
  if (number === AT) process.kill(process.pid, 'SIGKILL');
}

/** A step right before or right after a method does its work. */
function watch(
  prototype: object,
  method: string,
  to: { readonly when: 'before' | 'after'; readonly name: (args: readonly unknown[]) => string },
): void {
  const found = Reflect.get(prototype, method) as (...args: unknown[]) => unknown;
  Reflect.set(prototype, method, function watched(this: unknown, ...args: unknown[]): unknown {
    const name = to.name(args);
    if (to.when === 'before') step(name);
    const result = found.apply(this, args);
    if (to.when === 'after') step(name);
    return result;
  });
}

if (isMainThread) {
  watch(Server.prototype, 'emit', {
    when: 'before',
    name([event, request]) {
      const { url = '' } = (request ?? {}) as { url?: string };
      if (event !== 'request' || !url.startsWith('/v1/')) return '';
      Atomics.store(shared, ARMED, 1);
      return 'a request comes';
    },
  });
  watch(Socket.prototype, 'write', { when: 'after', name: () => 'written to a connection' });
  watch(Worker.prototype, 'postMessage', { when: 'after', name: () => 'sent to a thread' });
  watch(Worker.prototype, 'emit', {
    when: 'before',
    name: ([event]) => (event === 'message' ? 'heard from a thread' : ''),
  });
} else {
  watch(StatementSync.prototype, 'run', { when: 'after', name: () => 'a statement ran' });
  watch(DatabaseSync.prototype, 'exec', { when: 'after', name: ([sql]) => `ran: ${sql}` });
}
