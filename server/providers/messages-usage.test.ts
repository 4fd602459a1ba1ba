import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNKNOWN_USAGE } from '../../contract/usage.ts';
import { readMessagesUsage } from './messages-usage.ts';

const start = {
  tokens: { ...UNKNOWN_USAGE, input: 2125, cachedInput: 2000, cacheWrite5m: 0, cacheWrite1h: 100 },
  cost: null,
  units: {},
  flawed: false,
};
const delta = (usage: object) => ({ type: 'message_delta', usage });

test('the output figure of a start is a placeholder and is not taken for usage', () => {
  const body = { type: 'message_start', message: { usage: { input_tokens: 5, output_tokens: 1 } } };
  assert.deepEqual(readMessagesUsage(body)?.tokens, { ...UNKNOWN_USAGE, input: 5 });
});

test('a delta that restates the input without its cache fields keeps the cached part in the total', () => {
  const body = delta({ input_tokens: 40, output_tokens: 9 });
  assert.equal(readMessagesUsage(body, { before: start })?.tokens.input, 2140);
});

test('a delta whose cache writes have grown counts the growth as five-minute writes', () => {
  const body = delta({
    input_tokens: 25,
    cache_read_input_tokens: 2000,
    cache_creation_input_tokens: 130,
    output_tokens: 9,
  });
  assert.deepEqual(readMessagesUsage(body, { before: start })?.tokens, {
    input: 2155,
    cachedInput: 2000,
    cacheWrite5m: 30,
    cacheWrite1h: 100,
    output: 9,
    reasoning: null,
  });
});

test('a delta after a start without input supplies the input', () => {
  const before = { ...start, tokens: { ...UNKNOWN_USAGE, input: 0 } };
  const body = delta({ input_tokens: 30, output_tokens: 9 });
  assert.equal(readMessagesUsage(body, { before })?.tokens.input, 30);
});

test('a cache write is never counted in two lifetimes when a delta repeats only its sum', () => {
  const body = delta({
    input_tokens: 25,
    cache_read_input_tokens: 2000,
    cache_creation_input_tokens: 100,
    output_tokens: 9,
  });
  const { cacheWrite5m, cacheWrite1h } = readMessagesUsage(body)?.tokens ?? UNKNOWN_USAGE;
  assert.deepEqual([cacheWrite5m, cacheWrite1h], [null, null]);
});
