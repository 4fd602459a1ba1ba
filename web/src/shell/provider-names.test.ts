import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesApart } from './provider-names.ts';

test('a name that two keys have is told with the provider of each', () => {
  const keys = [
    { name: 'ours', platform: 'openai' },
    { name: 'ours', platform: 'anthropic' },
    { name: 'spare', platform: 'groq' },
  ];
  const providerName = (id: string) => (id === 'openai' ? 'OpenAI' : id);
  assert.deepEqual(namesApart(keys, providerName), ['ours (OpenAI)', 'ours (anthropic)', 'spare']);
});
