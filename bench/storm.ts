/**
 * A storm on the ledger alone, in this process: `node bench/storm.ts --attempts 1000000 --wallets 1000`.
 *
 * Books of our own, which know nothing of the ledger's, say of each attempt whether it had to be admitted. What is
 * settled is committed to a database as the gateway does it; at the end the database is audited and read anew.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nanos } from '../contract/money.ts';
import { systemClock } from '../server/clock.ts';
import { Failure } from '../server/failure.ts';
import { newId } from '../server/id.ts';
import { audit, createLedger, type Ledger } from '../server/ledger/ledger.ts';
import { openSqlite, type Storage } from '../server/storage/storage.ts';

/** Requests under way at once. */
const CLIENTS = 64;
/** Commits that may wait for the disk; the gateway's callers bound them by waiting themselves. */
const COMMITS_WAITING = 2_000;
const WORST_MIN = 10_000;
const WORST_MAX = 90_000;
const CREDIT = 2_500_000;
/** One attempt of so many is followed by new credit for its wallet. */
const CREDIT_EVERY = 2_000;
const HOLD_MS = 3_600_000;

interface Own {
  readonly id: string;
  balance: number;
  held: number;
}

interface Open {
  readonly id: string;
  readonly own: Own;
  readonly worst: number;
}

export interface StormReport {
  readonly attempts: number;
  readonly wallets: number;
  readonly admitted: number;
  readonly refused: number;
  readonly attemptsPerSecond: number;
  /** Nano-dollars that wallets are below zero, by our own books. */
  readonly overspend: number;
  /** Admitted although it was not covered at that moment. */
  readonly wronglyAdmitted: number;
  /** Refused although it was covered at that moment. */
  readonly wronglyRefused: number;
  /** Wallets whose balance differs from our own books: in memory, and read anew from the database. */
  readonly differing: number;
  readonly differingAfterRestart: number;
  /** Holds left open. */
  readonly openHolds: number;
  readonly breaches: readonly string[];
}

class Storm {
  readonly #storage: Storage;
  readonly #ledger: Ledger;
  readonly owns: Own[] = [];
  readonly #open: Open[] = [];
  readonly #waiting = new Set<Promise<void>>();
  #state: number;
  admitted = 0;
  refused = 0;
  wronglyAdmitted = 0;
  wronglyRefused = 0;

  constructor(storage: Storage, ledger: Ledger, seed: number) {
    this.#storage = storage;
    this.#ledger = ledger;
    this.#state = seed;
  }

  /** From 0 up to `most`, `most` not included. */
  #below(most: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((this.#state >>> 0) / 2 ** 32) * most);
  }

  async fund(wallets: number): Promise<void> {
    for (let number = 0; number < wallets; number++) {
      const own = { id: `usr_${number}`, balance: 0, held: 0 };
      this.owns.push(own);
    }
    const define = async (own: Own): Promise<void> => {
      const wallet = { userId: own.id, kind: 'prepaid', plan: null, markupPpm: null } as const;
      await this.#ledger.defineWallet(wallet);
      await this.credit(own);
    };
    await Promise.all(this.owns.map(define));
  }

  /** Nothing else runs while it is on its way to the disk, so both books have it in the same moment. */
  async credit(own: Own): Promise<void> {
    const post = {
      account: own.id,
      amount: nanos(CREDIT),
      kind: 'credit',
      reason: 'storm',
    } as const;
    await this.#ledger.post(post);
    own.balance += CREDIT;
  }

  async run(attempts: number): Promise<void> {
    for (let number = 1; number <= attempts; number++) {
      const own = this.owns[this.#below(this.owns.length)];
      if (own === undefined) throw new Error('a storm needs wallets');
      this.#attempt(own, WORST_MIN + this.#below(WORST_MAX - WORST_MIN));
      if (this.#open.length >= CLIENTS) this.#endOne();
      if (number % CREDIT_EVERY === 0) await this.credit(own);
      if (this.#waiting.size >= COMMITS_WAITING) await Promise.race(this.#waiting);
    }
    while (this.#open.length > 0) this.#endOne();
    await Promise.all(this.#waiting);
  }

  #attempt(own: Own, worst: number): void {
    const isCovered = own.balance - own.held >= worst;
    const id = newId('req');
    try {
      this.#ledger.hold({ id, amount: nanos(worst), wallet: own.id, budgets: [] });
      this.admitted++;
      if (!isCovered) this.wronglyAdmitted++;
      own.held += worst;
      this.#open.push({ id, own, worst });
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'insufficient_quota') throw error;
      this.refused++;
      if (isCovered) this.wronglyRefused++;
    }
  }

  /** Some fail and cost nothing, most cost their worst case, the others less. */
  #endOne(): void {
    const at = this.#below(this.#open.length);
    const ending = this.#open[at];
    const last = this.#open.pop();
    if (ending === undefined || last === undefined) throw new Error('nothing is under way');
    if (at < this.#open.length) this.#open[at] = last;
    const { id, own, worst } = ending;
    const kind = this.#below(10);
    own.held -= worst;
    if (kind === 0) {
      this.#ledger.release(id);
      return;
    }
    const actual = kind < 7 ? worst : 1 + this.#below(worst);
    own.balance -= actual;
    this.#commit(this.#ledger.settle(id, nanos(actual)).writes);
  }

  #commit(writes: Parameters<Storage['commit']>[0]): void {
    const written = this.#storage.commit(writes, { keep: true }).finally(() => {
      this.#waiting.delete(written);
    });
    this.#waiting.add(written);
  }
}

