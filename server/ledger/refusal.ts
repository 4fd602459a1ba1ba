/** Refusals that explain themselves: which account, what it has, what is held of it, what was needed. */
import { formatDollars, type Nanos } from '../../contract/money.ts';
import { isoTime } from '../clock.ts';
import { Failure, type QuotaRefusal } from '../failure.ts';
import type { BudgetScope, Slot, Wallet } from './present.ts';

export function walletRefusal(wallet: Wallet, needed: Nanos): Failure {
  const quota: QuotaRefusal = {
    rule: 'wallet',
    scope: 'user',
    account: wallet.id,
    balance: wallet.balance as Nanos,
    held: wallet.held as Nanos,
    needed,
    limit: null,
    resetsAt: null,
  };
  const left = `the wallet has $${formatDollars(quota.balance)}`;
  return refused(quota, left, '');
}

const OWNERS: Readonly<Record<BudgetScope, string>> = {
  key: 'of this key',
  user: 'of this user',
  installation: 'of this installation',
};

const PERIODS = { day: 'daily', week: 'weekly', month: 'monthly', forever: 'total' } as const;

export function budgetRefusal(slot: Slot, needed: Nanos): Failure {
  const { definition, limit } = slot.budget;
  const { scope, period } = definition;
  const resetsAt = period === 'forever' ? null : slot.end;
  const quota: QuotaRefusal = {
    rule: 'budget',
    scope,
    account: slot.budget.id,
    balance: (limit - slot.spent) as Nanos,
    held: slot.held as Nanos,
    needed,
    limit: limit as Nanos,
    resetsAt,
  };
  const name = `the ${PERIODS[period]} budget ${OWNERS[scope]}`;
  const left = `${name} has $${formatDollars(quota.balance)} of $${formatDollars(limit as Nanos)} left`;
  const reset = resetsAt === null ? '' : ` It begins anew at ${isoTime(resetsAt)}.`;
  return refused(quota, left, reset);
}

function refused(quota: QuotaRefusal, left: string, reset: string): Failure {
  const held =
    quota.held === 0 ? '' : `, and requests under way hold $${formatDollars(quota.held)} of it`;
  const sentence = `This may cost up to $${formatDollars(quota.needed)}; ${left}${held}.${reset}`;
  return new Failure('insufficient_quota', { sentence, quota });
}
