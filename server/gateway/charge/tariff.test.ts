import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createMetering } from '../../metering/metering.ts';
import type { RoutedKey } from '../../provider-keys/provider-keys.ts';
import { findProvider } from '../../providers/providers.ts';
import type { Plan } from '../request/plan.ts';
import { type ChargingSettings, mostOutput, Tariff } from './tariff.ts';

const SETTINGS: ChargingSettings = {
  flatNanosPerMillion: 20_000_000_000,
  plan: 'flat',
  markupPpm: 1_000_000,
  defaultMaxOutputTokens: 4_096,
  minOutputTokens: 64,
  defaultOutputReserve: 512,
};

const KEY = { free: false, provider: findProvider('anthropic') } as RoutedKey;

test('an answer without a stated bound is bounded by the known maximum, else by the default, and by the room in the window', () => {
  const cases: readonly [string, number | null, number | null, number, number][] = [
    ['nothing is known', null, null, 1_000, 4_096],
    ['a lower maximum', 1_024, null, 1_000, 1_024],
    ['a higher maximum', 128_000, null, 1_000, 128_000],
    ['a maximum in a window with room', 16_384, 128_000, 1_000, 16_384],
    ['a maximum as large as the window', 128_000, 128_000, 28_000, 100_000],
    ['a window alone, with room: it is no maximum', null, 1_000_000, 1_000, 4_096],
    ['a window alone, with little room', null, 4_096, 3_000, 1_096],
    ['the least room that counts', null, 4_096, 4_032, 64],
    ['next to no room: the guess is too high, or the prompt is', null, 4_096, 4_033, 4_096],
    ['a guess beyond the window', 16_384, 128_000, 200_000, 16_384],
  ];
  for (const [title, output, context, inputEstimate, expected] of cases) {
    assert.equal(mostOutput({ output, context }, inputEstimate, SETTINGS), expected, title);
  }
});

test('without a least output the window still leaves room for one token', () => {
  const settings = { ...SETTINGS, minOutputTokens: 0 };
  assert.equal(mostOutput({ output: null, context: 100 }, 99, settings), 1);
  assert.equal(mostOutput({ output: null, context: 100 }, 100, settings), 4_096);
});

test('what is billed by the piece alone is held by the piece, whatever describes it', async () => {
  const unknown = { input: null, cachedInput: null, output: null, reasoning: null };
  const rates = { ...unknown, cacheWrite5m: null, cacheWrite1h: null, units: { image: 4e13 } };
  await using metering = { ...createMetering(), [Symbol.asyncDispose]: () => metering.close() };
  const tariff = new Tariff({
    settings: SETTINGS,
    own: null,
    metering,
    price: { id: 'pictures', source: 'setting', rates },
    plan: { parsed: { prompt: 'A lighthouse.' }, pathClass: 'cost' } as unknown as Plan,
    key: KEY,
  });
  assert.equal(tariff.reckon(50, 0, { image: 2 }), 80_000_000);
});

describe('the worst case of a prompt that is to be cached', () => {
  const metering = createMetering();
  after(() => metering.close());
  const query = { catalogue: 'anthropic', model: 'claude-sonnet-4-5', at: 1_780_000_000_000 };
  const price = metering.price({ ...query, inputTokens: 1_000 });
  const worstOf = (parsed: object): number =>
    new Tariff({
      settings: { ...SETTINGS, plan: 'cost' },
      own: null,
      metering,
      price,
      plan: { parsed, pathClass: 'tokens' } as unknown as Plan,
      key: KEY,
    }).reckon(1_000, 0, {}) ?? assert.fail();
  const marked = (cache_control: object) => ({
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Long.', cache_control }] }],
  });
  const cases: readonly [string, object, number][] = [
    ['read where nothing asks for a cache', { messages: [] }, 3_000_000],
    ['written for five minutes', marked({ type: 'ephemeral' }), 3_750_000],
    ['written for an hour', marked({ type: 'ephemeral', ttl: '1h' }), 6_000_000],
    ['written, asked for at the top', { cache_control: { type: 'ephemeral' } }, 3_750_000],
    [
      'written for an hour by a tool, for less by a message',
      { ...marked({ type: 'ephemeral' }), tools: [{ cache_control: { ttl: '1h' } }] },
      6_000_000,
    ],
    ['read where only a text speaks of it', { messages: ['"cache_control":{}'] }, 3_000_000],
  ];
  for (const [title, parsed, expected] of cases) {
    test(`is ${title}`, () => assert.equal(worstOf(parsed), expected));
  }
});
