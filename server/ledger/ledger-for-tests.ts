/** A ledger on a database of its own, with a clock that stands still. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nanos } from '../../contract/money.ts';
import { type Clock, systemClock } from '../clock.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { type BudgetDefinition, createLedger, type Ledger, type Settled } from './ledger.ts';

export const HOLD_MS = 600_000;
/** A Saturday noon. */
export const NOON = Date.UTC(2026, 10, 21, 12);

export interface Stage {
  storage: Storage;
  ledger: Ledger;
  /** Where the clock stands, and by how much that is because it was set; set both as you like. */
  readonly time: { now: number; set: number };
  /** Ends storage and ledger and opens them again on the same file. */
  reopen(): Promise<void>;
  /** Settles and makes it durable. */
  settle(id: string, actual: number): Promise<Settled>;
  close(): Promise<void>;
}

export async function openStage(at = NOON): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-ledger-'));
  const time = { now: at, set: 0 };
  const elapsed = () => time.now - time.set - at;
  const clock: Clock = { ...systemClock, now: () => time.now, elapsed };
  const open = async () => {
    const storage = await openSqlite({ file: join(folder, 'test.db'), clock });
    return { storage, ledger: await createLedger({ storage, clock, holdMs: HOLD_MS }) };
  };
  const stage: Stage = {
    ...(await open()),
    time,
    async reopen() {
      await stage.storage.close();
      Object.assign(stage, await open());
    },
    async settle(id, actual) {
      const settled = stage.ledger.settle(id, nanos(actual));
      await stage.storage.commit(settled.writes);
      return settled;
    },
    async close() {
      await stage.storage.close();
      rmSync(folder, { recursive: true });
    },
  };
  return stage;
}

export function budget(change: Partial<BudgetDefinition> = {}): BudgetDefinition {
  return {
    id: 'bud_1',
    scope: 'key',
    scopeId: 'vk_1',
    period: 'day',
    zone: 'UTC',
    limit: 1_000,
    ...change,
  };
}

/** Makes a prepaid wallet with this credit. */
export async function fund(ledger: Ledger, userId: string, amount: number): Promise<void> {
  await ledger.defineWallet({ userId, kind: 'prepaid', plan: null, markupPpm: null });
  if (amount > 0)
    await ledger.post({ account: userId, amount: nanos(amount), kind: 'credit', reason: 'start' });
}
