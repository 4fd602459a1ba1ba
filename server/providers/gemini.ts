import { openaiCompatible } from './openai-compatible.ts';

/**
 * Google's OpenAI-compatible surface. What a model thought is billed as output and is no part of the completion
 * tokens: as a rule only the total has it. Errors may come as an array around the usual object.
 */
export const gemini = openaiCompatible({
  id: 'gemini',
  name: 'Google Gemini',
  base: 'https://generativelanguage.googleapis.com/v1beta/openai',
  priceCatalogue: 'google',
  afterAbort: 'billing goes on',
  listedPrefix: 'models/',
  probeModel: 'gemini-2.5-flash-lite',
  counting: { reasoning: 'rest of total' },
});
