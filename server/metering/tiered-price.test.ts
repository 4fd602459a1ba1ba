import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ServiceTier } from '../../contract/usage.ts';
import { createPriceBook } from './price-book.ts';
import { isBelievedPrice } from './tiered-price.ts';

const AT = Date.parse('2026-11-30T12:00:00Z');
const book = createPriceBook();

function priceOf(
  catalogue: string | null,
  model: string,
  how: { served?: ServiceTier; asked?: ServiceTier },
) {
  return book.find({ catalogue, tiersOf: catalogue, model, at: AT, inputTokens: 1_000, ...how });
}

/** Dollars for a million tokens of input and of output. */
function dollars(catalogue: string, model: string, served: ServiceTier) {
  const { input, output } = priceOf(catalogue, model, { served })?.rates ?? assert.fail(model);
  return [(input ?? 0) / 1e9, (output ?? 0) / 1e9];
}

test('each tier has the price that its vendor publishes', () => {
  const sooner = { tier: 'priority' };
  assert.deepEqual(dollars('openai', 'gpt-4o', sooner), [4.25, 17]);
  assert.deepEqual(dollars('openai', 'gpt-4o-2024-05-13', sooner), [8.75, 26.25]);
  assert.deepEqual(dollars('openai', 'gpt-4o-mini-2024-07-18', sooner), [0.25, 1]);
  assert.deepEqual(dollars('openai', 'gpt-4.1', sooner), [3.5, 14]);
  assert.deepEqual(dollars('openai', 'o4-mini', sooner), [2, 8]);
  assert.deepEqual(dollars('openai', 'gpt-5-mini-2025-08-07', sooner), [0.45, 3.6]);
  assert.deepEqual(dollars('openai', 'gpt-5.1', { tier: 'fast' }), [2.5, 20]);
  assert.deepEqual(dollars('openai', 'gpt-5.5', sooner), [12.5, 75]);
  assert.deepEqual(dollars('openai', 'gpt-5.6-sol', sooner), [8, 40]);
  assert.deepEqual(dollars('openai', 'gpt-6-astra', { tier: 'ultrafast' }), [60, 300]);
  assert.deepEqual(dollars('openai', 'gpt-5.4-nano', { tier: 'flex' }), [0.1, 0.625]);
  assert.deepEqual(dollars('anthropic', 'claude-opus-4-6', { speed: 'fast' }), [30, 150]);
  assert.deepEqual(dollars('anthropic', 'claude-opus-5-5', { speed: 'fast' }), [8, 40]);
  assert.deepEqual(dollars('google', 'gemini-2.5-flash', { tier: 'flex' }), [0.15, 1.25]);
});

test('cached tokens and writes to a cache cost as many times as much, and tools the same', () => {
  const served = { speed: 'fast', region: 'us' };
  const price = priceOf('anthropic', 'claude-opus-5', { served }) ?? assert.fail();
  assert.equal(price.id, 'genai-prices@0.1.8/anthropic/claude-opus-5+fast*2+us*11/10');
  assert.equal(price.rates.cachedInput, 1_100_000_000);
  assert.equal(price.rates.cacheWrite5m, 13_750_000_000);
  assert.equal(price.rates.cacheWrite1h, 22_000_000_000);
  assert.equal(price.rates.units.web_search, 10_000_000_000_000);
});

test('the usual way to be served has the list price itself, and so has what is paid for beforehand', () => {
  const list = priceOf('openai', 'gpt-4.1', {});
  assert.equal(priceOf('openai', 'gpt-4.1', { served: { tier: '' } }), list);
  assert.equal(priceOf('openai', 'gpt-4.1', { served: { tier: 'scale' } }), list);
});

test('what is asked for is reckoned at its dearer price, and never at a cheaper one', () => {
  assert.equal(priceOf('openai', 'gpt-4o', { asked: { tier: 'priority' } })?.rates.output, 17e9);
  assert.equal(priceOf('openai', 'gpt-4o', { asked: { tier: 'flex' } })?.rates.output, 10e9);
});

