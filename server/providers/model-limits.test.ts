import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readModelLimits, UNKNOWN_LIMITS } from './model-limits.ts';

test('the limits of a model are read from the lists of those vendors that state them', () => {
  const listed: readonly [string, object, number | null, number | null][] = [
    [
      'OpenRouter, of the vendor behind it that serves first',
      {
        context_length: 1_000_000,
        top_provider: { context_length: 128_000, max_completion_tokens: 16_384 },
      },
      16_384,
      128_000,
    ],
    [
      'OpenRouter, where that vendor states none',
      {
        context_length: 8_192,
        top_provider: { context_length: null, max_completion_tokens: null },
      },
      null,
      8_192,
    ],
    ['Anthropic', { max_input_tokens: 200_000, max_tokens: 64_000 }, 64_000, 200_000],
    ['Groq', { context_window: 131_072, max_completion_tokens: 32_768 }, 32_768, 131_072],
    ['Mistral', { max_context_length: 32_768 }, null, 32_768],
    ['vLLM', { max_model_len: 4_096 }, null, 4_096],
    ['Gemini', { inputTokenLimit: 1_048_576, outputTokenLimit: 65_536 }, 65_536, 1_048_576],
    ['Novita', { context_size: 64_000, max_output_tokens: 8_000 }, 8_000, 64_000],
    ['OpenAI', { object: 'model', owned_by: 'openai' }, null, null],
  ];
  for (const [vendor, entry, output, context] of listed) {
    assert.deepEqual(readModelLimits({ id: 'm', ...entry }), { output, context }, vendor);
  }
});

test('`max_tokens` alone is no maximum of output: some servers mean the whole window by it', () => {
  assert.equal(readModelLimits({ max_tokens: 32_768 }), UNKNOWN_LIMITS);
});

test('a figure that cannot be true is not known, and another one that can is taken', () => {
  for (const wrong of [0, -1, 1.5, 10_000_001, 2 ** 60, Number.NaN, '4096', true, null, [], {}]) {
    const entry = { max_completion_tokens: wrong, context_length: wrong };
    assert.equal(readModelLimits(entry), UNKNOWN_LIMITS, String(wrong));
    const other = { ...entry, max_output_tokens: 100, max_model_len: 1_000 };
    assert.deepEqual(readModelLimits(other), { output: 100, context: 1_000 }, String(wrong));
  }
});

test('no entry of a list makes the reading throw or gives a figure that is none', () => {
  const names = ['top_provider', 'max_completion_tokens', 'max_tokens', 'max_input_tokens', 'id'];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), (entry) => {
      const { output, context } = readModelLimits(entry);
      for (const figure of [output, context]) {
        assert.ok(figure === null || (Number.isInteger(figure) && figure >= 1));
      }
    }),
  );
});
