import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { calcPrice, type ModelInfo } from '@pydantic/genai-prices';
import { UNKNOWN_USAGE } from '../../contract/usage.ts';
import { systemClock } from '../clock.ts';
import {
  CATALOGUE_VERSION,
  type CatalogueModel,
  compile,
  findModel,
  listModels,
} from './catalogue.ts';
import { rate } from './rate.ts';

const CATALOGUES = [
  'openai',
  'anthropic',
  'google',
  'groq',
  'mistral',
  'moonshotai',
  'x-ai',
  'openrouter',
];

function modelOf(prices: ModelInfo['prices']): CatalogueModel {
  return { catalogue: 'somewhere', info: { id: 'model', match: { equals: 'model' }, prices } };
}

/** The rate of input at an instant, with the id of the price behind it. */
function inputAt(model: CatalogueModel, instant: string) {
  const compiled = compile(model, Date.parse(instant));
  const price = compiled?.tiers[0]?.price;
  return { id: price?.id, input: price?.rates.input, until: compiled?.until };
}

test('the version in price ids is that of the installed package', () => {
  const entry = fileURLToPath(import.meta.resolve('@pydantic/genai-prices'));
  const text = readFileSync(new URL('../package.json', `file://${entry}`), 'utf8');
  assert.equal(JSON.parse(text).version, CATALOGUE_VERSION);
});

test("compiled prices give the catalogue's own bill to the nano-dollar, in every tier", () => {
  const now = systemClock.now();
  let compared = 0;
  for (const model of CATALOGUES.flatMap((catalogue) => listModels(catalogue))) {
    const compiled = compile(model, now);
    for (const { above, price } of compiled?.tiers ?? []) {
      if (price.rates.input === null || price.rates.output === null) continue;
      const input = Math.max(above + 1, 10_000);
      const tokens = { ...UNKNOWN_USAGE, input, cachedInput: 1_024, output: 777 };
      const usage = { tokens, cost: null, units: {}, flawed: false };
      const ours = rate({ usage, price, local: false }).cost ?? Number.NaN;
      const theirs = calcPrice(
        { input_tokens: input, cache_read_tokens: 1_024, output_tokens: 777 },
        model.info.id,
        { provider: { id: 'one', name: 'One', api_pattern: '', models: [onlyBy(model.info)] } },
      );
      const difference = Math.abs((theirs?.total_price ?? Number.NaN) * 1e9 - ours);
      assert.ok(difference <= 1, `${price.id}: off by ${difference}`);
      compared++;
    }
  }
  assert.ok(compared > 900, `only ${compared} prices compared`);
});

/** A model that is matched by its id alone: some of the catalogue's own patterns do not match their id. */
function onlyBy(info: ModelInfo): ModelInfo {
  return { ...info, match: { equals: info.id } };
}

test('one price id never stands for two sets of rates', () => {
  const ratesById = new Map<string, string>();
  const instants = [
    '2025-01-01T12:00:00Z',
    '2026-08-01T00:00:00Z',
    '2026-11-21T03:00:00Z',
    '2027-02-01T00:00:00Z',
  ];
  for (const model of CATALOGUES.flatMap((catalogue) => listModels(catalogue))) {
    for (const instant of instants) {
      for (const { price } of compile(model, Date.parse(instant))?.tiers ?? []) {
        const rates = JSON.stringify(price.rates);
        assert.equal(ratesById.get(price.id) ?? rates, rates, price.id);
        ratesById.set(price.id, rates);
      }
    }
  }
  assert.ok(ratesById.size > 900);
});

test('a dated price begins at midnight UTC of its day and says until when it holds', () => {
  const model = modelOf([
    { prices: { input_mtok: 10, output_mtok: 40 } },
    {
      constraint: { type: 'start_date', start_date: '2025-06-10' },
      prices: { input_mtok: 2, output_mtok: 8 },
    },
  ]);
  assert.deepEqual(inputAt(model, '2025-06-09T23:59:59.999Z'), {
    id: `genai-prices@${CATALOGUE_VERSION}/somewhere/model`,
    input: 10_000_000_000,
    until: Date.parse('2025-06-10T00:00:00Z'),
  });
  assert.deepEqual(inputAt(model, '2025-06-10T00:00:00Z'), {
    id: `genai-prices@${CATALOGUE_VERSION}/somewhere/model@2025-06-10`,
    input: 2_000_000_000,
    until: Infinity,
  });
});

test('a price by the hour holds within its hours, over midnight too, and ends on time', () => {
  const model = modelOf([
    { prices: { input_mtok: 1 } },
    {
      constraint: { type: 'time_of_date', start_time: '22:00:00Z', end_time: '08:30:00+08:00' },
      prices: { input_mtok: 0.5 },
    },
  ]);
  const day = inputAt(model, '2026-03-01T21:59:59.999Z');
  assert.deepEqual([day.input, day.until], [1_000_000_000, Date.parse('2026-03-01T22:00:00Z')]);
  const night = inputAt(model, '2026-03-01T23:00:00Z');
  assert.deepEqual([night.input, night.until], [500_000_000, Date.parse('2026-03-02T00:30:00Z')]);
  assert.equal(inputAt(model, '2026-03-02T00:29:59.999Z').input, 500_000_000);
  assert.equal(inputAt(model, '2026-03-02T00:30:00Z').input, 1_000_000_000);
});

test('classes without a rate of their own take that of input, reasoning that of output', () => {
  const [tier] =
    compile(modelOf({ input_mtok: 3, output_mtok: 15, cache_write_mtok: 3.75 }), 0)?.tiers ?? [];
  assert.deepEqual(tier?.price.rates, {
    input: 3_000_000_000,
    cachedInput: 3_000_000_000,
    cacheWrite5m: 3_750_000_000,
    cacheWrite1h: 3_750_000_000,
    output: 15_000_000_000,
    reasoning: 15_000_000_000,
    units: {},
  });
});

test('prices by hour, thousand and million become prices for one of a million', () => {
  const prices = {
    input_audio_hours: 0.36,
    audio_hours: 0.36,
    input_mchars: 15,
    requests_kcount: 5,
    web_searches_kcount: 10,
  };
  const [tier] = compile(modelOf(prices), 0)?.tiers ?? [];
  assert.deepEqual(tier?.price.rates.units, {
    second: 100_000_000_000,
    character: 15_000_000_000,
    request: 5_000_000_000_000,
    web_search: 10_000_000_000_000,
  });
});

test('a price with a part that is not counted is not applied', () => {
  assert.equal(
    compile(modelOf({ input_mtok: 2, output_mtok: 12, output_image_mtok: 120 }), 0),
    null,
  );
  assert.equal(compile(modelOf({ input_document_kpages: 1 }), 0), null);
  assert.equal(compile(modelOf({ audio_hours: 3 }), 0), null);
});

test('a malformed price is not applied', () => {
  assert.equal(compile(modelOf({ input_mtok: -1 }), 0), null);
  assert.equal(compile(modelOf({ input_mtok: Number.NaN }), 0), null);
});

test('a price without any part is free only for models that are known to be', () => {
  assert.equal(compile(modelOf({}), 0), null);
  const free = {
    catalogue: 'c',
    info: { id: 'some/model:free', match: { equals: '' }, prices: {} },
  };
  assert.equal(compile(free, 0)?.tiers[0]?.price.rates.output, 0);
});

test('a model that one vendor resells for another is found under the other', () => {
  assert.equal(findModel('azure', 'gpt-4o')?.catalogue, 'openai');
  assert.equal(findModel('azure', 'deepseek-chat'), null);
});
