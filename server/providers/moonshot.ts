import { openaiCompatible } from './openai-compatible.ts';

/** Its streams may state usage inside the last choice, which the common reading knows. */
export const moonshot = openaiCompatible({
  id: 'moonshot',
  name: 'Moonshot AI',
  base: 'https://api.moonshot.ai/v1',
  priceCatalogue: 'moonshotai',
  // Not documented, so the dearer case is assumed: an aborted answer is read to its end.
  afterAbort: 'billing goes on',
});
