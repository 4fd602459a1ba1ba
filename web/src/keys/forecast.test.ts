import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAYS_BACK, daysAround } from './forecast.ts';

const TODAY = '2026-11-29';

test('a falling balance has a band from today to the day on which it may end at the latest', () => {
  const key = { balance: 10, runway_low_days: 5, runway_high_days: 10 };
  const { days, low, high, isFalling } = daysAround(key, TODAY);
  assert.ok(isFalling);
  assert.equal(days.length, DAYS_BACK + 10);
  assert.equal(days[DAYS_BACK - 1], TODAY);
  assert.deepEqual([low[DAYS_BACK - 2], high[DAYS_BACK - 2]], [null, null]);
  assert.deepEqual([low[DAYS_BACK - 1], high[DAYS_BACK - 1]], [10, 10]);
  assert.deepEqual([low[DAYS_BACK + 4], high[DAYS_BACK + 4]], [0, 5]);
  assert.deepEqual([low.at(-1), high.at(-1)], [0, 0]);
});

test('without an end in sight the upper edge stays where it is', () => {
  const key = { balance: 10, runway_low_days: 20, runway_high_days: null };
  const { days, high } = daysAround(key, TODAY);
  assert.equal(days.length, DAYS_BACK + 30);
  assert.equal(high.at(-1), 10);
});

test('where nothing is known of the pace, only the past is shown', () => {
  for (const balance of [null, 0, 10]) {
    const key = { balance, runway_low_days: null, runway_high_days: null };
    const { days, low, isFalling } = daysAround(key, TODAY);
    assert.equal(days.length, DAYS_BACK);
    assert.ok(!isFalling && low.every((value) => value === null));
  }
});
