import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { COST_MAX, nanos, UNITS_PER_PRICE } from '../../contract/money.ts';
import { type ReportedUsage, type TokenUsage, UNKNOWN_USAGE } from '../../contract/usage.ts';
import { type Price, type Rates, rate } from './rate.ts';

const count = fc.nat({ max: 2_000_000 });
const rateValue = fc.nat({ max: 200_000_000_000 });

const arbitraryTokens = fc.record({
  input: fc.option(count),
  cachedInput: fc.option(count),
  cacheWrite5m: fc.option(count),
  cacheWrite1h: fc.option(count),
  output: fc.option(count),
  reasoning: fc.option(count),
});

const arbitraryRates = fc.record({
  input: rateValue,
  cachedInput: rateValue,
  cacheWrite5m: rateValue,
  cacheWrite1h: rateValue,
  output: rateValue,
  reasoning: rateValue,
  units: fc.record({ image: rateValue, request: rateValue }),
});

function usageOf(tokens: Partial<TokenUsage>, units: ReportedUsage['units'] = {}): ReportedUsage {
  return { tokens: { ...UNKNOWN_USAGE, ...tokens }, cost: null, units, flawed: false };
}

function priceOf(rates: Partial<Rates>): Price {
  const none = { input: null, cachedInput: null, cacheWrite5m: null, cacheWrite1h: null };
  return {
    id: 'p',
    source: 'setting',
    rates: { ...none, output: null, reasoning: null, units: {}, ...rates },
  };
}

function costOfUsage(usage: ReportedUsage, rates: Partial<Rates>): number | null {
  return rate({ usage, price: priceOf(rates), local: false }).cost;
}

/** The same bill in big integers, written independently: half of a nano-dollar is added, the rest cut. */
function oracle(tokens: TokenUsage, rates: Rates, images: number): bigint {
  const known = (value: number | null) => BigInt(value ?? 0);
  const cached = known(tokens.cachedInput);
  const writes = known(tokens.cacheWrite5m) + known(tokens.cacheWrite1h);
  const rest = known(tokens.input) - cached - writes;
  const output = known(tokens.output);
  const reasoning = known(tokens.reasoning) > output ? output : known(tokens.reasoning);
  const total =
    (rest > 0n ? rest : 0n) * known(rates.input) +
    cached * known(rates.cachedInput) +
    known(tokens.cacheWrite5m) * known(rates.cacheWrite5m) +
    known(tokens.cacheWrite1h) * known(rates.cacheWrite1h) +
    (output - reasoning) * known(rates.output) +
    reasoning * known(rates.reasoning) +
    BigInt(images) * BigInt(rates.units.image ?? 0) +
    BigInt(rates.units.request ?? 0);
  const million = BigInt(UNITS_PER_PRICE);
  return (total + million / 2n) / million;
}

test('a cost equals the exact sum over all classes, rounded once, and is never negative', () => {
  fc.assert(
    fc.property(arbitraryTokens, arbitraryRates, fc.nat({ max: 100 }), (tokens, rates, images) => {
      const cost = costOfUsage(usageOf(tokens, { image: images }), rates);
      assert.equal(BigInt(cost ?? -1), oracle(tokens, rates, images));
      assert.ok(cost !== null && cost >= 0);
    }),
  );
});

test('more input or more output never costs less', () => {
  fc.assert(
    fc.property(arbitraryTokens, arbitraryRates, count, (tokens, rates, more) => {
      const before = costOfUsage(usageOf(tokens), rates) ?? -1;
      const input = { ...tokens, input: (tokens.input ?? 0) + more };
      assert.ok((costOfUsage(usageOf(input), rates) ?? -1) >= before);
      const reasoning = Math.min(tokens.reasoning ?? 0, tokens.output ?? 0);
      const output = { ...tokens, reasoning, output: (tokens.output ?? 0) + more };
      assert.ok((costOfUsage(usageOf(output), rates) ?? -1) >= before);
    }),
  );
});

