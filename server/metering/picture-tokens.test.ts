import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pictureRule, pictureTokens } from './picture-tokens.ts';

function tokens(model: string, [width, height]: readonly [number, number], detail?: string) {
  return pictureTokens({ size: { width, height }, detail }, pictureRule(model)).usual;
}

test('pictures of models that cut them into tiles cost what the vendor reckons', () => {
  assert.equal(tokens('gpt-4o', [1_024, 1_024]), 765);
  assert.equal(tokens('gpt-4o', [2_048, 4_096]), 1_105);
  assert.equal(tokens('openai/gpt-4o-2024-08-06', [4_096, 8_192], 'low'), 85);
  assert.equal(tokens('gpt-4o-mini', [1_024, 1_024]), 25_501);
  assert.equal(tokens('gpt-4o-mini', [300, 200]), 8_500);
  assert.equal(tokens('ft:gpt-4o-mini-2024-07-18:acme::a1B2', [300, 200]), 8_500);
  assert.equal(tokens('gpt-4.1', [1_024, 1_024]), 765);
  assert.equal(tokens('o3', [1_024, 1_024]), 675);
  assert.equal(tokens('gpt-5-2025-08-07', [1_024, 1_024]), 630);
  assert.equal(tokens('gpt-5.1', [1_024, 1_024]), 630);
});

test('pictures of models that lay patches over them cost what they do there', () => {
  assert.equal(tokens('gpt-5-mini', [1_024, 1_024]), 1_659);
  assert.equal(tokens('gpt-4.1-nano', [1_024, 1_024]), 2_520);
  assert.equal(tokens('o4-mini', [4_000, 4_000]), 2_642);
  // Twelve megapixels: what was measured, or a little more where it is scaled down.
  const photo = [4_032, 3_024] as const;
  assert.equal(tokens('gpt-6-astra', photo), 14_364);
  assert.equal(tokens('gpt-5.6-sol', photo), 14_364);
  assert.ok([2_942, 3_000].includes(tokens('gpt-6-astra', photo, 'high')));
  assert.equal(tokens('gpt-5.5', photo), 12_000);
  assert.equal(tokens('gpt-5.4', photo), 3_000);
  assert.equal(tokens('gpt-5.4', photo, 'original'), 12_000);
  assert.equal(tokens('gpt-5.2', photo), 1_844);
  assert.equal(tokens('gpt-6-sol', [256, 256]), 77);
});

test('of one vendor older models scale down further than newer ones', () => {
  assert.equal(tokens('claude-haiku-4-5', [1_024, 1_024]), 1_369);
  assert.equal(tokens('claude-sonnet-4-5-20250929', [1_920, 1_080]), 1_568);
  assert.equal(tokens('claude-opus-4-20250514', [8_000, 6_000]), 1_568);
  assert.equal(tokens('claude-opus-4-7', [1_920, 1_080]), 2_691);
  assert.equal(tokens('anthropic/claude-opus-5.5', [8_000, 8_000]), 4_784);
});

test('without a size the usual is that of a common picture, and the most what none exceeds', () => {
  const nothing = { size: null, detail: undefined };
  const unseen = (model: unknown) => pictureTokens(nothing, pictureRule(model));
  assert.deepEqual(unseen('gpt-4o'), { usual: 765, most: 1_445 });
  assert.deepEqual(unseen('gpt-4o-mini'), { usual: 25_501, most: 48_169 });
  assert.deepEqual(unseen('claude-opus-5'), { usual: 1_369, most: 4_784 });
  assert.deepEqual(unseen('gpt-6-astra'), { usual: 1_229, most: 14_364 });
  assert.deepEqual(unseen('gemini-3-flash'), { usual: 1_600, most: 1_600 });
  assert.deepEqual(unseen('grok-4'), { usual: 1_792, most: 1_792 });
  for (const model of ['qwen-vl-max', undefined, 7, '', 'x'.repeat(100_000)]) {
    assert.deepEqual(unseen(model), { usual: 1_369, most: 4_096 });
  }
});
