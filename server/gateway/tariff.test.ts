import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChargingSettings, mostOutput } from './tariff.ts';

const SETTINGS: ChargingSettings = {
  flatNanosPerMillion: 20_000_000_000,
  plan: 'flat',
  markupPpm: 1_000_000,
  defaultMaxOutputTokens: 4_096,
  minOutputTokens: 64,
  defaultOutputReserve: 512,
};

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