test('a tier without a known price costs the dearest that is known of its kind, and its price says so', () => {
  const list = priceOf('openai', 'gpt-4-turbo', {})?.rates.input ?? 0;
  const sooner = priceOf('openai', 'gpt-4-turbo', { served: { tier: 'priority' } });
  assert.deepEqual(
    [sooner?.id, sooner?.rates.input],
    ['genai-prices@0.1.8/openai/gpt-4-turbo+priority*5/2?', list * 2.5],
  );
  const unheard = priceOf('openai', 'gpt-4-turbo', { served: { tier: 'warp' } });
  assert.deepEqual(
    [unheard?.id, unheard?.rates.input],
    ['genai-prices@0.1.8/openai/gpt-4-turbo+?*6?', list * 6],
  );
  const elsewhere = priceOf('groq', 'llama-3.1-8b-instant', { served: { tier: 'performance' } });
  assert.equal(elsewhere?.id, 'genai-prices@0.1.8/groq/llama-3.1-8b-instant?');
  const lent = priceOf('x-ai', 'grok-4.5', { asked: { tier: 'priority' } });
  assert.match(lent?.id ?? '', /grok-4\.5\+priority\*5\/2\?$/);
  for (const price of [sooner, unheard, elsewhere, lent])
    assert.ok(isBelievedPrice(price?.id ?? ''));
  assert.ok(!isBelievedPrice(priceOf('openai', 'gpt-4o', { served: { tier: 'flex' } })?.id ?? ''));
});

test('nothing is taken for a tier where no vendor is known, unless the operator says so', () => {
  const own = createPriceBook({
    overridesJson: '{"m": {"input": 1}, "n": {"input": 1, "tiers": {"priority": 2}}}',
  });
  const dearness = (model: string, tier: string) => {
    const where = { catalogue: 'openai', tiersOf: null, model, at: AT, inputTokens: 1 };
    const [list, price] = [{}, { served: { tier } }].map((how) => own.find({ ...where, ...how }));
    return (price?.rates.input ?? 0) / (list?.rates.input ?? 0);
  };
  for (const tier of ['priority', 'flex', 'ultrafast', 'of-our-own']) {
    assert.deepEqual([dearness('m', tier), dearness('gpt-4o', tier)], [1, 1], tier);
  }
  assert.equal(dearness('n', 'priority'), 2);
});

test('a model that is resold has the factors of its vendor', () => {
  const fast = priceOf('openrouter', 'anthropic/claude-opus-4.6', { asked: { speed: 'fast' } });
  assert.match(fast?.id ?? '', /\+fast\*6$/);
  const sooner = priceOf('openrouter', 'openai/gpt-5.1', { asked: { tier: 'priority' } });
  assert.match(sooner?.id ?? '', /\+priority\*2$/);
});

test('the prices of the operator have the same factors on top, unless the operator says others', () => {
  const own = createPriceBook({
    overridesJson: `{"gpt-4o": {"input": 0.001, "output": 0.002},
      "gpt-5": {"input": 0.001, "output": 0.002, "tiers": {"priority": "1.25", "flex": 1, "own": 0}}}`,
  });
  const rates = (model: string, tier: string) => {
    const where = { catalogue: 'openai', tiersOf: 'openai', model, at: AT, inputTokens: 1 };
    const { id, rates: found } = own.find({ ...where, served: { tier } }) ?? assert.fail();
    return [found.input, found.output, isBelievedPrice(id)];
  };
  assert.deepEqual(rates('gpt-4o', 'priority'), [1.7e9, 3.4e9, false]);
  assert.deepEqual(rates('gpt-5', 'priority'), [1.25e9, 2.5e9, false]);
  assert.deepEqual(rates('gpt-5', 'flex'), [1e9, 2e9, false]);
  assert.deepEqual(rates('gpt-5', 'own'), [0, 0, false]);
  assert.deepEqual(rates('gpt-5', 'ultrafast'), [6e9, 12e9, true]);
});

test('whatever word a server or a caller writes, prices have few ids and rates that are whole', () => {
  const ids = new Set<string>();
  const word = fc.string({ maxLength: 40 });
  fc.assert(
    fc.property(word, word, word, (tier, speed, region) => {
      for (const catalogue of ['openai', 'anthropic', 'mistral']) {
        const served = { tier, speed, region };
        const price = priceOf(catalogue, 'gpt-4o', { served });
        if (price === null) continue;
        ids.add(price.id);
        for (const rate of Object.values(price.rates)) {
          if (typeof rate === 'number') assert.ok(Number.isSafeInteger(rate) && rate >= 0);
        }
      }
    }),
  );
  assert.ok(ids.size < 40, `${ids.size} ids`);
});
