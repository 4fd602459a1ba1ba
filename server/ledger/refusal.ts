/** Refusals that explain themselves: which account, what it has, what is held of it, what was needed. */
import type { RefusedQuota } from '../../contract/failures.ts';
import { formatDollars, type Nanos } from '../../contract/money.ts';
import { isoTime } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { BudgetScope, Slot, Wallet } from './present.ts';

export function walletRefusal({ balance, held }: Wallet, needed: Nanos): Failure {
  const left = `the wallet has $${shown(balance)}`;
  const figures = { balance: shown(balance), held: shown(held), needed: shown(needed) };
  const whose = { rule: 'wallet', scope: 'user', limit: null, reset: null };
  return refused({ ...whose, ...figures }, left);
}

const OWNERS: Readonly<Record<BudgetScope, string>> = {
  key: 'of this key',
  user: 'of this user',
  installation: 'of this installation',
};

const PERIODS = { day: 'daily', week: 'weekly', month: 'monthly', forever: 'total' } as const;

export function budgetRefusal({ budget, spent, held, end }: Slot, needed: Nanos): Failure {
  const { definition, limit } = budget;
  const { scope, period } = definition;
  const balance = limit - spent;
  const reset = period === 'forever' ? null : isoTime(end);
  const name = `the ${PERIODS[period]} budget ${OWNERS[scope]}`;
  const left = `${name} has $${shown(balance)} of $${shown(limit)} left`;
  const figures = { balance: shown(balance), held: shown(held), needed: shown(needed) };
  return refused({ rule: 'budget', scope, limit: shown(limit), reset, ...figures }, left);
}

/** Amounts in here are plain integers of nano-dollars. */
function shown(amount: number): string {
  return formatDollars(amount as Nanos);
}

function refused(refusal: RefusedQuota, left: string): Failure {
  const { held, needed, reset } = refusal;
  const open = held === '0' ? '' : `, and requests under way hold $${held} of it`;
  const anew = reset === null ? '' : ` It begins anew at ${reset}.`;
  const sentence = `This may cost up to $${needed}; ${left}${open}.${anew}`;
  return new Failure('insufficient_quota', { sentence, refusal });
}
