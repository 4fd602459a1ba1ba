import { amount, noBalance, statedBalance, tell, unreadable } from './account-reading.ts';
import { openaiCompatible } from './openai-compatible.ts';
import type { Account, Ask, BalanceReading } from './provider.ts';
import { valueAt } from './usage-reading.ts';

/** Keys of the Chinese region hold yuan, all others dollars; the answer itself names no currency. */
const CHINESE_BASE = 'https://api.moonshot.cn/v1';

const account: Account = { validate: balance, balance };

/** Cash may be below zero, a debt; what is available then comes from vouchers alone. */
async function balance(ask: Ask): Promise<BalanceReading> {
  const told = await tell(ask, { method: 'GET', path: '/users/me/balance' });
  if (told.trouble !== undefined) return noBalance(told.trouble);
  const left = amount(valueAt(told.body, 'data', 'available_balance'));
  const isGood = valueAt(told.body, 'code') === 0 && valueAt(told.body, 'status') !== false;
  if (left === null || !isGood) return noBalance(unreadable());
  return statedBalance({
    balance: left,
    currency: told.origin === new URL(CHINESE_BASE).origin ? 'CNY' : 'USD',
    message: 'What is left on the account.',
    kind: 'ordinary',
    // With nothing available calls are refused.
    blocked: left <= 0,
  });
}

/** Its streams may state usage inside the last choice, which the common reading knows. */
export const moonshot = openaiCompatible({
  id: 'moonshot',
  name: 'Moonshot AI',
  base: 'https://api.moonshot.ai/v1',
  otherBases: [CHINESE_BASE],
  priceCatalogue: 'moonshotai',
  // Not documented, so the dearer case is assumed: an aborted answer is read to its end.
  afterAbort: 'billing goes on',
  probeModel: 'moonshot-v1-8k',
  account,
});
