import { openaiCompatible } from './openai-compatible.ts';

/** States cached input as `prompt_cache_hit_tokens`, which the common reading knows. */
export const deepseek = openaiCompatible({
  id: 'deepseek',
  name: 'DeepSeek',
  base: 'https://api.deepseek.com/v1',
  priceCatalogue: 'deepseek',
  afterAbort: 'billing stops',
});
