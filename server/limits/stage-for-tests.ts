import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { HandClock } from '../clock-for-tests.ts';
import { Failure } from '../failure.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { createLimits, type Limits, NO_LIMITS, type Pass, type RateLimits } from './limits.ts';

/** A database of its own for one test file. */
export class Stage {
  readonly storage: Storage;
  readonly #folder: string;

  private constructor(storage: Storage, folder: string) {
    this.storage = storage;
    this.#folder = folder;
  }

  static async open(): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-limits-'));
    const storage = await openSqlite({ file: join(folder, 'test.db'), clock: systemClock });
    return new Stage(storage, folder);
  }

  /** A room whose clock stands at that instant and in which key `k` and user `u` have these limits. */
  async room(
    start: string,
    rules: { readonly key?: Partial<RateLimits>; readonly user?: Partial<RateLimits> } = {},
  ): Promise<{ limits: Limits; clock: HandClock }> {
    const clock = new HandClock(start);
    const limits = await createLimits({ storage: this.storage, clock });
    limits.change('key', 'k', { ...NO_LIMITS, ...rules.key }).apply();
    limits.change('user', 'u', { ...NO_LIMITS, ...rules.user }).apply();
    return { limits, clock };
  }

  async close(): Promise<void> {
    await this.storage.close();
    await rm(this.#folder, { recursive: true });
  }
}

/** The pass of a request, or the Failure that refused it. */
export function attempt(limits: Limits, tokens = 1, keyId = 'k', userId = 'u'): Pass | Failure {
  try {
    return limits.admit({ keyId, userId, tokens });
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
}

/** How many of so many requests at one instant are admitted. */
export function admittedOf(limits: Limits, attempts: number, tokens = 1): number {
  let admitted = 0;
  for (let i = 0; i < attempts; i++) {
    if (!(attempt(limits, tokens) instanceof Failure)) admitted++;
  }
  return admitted;
}

export function passOf(result: Pass | Failure): Pass {
  if (result instanceof Failure) throw result;
  return result;
}

export function failureOf(result: Pass | Failure): Failure {
  if (result instanceof Failure) return result;
  throw new Error('the request was admitted');
}
