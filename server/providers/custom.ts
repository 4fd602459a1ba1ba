import { bearer, openaiCompatible } from './openai-compatible.ts';

/** The names of OpenAI's reasoning models, also as deployments are named after them. */
const REASONS = /(^|\/)(o\d|gpt-?([5-9]|1\d)(?!\d))/i;

/**
 * Any OpenAI-compatible server at an address that the operator names: vLLM, Ollama, llama.cpp, Azure.
 * The base is only what stands there if nobody names one: Ollama on this machine.
 */
export const custom = openaiCompatible({
  id: 'custom',
  name: 'OpenAI-compatible server',
  base: 'http://127.0.0.1:11434/v1',
  // vLLM and llama.cpp answer Anthropic's messages too.
  dialects: ['openai', 'anthropic'],
  // Azure reads `api-key`, Anthropic's clients send `x-api-key`, most read a bearer token; each
  // overlooks the others' headers.
  authorize: (secret) => ({ ...bearer(secret), 'api-key': secret, 'x-api-key': secret }),
  // An upstream base stands in for OpenAI unless the operator says that it is local.
  priceCatalogue: 'openai',
  // For its tiers of service it does not: many have words of their own, or repeat what they were asked.
  tiersOf: null,
  afterAbort: 'billing stops',
  // On Azure as at home.
  chatBound: (model) => (REASONS.test(model ?? '') ? 'max_completion_tokens' : 'max_tokens'),
});
