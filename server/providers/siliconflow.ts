import { openaiCompatible } from './openai-compatible.ts';

export const siliconflow = openaiCompatible({
  id: 'siliconflow',
  name: 'SiliconFlow',
  base: 'https://api.siliconflow.cn/v1',
  priceCatalogue: null,
  // Not documented, so the dearer case is assumed: an aborted answer is read to its end.
  afterAbort: 'billing goes on',
});
