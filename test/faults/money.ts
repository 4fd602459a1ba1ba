/** Wallets and budgets for fault tests, and what the books say of them. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Nanos, nanos } from '../../contract/money.ts';
import type { Rooms } from '../../server/app.ts';
import type { BudgetDefinition, WalletDefinition } from '../../server/ledger/ledger.ts';

/** What a token costs under the flat plan, in nano-dollars. */
export const CREDIT = 20_000;

/** Makes a prepaid wallet with so many nano-dollars. */
export async function fund(
  { ledger }: Rooms,
  userId: string,
  amount: number,
  change: Partial<WalletDefinition> = {},
): Promise<void> {
  await ledger.defineWallet({ userId, kind: 'prepaid', plan: null, markupPpm: null, ...change });
  if (amount > 0) await credit({ ledger }, userId, amount);
}

export async function credit(
  { ledger }: Pick<Rooms, 'ledger'>,
  userId: string,
  amount: number,
): Promise<void> {
  await ledger.post({ account: userId, amount: nanos(amount), kind: 'credit', reason: 'test' });
}

/** A budget for ever, unless said otherwise. */
export function budgetOf(
  scope: BudgetDefinition['scope'],
  scopeId: string,
  limit: number,
): BudgetDefinition {
  return { id: `bud_${scope}${scopeId}`, scope, scopeId, period: 'forever', zone: 'UTC', limit };
}

/** The balance without what is held, in nano-dollars. */
export function balanceOf({ ledger }: Pick<Rooms, 'ledger'>, account: string): Nanos {
  const found = ledger.balance(account);
  if (found === null) throw new Error(`there is no account ${account}`);
  return found.balance;
}

export interface EntryRow {
  readonly id: string;
  readonly account_id: string;
  readonly amount: number;
  readonly kind: string;
  readonly reason: string | null;
}

/** The entries of requests, each with the request's id, read from the file itself. */
export function chargesIn(dataDir: string): (EntryRow & { readonly request: string })[] {
  const database = new DatabaseSync(join(dataDir, 'tollkeeper.db'), { readOnly: true });
  try {
    const rows = database
      .prepare(`select * from ledger_entries where kind in ('charge', 'budget') order by id`)
      .all() as unknown as EntryRow[];
    return rows.map((row) => ({ ...row, request: row.id.split('/', 1)[0] ?? '' }));
  } finally {
    database.close();
  }
}

/** Runs so many attempts, at most so many at once. Each is told its number. */
export async function inParallel<T>(
  attempts: number,
  clients: number,
  attempt: (number: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < attempts) {
      const number = next++;
      results[number] = await attempt(number);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return results;
}
