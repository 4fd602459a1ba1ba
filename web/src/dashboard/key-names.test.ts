import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesApart } from './key-names.ts';

test('a name that two keys have is told with the provider of each', () => {
  const [ours, theirs, spare] = [
    { name: 'ours', platform: 'openai' },
    { name: 'ours', platform: 'anthropic' },
    { name: 'spare', platform: 'groq' },
  ];
  assert.deepEqual(namesApart([ours, theirs, spare]), [
    'ours · openai',
    'ours · anthropic',
    'spare',
  ]);
});
