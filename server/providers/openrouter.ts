import { nanos } from '../../contract/money.ts';
import { openaiCompatible } from './openai-compatible.ts';
import { openrouterAccount } from './openrouter-account.ts';
import { type CostReading, valueAt } from './usage-reading.ts';

/**
 * The cost in dollars that every answer states. With the account's own key at a vendor (`is_byok`) it is only
 * OpenRouter's fee, and the vendor's bill comes on top; if that is not stated, the whole is not known either.
 */
const readCost: CostReading = (usage, numbers) => {
  const charged = numbers.money(usage['cost'], 9);
  if (usage['is_byok'] !== true || charged === null) return charged;
  const upstream = numbers.money(valueAt(usage, 'cost_details', 'upstream_inference_cost'), 9);
  return upstream === null ? null : nanos(charged + upstream);
};

export const openrouter = openaiCompatible({
  id: 'openrouter',
  name: 'OpenRouter',
  base: 'https://openrouter.ai/api/v1',
  dialects: ['openai', 'anthropic'],
  priceCatalogue: 'openrouter',
  // Hanging up stops the bill only at some of the vendors behind it, and nothing tells us which one serves.
  afterAbort: 'billing goes on',
  probeModel: 'openai/gpt-4o-mini',
  streamUsage: 'always',
  readCost,
  account: openrouterAccount,
});
