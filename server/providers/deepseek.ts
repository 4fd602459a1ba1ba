import { amount, noBalance, statedBalance, tell, unreadable } from './account-reading.ts';
import { openaiCompatible } from './openai-compatible.ts';
import type { Account, Ask, BalanceReading } from './provider.ts';
import { valueAt } from './usage-reading.ts';

const account: Account = { validate: balance, balance };

/**
 * An account may hold yuan and dollars beside each other, and they are never added: the first that has something
 * in it is what is spent, the others are told beside it.
 */
async function balance(ask: Ask): Promise<BalanceReading> {
  const call = { method: 'GET', root: 'https://api.deepseek.com', path: '/user/balance' } as const;
  const told = await tell(ask, call);
  if (told.trouble !== undefined) return noBalance(told.trouble);
  const purses = pursesIn(valueAt(told.body, 'balance_infos'));
  const main = purses?.find((purse) => purse.balance > 0) ?? purses?.[0];
  if (purses === null || main === undefined) return noBalance(unreadable());
  const isAvailable = valueAt(told.body, 'is_available');
  return statedBalance({
    ...main,
    message: 'What is left on the account.',
    kind: 'ordinary',
    blocked: typeof isAvailable === 'boolean' ? !isAvailable : null,
    others: purses.filter((purse) => purse !== main),
  });
}

/** Null if one of them cannot be read: it might be the one with the money. */
function pursesIn(infos: unknown): BalanceReading['others'][number][] | null {
  if (!Array.isArray(infos)) return null;
  const purses: BalanceReading['others'][number][] = [];
  for (const info of infos) {
    const currency = valueAt(info, 'currency');
    const left = amount(valueAt(info, 'total_balance'));
    if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency) || left === null) return null;
    purses.push({ currency, balance: left });
  }
  return purses;
}

/**
 * States cached input as `prompt_cache_hit_tokens`, which the common reading knows. With `max_completion_tokens` alone it
 * answers at any length, and says nothing of it.
 */
export const deepseek = openaiCompatible({
  id: 'deepseek',
  name: 'DeepSeek',
  base: 'https://api.deepseek.com/v1',
  priceCatalogue: 'deepseek',
  afterAbort: 'billing stops',
  soleChatBound: 'max_tokens',
  probeModel: 'deepseek-chat',
  account,
});
