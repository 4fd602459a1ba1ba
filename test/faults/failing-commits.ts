/**
 * Loaded into the product before anything else (`--import`): from the first request under `/v1/` on, each commit whose
 * number is a multiple of `FAIL_COMMIT_EVERY`, or of two more than that, fails as on a full disk, with nothing written.
 * (One divisor alone could always meet the same commit of a request.) The product itself knows nothing of this.
 */
import { Server } from 'node:http';
import { StatementSync } from 'node:sqlite';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const EVERY = Number(process.env['FAIL_COMMIT_EVERY']);
const NAME = 'failing commits';
const SQLITE_FULL = 13;

if (isMainThread) setEnvironmentData(NAME, new SharedArrayBuffer(4));
const armed = new Int32Array(getEnvironmentData(NAME) as unknown as SharedArrayBuffer);

if (isMainThread) {
  const emit = Server.prototype.emit;
  Server.prototype.emit = function watched(this: Server, event: string, ...args: unknown[]) {
    const { url = '' } = (args[0] ?? {}) as { url?: string };
    if (event === 'request' && url.startsWith('/v1/')) Atomics.store(armed, 0, 1);
    return emit.call(this, event, ...args);
  };
} else {
  let commits = 0;
  const run = StatementSync.prototype.run;
  StatementSync.prototype.run = function failing(this: StatementSync, ...parameters: unknown[]) {
    const counts = this.sourceSQL === 'commit' && Atomics.load(armed, 0) === 1;
    if (counts) commits++;
    const fails = counts && (commits % EVERY === 0 || commits % (EVERY + 2) === 0);
    if (!fails) return Reflect.apply(run, this, parameters);
    throw Object.assign(new Error('database or disk is full'), { errcode: SQLITE_FULL });
  };
}
