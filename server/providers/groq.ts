import { openaiCompatible } from './openai-compatible.ts';

/** Its streams state usage as `x_groq.usage`, which the common reading knows. */
export const groq = openaiCompatible({
  id: 'groq',
  name: 'Groq',
  base: 'https://api.groq.com/openai/v1',
  priceCatalogue: 'groq',
  afterAbort: 'billing goes on',
  probeModel: 'llama-3.1-8b-instant',
});
