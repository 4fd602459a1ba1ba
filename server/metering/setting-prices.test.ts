import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettingPrices } from './setting-prices.ts';

function ratesOf(json: string, model: string) {
  return readSettingPrices(json).get(model)?.rates;
}

test('dollars per thousand tokens become exact nano-dollars per million', () => {
  assert.deepEqual(ratesOf('{"gpt-4o":{"input":0.005,"output":0.015}}', 'gpt-4o'), {
    input: 5_000_000_000,
    cachedInput: 5_000_000_000,
    cacheWrite5m: 5_000_000_000,
    cacheWrite1h: 5_000_000_000,
    output: 15_000_000_000,
    reasoning: 15_000_000_000,
    units: {},
  });
});

test('cache rates and prices by the piece are read, zero included', () => {
  const json = `{"m":{"input":0.003,"output":0,"cached_input":3e-4,"cache_write":0.00375,
    "image":0.04,"second":0.0001,"character":0.000015,"request":0.005,
    "web_search":0.01}}`;
  assert.deepEqual(ratesOf(json, 'm'), {
    input: 3_000_000_000,
    cachedInput: 300_000_000,
    cacheWrite5m: 3_750_000_000,
    cacheWrite1h: 3_750_000_000,
    output: 0,
    reasoning: 0,
    units: {
      image: 40_000_000_000_000,
      second: 100_000_000_000,
      character: 15_000_000_000,
      request: 5_000_000_000_000,
      web_search: 10_000_000_000_000,
    },
  });
});

test('an absent or blank setting means no prices', () => {
  assert.equal(readSettingPrices(undefined).size, 0);
  assert.equal(readSettingPrices(' \n').size, 0);
});

test('the id of a price changes with its rates and with nothing else', () => {
  const id = (json: string) => readSettingPrices(json).get('m')?.id;
  assert.match(id('{"m":{"input":1,"output":2}}') ?? '', /^setting\/m\/[0-9a-f]{12}$/);
  assert.equal(
    id('{"m":{"input":1,"output":2}}'),
    id('{"n":{"input":9},"m":{"output":2.0,"input":1}}'),
  );
  assert.notEqual(id('{"m":{"input":1,"output":2}}'), id('{"m":{"input":1,"output":3}}'));
});

const INVALID: readonly (readonly [json: string, message: RegExp])[] = [
  ['{"m":', /MODEL_PRICING_JSON is not valid JSON/],
  ['[]', /must be an object of models/],
  ['null', /must be an object of models/],
  ['{"m":5}', /model "m" must be an object of prices/],
  ['{"m":{}}', /model "m" has no price/],
  ['{"m":{"input":"cheap"}}', /model "m", field "input" must be a number of dollars/],
  ['{"m":{"input":1,"output":-0.1}}', /model "m", field "output" must be a number of dollars/],
  ['{"m":{"input":1e999}}', /model "m", field "input" must be a number of dollars/],
  ['{"m":{"input":null}}', /model "m", field "input" must be a number of dollars/],
  ['{"m":{"input":NaN}}', /is not valid JSON/],
  ['{"m":{"inputs":1}}', /model "m" has an unknown field "inputs"/],
  ['{"m":{"image":1000}}', /model "m", field "image" is more than can be counted/],
];

for (const [json, message] of INVALID) {
  test(`${json} is refused in words that name the place`, () => {
    assert.throws(() => readSettingPrices(json), { message });
  });
}

test('a model named like a part of every object is a model like any other (T62)', () => {
  const prices = readSettingPrices('{"__proto__":{"input":1,"output":1}}');
  assert.equal(prices.get('__proto__')?.rates.input, 1_000_000_000_000);
  assert.equal(Object.hasOwn(Object.prototype, 'input'), false);
});

test('factors for tiers are exact, and what is none is refused by its name', () => {
  const json = '{"m":{"input":1,"tiers":{"flex":0.5,"priority":"1.7","free":0}}}';
  assert.deepEqual(Object.fromEntries(readSettingPrices(json).get('m')?.tiers ?? []), {
    flex: { times: 1, per: 2 },
    priority: { times: 17, per: 10 },
    free: { times: 0, per: 1 },
  });
  for (const tiers of ['[]', '2', 'null', '{"flex":-1}', '{"flex":"x"}', '{"flex":101}']) {
    assert.throws(
      () => readSettingPrices(`{"m":{"input":1,"tiers":${tiers}}}`),
      /"m", field "tiers/,
    );
  }
});