function differing(ledger: Ledger, owns: readonly Own[]): number {
  return owns.filter(({ id, balance }) => {
    const standing = ledger.balance(id);
    return standing?.balance !== balance || standing.held !== 0;
  }).length;
}

export async function runStorm(of: {
  attempts: number;
  wallets: number;
  seed: number;
}): Promise<StormReport> {
  const { attempts, wallets, seed } = of;
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-storm-'));
  const file = join(folder, 'storm.db');
  const clock = systemClock;
  const open = async () => {
    const storage = await openSqlite({ file, clock });
    return { storage, ledger: await createLedger({ storage, clock, holdMs: HOLD_MS }) };
  };
  try {
    const { storage, ledger } = await open();
    const storm = new Storm(storage, ledger, seed);
    await storm.fund(wallets);
    const startedAt = performance.now();
    await storm.run(attempts);
    const seconds = (performance.now() - startedAt) / 1_000;
    const inMemory = differing(ledger, storm.owns);
    const openHolds = ledger.openHolds();
    await storage.close();
    const again = await open();
    const findings = await audit(again.storage, { now: Date.now() });
    const afterRestart = differing(again.ledger, storm.owns);
    await again.storage.close();
    const { admitted, refused, wronglyAdmitted, wronglyRefused, owns } = storm;
    return {
      attempts,
      wallets,
      admitted,
      refused,
      attemptsPerSecond: Math.round(attempts / seconds),
      overspend: owns.reduce((sum, { balance }) => sum + Math.max(0, -balance), 0),
      wronglyAdmitted,
      wronglyRefused,
      differing: inMemory,
      differingAfterRestart: afterRestart,
      openHolds,
      breaches: findings.filter(({ ok }) => !ok).map(({ id, figure }) => `${id}: ${figure}`),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Is everything as it must be? */
export function isClean(report: StormReport): boolean {
  const { overspend, wronglyAdmitted, wronglyRefused, openHolds, breaches } = report;
  const { differing: inMemory, differingAfterRestart } = report;
  const wrong = [overspend, wronglyAdmitted, wronglyRefused, inMemory, differingAfterRestart];
  return wrong.every((count) => count === 0) && openHolds === 0 && breaches.length === 0;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      attempts: { type: 'string', default: '1000000' },
      wallets: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
    },
  });
  const [attempts, wallets, seed] = [values.attempts, values.wallets, values.seed].map(Number);
  const report = await runStorm({
    attempts: attempts ?? 0,
    wallets: wallets ?? 0,
    seed: seed ?? 0,
  });
  process.stdout.write(`seed ${seed}\n`);
  for (const [name, value] of Object.entries(report)) {
    const shown = Array.isArray(value) ? value.join('; ') || 'none' : value;
    process.stdout.write(`${name} ${shown}\n`);
  }
  if (!isClean(report)) process.exitCode = 1;
}

if (import.meta.main) await main();