test('the cost that the upstream states comes before any price', () => {
  const usage = { ...usageOf({ input: 1_000 }), cost: nanos(77) };
  const price = priceOf({ input: 5 });
  assert.deepEqual(rate({ usage, price, local: true }), {
    cost: 77,
    source: 'upstream',
    priceId: null,
  });
});

test('an upstream that states a cost of zero is believed, one that states a negative cost is not (T24)', () => {
  const price = priceOf({ input: 1_000_000 });
  const free = { ...usageOf({ input: 3 }), cost: nanos(0) };
  assert.deepEqual(rate({ usage: free, price, local: false }), {
    cost: 0,
    source: 'upstream',
    priceId: null,
  });
  const credit = { ...usageOf({ input: 3 }), cost: nanos(-500) };
  assert.deepEqual(rate({ usage: credit, price, local: false }), {
    cost: 3,
    source: 'setting',
    priceId: 'p',
  });
});

test('without a price a local server is free and any other is unpriced, never zero', () => {
  const usage = usageOf({ input: 10, output: 10 });
  assert.deepEqual(rate({ usage, price: null, local: true }), {
    cost: 0,
    source: 'local',
    priceId: null,
  });
  assert.deepEqual(rate({ usage, price: null, local: false }), {
    cost: null,
    source: 'unpriced',
    priceId: null,
  });
});

test('a price that was set for a local model is applied', () => {
  const rating = rate({
    usage: usageOf({ input: 2 }),
    price: priceOf({ input: 1_000_000 }),
    local: true,
  });
  assert.deepEqual(rating, { cost: 2, source: 'setting', priceId: 'p' });
});

test('tokens of a class without a rate make the whole unpriced', () => {
  assert.equal(costOfUsage(usageOf({ input: 5, output: 1 }), { input: 1_000_000 }), null);
  assert.equal(costOfUsage(usageOf({ input: 5, output: 0 }), { input: 1_000_000 }), 5);
});

test('units without a rate make the whole unpriced only where nothing else is billed', () => {
  const rates = { input: 1_000_000, output: 1_000_000 };
  assert.equal(costOfUsage(usageOf({}, { image: 2 }), rates), null);
  assert.equal(costOfUsage(usageOf({}, { request: 1 }), rates), null);
  assert.equal(costOfUsage(usageOf({ input: 7 }, { image: 2 }), rates), 7);
});

test('a price per request is charged once, counted or not', () => {
  const rates = { units: { request: 4_000_000 } };
  assert.equal(costOfUsage(usageOf({}), rates), 4);
  assert.equal(costOfUsage(usageOf({}, { request: 1 }), rates), 4);
  assert.equal(costOfUsage(usageOf({}, { request: 3 }), rates), 12);
});

test('a second begun is a second', () => {
  const rates = { units: { second: 1_000_000 } };
  assert.equal(costOfUsage(usageOf({}, { second: 1.2 }), rates), 2);
});

test('cached input beyond the total does not turn the rest into a credit', () => {
  const rates = { input: 9_000_000, cachedInput: 1_000_000 };
  assert.equal(costOfUsage(usageOf({ input: 2, cachedInput: 10 }), rates), 10);
});

test('a cost that nobody is billed counts as a million dollars, whoever states it', () => {
  const usage = usageOf({ input: Number.MAX_SAFE_INTEGER });
  assert.equal(costOfUsage(usage, { input: 1_000_000_000 }), COST_MAX);
  const stated = { ...usage, cost: nanos(2 * COST_MAX) };
  assert.equal(rate({ usage: stated, price: null, local: false }).cost, COST_MAX);
});

test('what nobody counted is unpriced, unless the price is one for each request', () => {
  const local = false;
  const bySecond = priceOf({ units: { second: 100 } });
  assert.equal(rate({ usage: usageOf({}), price: bySecond, local }).cost, null);
  assert.equal(rate({ usage: usageOf({}, { second: 0 }), price: bySecond, local }).cost, 0);
  assert.equal(rate({ usage: usageOf({ input: 0 }), price: bySecond, local }).cost, 0);
  const byRequest = priceOf({ units: { request: UNITS_PER_PRICE } });
  assert.equal(rate({ usage: usageOf({}), price: byRequest, local }).cost, 1);
});
