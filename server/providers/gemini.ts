import { openaiCompatible } from './openai-compatible.ts';

/**
 * Google's OpenAI-compatible surface. Thinking tokens stand beside the completion tokens; the common
 * reading adds them where the total says so. Errors may come as an array around the usual object.
 */
export const gemini = openaiCompatible({
  id: 'gemini',
  name: 'Google Gemini',
  base: 'https://generativelanguage.googleapis.com/v1beta/openai',
  priceCatalogue: 'google',
  afterAbort: 'billing goes on',
  probeModel: 'gemini-2.5-flash-lite',
});
