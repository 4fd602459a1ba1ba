import { type Nanos, nanos } from '../../contract/money.ts';
import { timesOf, toolsCost } from './extra-cost.ts';
import { openaiCompatible } from './openai-compatible.ts';
import { openrouterAccount } from './openrouter-account.ts';
import type { JsonObject } from './provider.ts';
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

const NANOS_PER_RESULT = 4_000_000;
/** What a search without a word on it brings. */
const RESULTS = 5;
const PLUGINS_MAX = 10;
/** Tools that run there and are billed, under OpenRouter's names or those of the vendors behind it. */
const BILLED_TOOL = /web_search|image_generation|^openrouter:(?!datetime$)/;

/** Searches cost extra with free models too: by the result before the model is asked, by the use where it decides. */
function extraCost(body: JsonObject, areSearchesPriced: boolean): Nanos {
  const { plugins, web_search_options = null } = body;
  let results = web_search_options === null ? 0 : RESULTS;
  for (const plugin of Array.isArray(plugins) ? plugins.slice(0, PLUGINS_MAX) : []) {
    const isOn = valueAt(plugin, 'id') === 'web' && valueAt(plugin, 'enabled') !== false;
    if (isOn) results += timesOf(valueAt(plugin, 'max_results'), RESULTS);
  }
  return nanos(results * NANOS_PER_RESULT + toolsCost(body, BILLED_TOOL, areSearchesPriced));
}

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
  extraCost,
  account: openrouterAccount,
});
