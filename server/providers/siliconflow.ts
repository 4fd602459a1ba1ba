import {
  amount,
  noBalance,
  statedBalance,
  tell,
  unreadable,
  validByModels,
} from './account-reading.ts';
import { openaiCompatible } from './openai-compatible.ts';
import type { Account, Ask, BalanceReading, KeyReading } from './provider.ts';
import { valueAt } from './usage-reading.ts';

/** Its accounts hold dollars; those of the Chinese base hold yuan. The answer itself names no currency. */
const WORLD_BASE = 'https://api.siliconflow.com/v1';

/** Its own code for success, besides the status. */
const SUCCESS = 20_000;

const account: Account = { validate, balance };

/** The call may be switched off; then the list of models still tells whether the key is good. */
async function validate(ask: Ask): Promise<KeyReading> {
  const reading = await balance(ask);
  return reading.outcome === 'not offered' ? validByModels(ask) : reading;
}

/** Gifts and what was paid for, together. The name and address of the account's owner stay where they are. */
async function balance(ask: Ask): Promise<BalanceReading> {
  const told = await tell(ask, { method: 'GET', path: '/user/info' });
  if (told.trouble !== undefined) return noBalance(told.trouble);
  const left = amount(valueAt(told.body, 'data', 'totalBalance'));
  const isGood = valueAt(told.body, 'code') === SUCCESS && valueAt(told.body, 'status') !== false;
  if (left === null || !isGood) return noBalance(unreadable());
  return statedBalance({
    balance: left,
    currency: told.origin === new URL(WORLD_BASE).origin ? 'USD' : 'CNY',
    message: 'What is left on the account.',
    kind: 'ordinary',
  });
}

export const siliconflow = openaiCompatible({
  id: 'siliconflow',
  name: 'SiliconFlow',
  base: 'https://api.siliconflow.cn/v1',
  otherBases: [WORLD_BASE],
  priceCatalogue: null,
  // Not documented, so the dearer case is assumed: an aborted answer is read to its end.
  afterAbort: 'billing goes on',
  probeModel: 'Qwen/Qwen2.5-7B-Instruct',
  account,
});
