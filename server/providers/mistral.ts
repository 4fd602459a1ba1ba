import { openaiCompatible } from './openai-compatible.ts';

/** Bills recordings by the second: `prompt_audio_seconds`, which the common reading knows. */
export const mistral = openaiCompatible({
  id: 'mistral',
  name: 'Mistral AI',
  base: 'https://api.mistral.ai/v1',
  // For the completion of code in editors, with keys of its own.
  otherBases: ['https://codestral.mistral.ai/v1'],
  priceCatalogue: 'mistral',
  afterAbort: 'billing goes on',
  // Its streams state their usage by themselves, and a request that asks for it is refused.
  streamUsage: 'always',
  probeModel: 'ministral-8b-latest',
});
