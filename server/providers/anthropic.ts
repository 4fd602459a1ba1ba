import { anthropicAccount } from './anthropic-account.ts';
import { bearer, openaiCompatible } from './openai-compatible.ts';

export const anthropic = openaiCompatible({
  id: 'anthropic',
  name: 'Anthropic',
  base: 'https://api.anthropic.com/v1',
  dialects: ['anthropic', 'openai'],
  // Its own API wants the key in a header of its own; its OpenAI-compatible one takes a bearer token.
  authorize: (secret, dialect) =>
    dialect === 'anthropic' ? { 'x-api-key': secret } : bearer(secret),
  // Later versions refuse fields that older clients send, so a caller that names none gets the oldest.
  defaultHeaders: { 'anthropic-version': '2023-06-01' },
  priceCatalogue: 'anthropic',
  afterAbort: 'billing stops',
  // A page has twenty, and there are more.
  modelsQuery: { limit: '1000' },
  probeModel: 'claude-haiku-4-5',
  // Of its OpenAI-compatible API; messages state their usage always.
  streamUsage: 'when asked',
  account: anthropicAccount,
});
