import { toolsCost } from './extra-cost.ts';
import { openaiCompatible } from './openai-compatible.ts';
import { xaiAccount } from './xai-account.ts';

export const xai = openaiCompatible({
  id: 'xai',
  name: 'xAI',
  base: 'https://api.x.ai/v1',
  priceCatalogue: 'x-ai',
  afterAbort: 'billing stops',
  probeModel: 'grok-4-fast-non-reasoning',
  counting: { reasoning: 'beside output', cached: 'maybe beside input' },
  // A tick is a tenth of a nano-dollar.
  readCost: (usage, numbers) => numbers.money(usage['cost_in_usd_ticks'], -1),
  // Every tool that runs there is billed by the use.
  extraCost: (body, areSearchesPriced) =>
    toolsCost(body, /^(?!function$|mcp$|custom$)/, areSearchesPriced),
  account: xaiAccount,
});
