import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPriceBook } from './price-book.ts';

const AT = Date.parse('2026-11-21T12:00:00Z');
const book = createPriceBook();

function find(catalogue: string | null, model: string, inputTokens = 1_000, at = AT) {
  return book.find({ catalogue, model, at, inputTokens });
}

test('the embedded catalogue prices a model under its dated name and says where the price is from', () => {
  const price = find('openai', 'gpt-4o-mini-2024-07-18');
  assert.equal(price?.id, 'genai-prices@0.1.8/openai/gpt-4o-mini');
  assert.equal(price?.source, 'catalogue');
  assert.equal(price?.rates.input, 150_000_000);
  assert.equal(price?.rates.cachedInput, 75_000_000);
  assert.equal(price?.rates.output, 600_000_000);
});

test('cache writes of five minutes and of one hour have their own rates', () => {
  const rates = find('anthropic', 'claude-sonnet-4-5-20250929')?.rates;
  assert.equal(rates?.cacheWrite5m, 3_750_000_000);
  assert.equal(rates?.cacheWrite1h, 6_000_000_000);
});

test('the tier of a long prompt applies to the whole of it, and only above its start', () => {
  assert.equal(
    find('google', 'gemini-2.5-pro', 200_000)?.id,
    'genai-prices@0.1.8/google/gemini-2.5-pro',
  );
  const long = find('google', 'gemini-2.5-pro', 200_001);
  assert.equal(long?.id, 'genai-prices@0.1.8/google/gemini-2.5-pro>200000');
  assert.equal(long?.rates.input, 2_500_000_000);
  assert.equal(long?.rates.output, 15_000_000_000);
});

test('the price is that of the instant of the request, also when asked back and forth', () => {
  const before = Date.parse('2025-06-09T12:00:00Z');
  assert.equal(find('openai', 'o3', 1, before)?.rates.input, 10_000_000_000);
  assert.equal(find('openai', 'o3', 1, AT)?.rates.input, 2_000_000_000);
  assert.equal(find('openai', 'o3', 1, before)?.rates.input, 10_000_000_000);
});

test('a price is compiled once and then handed out again', () => {
  assert.equal(find('openai', 'gpt-4.1'), find('openai', 'gpt-4.1'));
});

test('an unknown model, catalogue or absurd name has no price', () => {
  assert.equal(find('openai', 'no-such-model'), null);
  assert.equal(find('no-such-catalogue', 'gpt-4o'), null);
  assert.equal(find('openai', `gpt-4o${'x'.repeat(10_000)}`), null);
  assert.equal(find('openai', ''), null);
});

test('a local model has no list price, even under the name of a sold one', () => {
  assert.equal(find(null, 'gpt-4o-mini'), null);
});

test('a free model has a price of zero', () => {
  assert.equal(find('openrouter', 'deepseek/deepseek-r1:free')?.rates.input, 0);
  assert.equal(find('openai', 'omni-moderation-latest')?.rates.input, 0);
});

test('a model has the same price under the name that its vendor lists it by', () => {
  const listed = find('google', 'models/gemini-2.5-flash');
  assert.equal(listed?.rates.output, 2_500_000_000);
  assert.deepEqual(listed, find('google', 'gemini-2.5-flash'));
  assert.equal(find('openai', 'models/gpt-4o'), null);
});

test('an alias that the catalogue has wrong gets the price of the model behind it', () => {
  const price = find('mistral', 'mistral-large-latest');
  assert.equal(price?.id, 'genai-prices@0.1.8/mistral/mistral-large-2512');
  assert.equal(price?.rates.input, 500_000_000);
  assert.equal(price?.rates.output, 1_500_000_000);
});

for (const [catalogue, model] of [
  ['deepseek', 'deepseek-chat'],
  ['deepseek', 'deepseek-v4-pro'],
  ['mistral', 'mistral-small-latest'],
  ['openai', 'gpt-4o-transcribe'],
  ['openai', 'gpt-4o-search-preview'],
  ['openai', 'gpt-4o-mini-search-preview-2025-03-11'],
] as const) {
  test(`${model} is unpriced rather than wrong, until the operator sets its price`, () => {
    assert.equal(find(catalogue, model), null);
    const own = createPriceBook({ overridesJson: `{"${model}":{"input":0.0001,"output":0.0002}}` });
    const price = own.find({ catalogue, model, at: AT, inputTokens: 1 });
    assert.equal(price?.source, 'setting');
    assert.equal(price?.rates.input, 100_000_000);
  });
}

test("the operator's price comes before the catalogue's and holds for local models too", () => {
  const own = createPriceBook({ overridesJson: '{"gpt-4o":{"input":1,"output":1}}' });
  for (const catalogue of ['openai', null]) {
    const price = own.find({ catalogue, model: 'gpt-4o', at: AT, inputTokens: 1 });
    assert.match(price?.id ?? '', /^setting\/gpt-4o\//);
  }
});

test('an invalid setting stops the start', () => {
  assert.throws(
    () => createPriceBook({ overridesJson: '{"m":{"input":-1}}' }),
    /model "m", field "input"/,
  );
});

test('no name makes the book throw (T60)', () => {
  const odd = fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'gpt-4o\u0000', '(((('),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('openai', 'openrouter', 'mistral', '__proto__'),
      odd,
      (catalogue, model) => {
        const price = find(catalogue, model);
        assert.ok(price === null || price.source === 'catalogue');
      },
    ),
    { numRuns: 50 },
  );
});

test('a flood of invented names leaves known prices as they are', () => {
  const price = find('groq', 'llama-3.3-70b-versatile');
  for (let i = 0; i < 2_100; i++) find('groq', `invented-${i}`);
  assert.deepEqual(find('groq', 'llama-3.3-70b-versatile'), price);
});

test('a list names priced models only, at the price that would be applied', () => {
  const own = createPriceBook({
    overridesJson: '{"gpt-4o":{"input":1,"output":2},"mine":{"input":0,"output":0}}',
  });
  const list = own.list('openai', AT);
  assert.deepEqual(
    list.find(({ model }) => model === 'gpt-4o-mini'),
    {
      model: 'gpt-4o-mini',
      input: 150_000_000,
      output: 600_000_000,
    },
  );
  assert.equal(list.find(({ model }) => model === 'gpt-4o')?.input, 1_000_000_000_000);
  assert.deepEqual(
    own.list(null, AT).map(({ model }) => model),
    ['gpt-4o', 'mine'],
  );
  assert.deepEqual(own.list('deepseek', AT), []);
  assert.deepEqual(own.list('no-such-catalogue', AT), []);
});
