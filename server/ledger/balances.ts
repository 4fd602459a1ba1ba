/** How a wallet or a budget stands, in figures. */
import type { Nanos } from '../../contract/money.ts';
import { type Budget, slotAt, type Wallet } from './present.ts';

export interface AccountBalance {
  readonly account: string;
  /** Of a wallet, what it has; of a budget, what is left in its period. Open holds are not subtracted. */
  readonly balance: Nanos;
  readonly held: Nanos;
  /** What a new request may hold; null for a metered wallet, which refuses nothing. */
  readonly available: Nanos | null;
  /** Of a budget; null for a wallet. */
  readonly limit: Nanos | null;
  readonly spent: Nanos | null;
  /** When a budget begins anew, in milliseconds since the epoch; null if it never does. */
  readonly resetsAt: number | null;
}

export function balanceOfWallet({ id, balance, held, isPrepaid }: Wallet): AccountBalance {
  return {
    account: id,
    balance: balance as Nanos,
    held: held as Nanos,
    available: isPrepaid ? ((balance - held) as Nanos) : null,
    limit: null,
    spent: null,
    resetsAt: null,
  };
}

export function balanceOfBudget(budget: Budget, now: number): AccountBalance {
  const { spent, held, end } = slotAt(budget, now);
  const left = budget.limit - spent;
  return {
    account: budget.id,
    balance: left as Nanos,
    held: held as Nanos,
    available: (left - held) as Nanos,
    limit: budget.limit as Nanos,
    spent: spent as Nanos,
    resetsAt: Number.isFinite(end) ? end : null,
  };
}
