import { amount, noBalance, statedBalance, tell, unreadable } from './account-reading.ts';
import { openaiCompatible } from './openai-compatible.ts';
import type { Account, Ask, BalanceReading } from './provider.ts';
import { valueAt } from './usage-reading.ts';

/** Its amounts are ten-thousandths of a dollar, in text. */
const DECIMALS = 5;

const account: Account = { validate: balance, balance };

/** What is available already contains what may be owed (`creditLimit`). */
async function balance(ask: Ask): Promise<BalanceReading> {
  const told = await tell(ask, {
    method: 'GET',
    root: 'https://api.novita.ai',
    path: '/openapi/v1/billing/balance/detail',
  });
  if (told.trouble !== undefined) return noBalance(told.trouble);
  const left = amount(valueAt(told.body, 'availableBalance'), DECIMALS);
  if (left === null) return noBalance(unreadable());
  return statedBalance({
    balance: left,
    currency: 'USD',
    message: 'What is left on the account.',
    kind: 'ordinary',
  });
}

export const novita = openaiCompatible({
  id: 'novita',
  name: 'Novita AI',
  base: 'https://api.novita.ai/openai/v1',
  priceCatalogue: 'novita',
  // Not documented, so the dearer case is assumed: an aborted answer is read to its end.
  afterAbort: 'billing goes on',
  probeModel: 'meta-llama/llama-3.1-8b-instruct',
  account,
});
