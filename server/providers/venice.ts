import {
  accepted,
  amount,
  isRefused,
  noBalance,
  statedBalance,
  tell,
  unreadable,
} from './account-reading.ts';
import { openaiCompatible } from './openai-compatible.ts';
import type { Account, Ask, BalanceReading, KeyKind } from './provider.ts';
import { objectOf, valueAt } from './usage-reading.ts';

/** Besides dollars it pays with units of its own, which are no money: staked credit that is given anew each day. */
const STAKED = ['DIEM', 'VCU'];

const account: Account = { validate: balance, balance };

/** Its billing answers admin keys only; the limits of a key, which state the same balances, answer every key. */
async function balance(ask: Ask): Promise<BalanceReading> {
  const billing = await tell(ask, { method: 'GET', path: '/billing/balance' });
  if (billing.trouble === undefined) {
    const canConsume = valueAt(billing.body, 'canConsume');
    const unit = valueAt(billing.body, 'consumptionCurrency');
    return ofPurses(valueAt(billing.body, 'balances'), { kind: 'management', canConsume, unit });
  }
  if (!isRefused(billing.trouble)) return noBalance(billing.trouble);
  const limits = await tell(ask, { method: 'GET', path: '/api_keys/rate_limits' });
  if (limits.trouble !== undefined) return noBalance(limits.trouble);
  const canConsume = valueAt(limits.body, 'data', 'accessPermitted');
  return ofPurses(valueAt(limits.body, 'data', 'balances'), { kind: 'ordinary', canConsume });
}

interface Stated {
  readonly kind: KeyKind;
  readonly canConsume: unknown;
  /** What is spent at present, where that is stated. */
  readonly unit?: unknown;
}

function ofPurses(balances: unknown, { kind, canConsume, unit }: Stated): BalanceReading {
  const purses: BalanceReading['others'][number][] = [];
  for (const [name, value] of Object.entries(objectOf(balances) ?? {})) {
    const left = amount(value);
    const currency = name.toUpperCase();
    if (currency !== 'USD' && !STAKED.includes(currency)) continue;
    if (left === null && value !== null) return noBalance(unreadable());
    if (left !== null) purses.push({ currency, balance: left });
  }
  const isPurse = typeof unit === 'string' && (unit === 'USD' || STAKED.includes(unit));
  const main = purses.find(({ currency }) => currency === (isPurse ? unit : 'USD'));
  if (main === undefined) return noBalance(unreadable());
  const others = purses.filter((purse) => purse !== main);
  const isPaidOtherwise = typeof unit === 'string' && !isPurse;
  if (main.balance === 0 && (isPaidOtherwise || others.some((purse) => purse.balance > 0))) {
    // Credit that a plan includes is spent and not stated, so an empty purse does not mean that nothing is left.
    return { ...noBalance(accepted(kind)), others: purses, blocked: blockedBy(canConsume) };
  }
  const message = 'What is left on the account.';
  return statedBalance({ ...main, message, kind, blocked: blockedBy(canConsume), others });
}

function blockedBy(canConsume: unknown): boolean | null {
  return typeof canConsume === 'boolean' ? !canConsume : null;
}

export const venice = openaiCompatible({
  id: 'venice',
  name: 'Venice AI',
  base: 'https://api.venice.ai/api/v1',
  priceCatalogue: null,
  // Not documented, so the dearer case is assumed: an aborted answer is read to its end.
  afterAbort: 'billing goes on',
  probeModel: 'llama-3.2-3b',
  account,
});
