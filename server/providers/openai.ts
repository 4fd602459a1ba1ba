import { openaiAccount } from './openai-account.ts';
import { openaiCompatible } from './openai-compatible.ts';

export const openai = openaiCompatible({
  id: 'openai',
  name: 'OpenAI',
  base: 'https://api.openai.com/v1',
  priceCatalogue: 'openai',
  afterAbort: 'billing stops',
  // Its reasoning models refuse `max_tokens`.
  chatBound: () => 'max_completion_tokens',
  unnamedModel: { moderations: 'omni-moderation-latest' },
  account: openaiAccount,
});
