import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nanos } from '../../contract/money.ts';
import { type BalanceAt, runwayOf } from './runway.ts';

const HALF_HOUR = 1_800_000;
const START = Date.parse('2026-11-20T00:00:00Z');

/** One reading each half hour. */
function series(balances: readonly number[]): BalanceAt[] {
  return balances.map((balance, index) => ({
    at: START + index * HALF_HOUR,
    balance: nanos(balance),
  }));
}

const steps = fc.array(fc.integer({ min: -2e9, max: 1e9 }), { maxLength: 120 });
const walks = steps.map((changes) => {
  let balance = 50e9;
  return series(changes.map((change) => (balance += change)));
});

test('the band is never upside down or negative, and its middle lies within', () => {
  fc.assert(
    fc.property(walks, (readings) => {
      const runway = runwayOf(readings);
      if (runway === null) return;
      const { hours, lowHours, highHours } = runway;
      assert.ok(Number.isInteger(hours) && Number.isInteger(lowHours) && lowHours >= 0);
      assert.ok(lowHours <= hours && (highHours === null || hours <= highHours));
    }),
  );
});

test('a steady burn ends when it will, wherever and however much is topped up', () => {
  const cases = fc.record({
    step: fc.integer({ min: 1e6, max: 1e9 }),
    count: fc.integer({ min: 4, max: 200 }),
    topUps: fc.array(fc.record({ at: fc.nat(199), steps: fc.integer({ min: 20, max: 500 }) })),
  });
  fc.assert(
    fc.property(cases, ({ step, count, topUps }) => {
      const lastUp = Math.max(0, ...topUps.map(({ at }) => at));
      let balance = 1_000 * step;
      const readings = series(
        Array.from({ length: count + lastUp }, (_, index) => {
          balance -= step;
          for (const up of topUps) if (up.at === index) balance += up.steps * step;
          return balance;
        }),
      );
      const runway = runwayOf(readings);
      const exact = balance / step / 2;
      assert.ok(
        runway !== null && Math.abs(runway.hours - exact) <= 1,
        `${runway?.hours} ${exact}`,
      );
    }),
  );
});

test('the size of the amounts does not matter, only their proportions', () => {
  fc.assert(
    fc.property(walks, fc.integer({ min: 2, max: 1000 }), (readings, factor) => {
      const larger = readings.map(({ at, balance }) => ({ at, balance: nanos(balance * factor) }));
      assert.deepEqual(runwayOf(larger), runwayOf(readings));
    }),
  );
});

test('one wrong reading among steady ones changes nothing', () => {
  const steady = Array.from({ length: 60 }, (_, index) => 50e9 - index * 1e8);
  const wrong = fc.record({
    at: fc.integer({ min: 1, max: 58 }),
    value: fc.integer({ min: -9e9, max: 9e12 }),
  });
  const right = runwayOf(series(steady));
  fc.assert(
    fc.property(wrong, ({ at, value }) => {
      const runway = runwayOf(series(steady.with(at, value)));
      assert.ok(runway !== null && right !== null);
      assert.ok(Math.abs(runway.hours - right.hours) <= right.hours / 20 + 1);
    }),
  );
});

test('nothing is said after too little time, without spending, or of nothing', () => {
  assert.equal(runwayOf([]), null);
  assert.equal(runwayOf(series([5e9, 4e9])), null);
  assert.equal(runwayOf(series([5e9, 5e9, 5e9, 5e9])), null);
  const within = [0, 60_000, 120_000].map((ms, index) => ({
    at: START + ms,
    balance: nanos(5e9 - index),
  }));
  assert.equal(runwayOf(within), null);
});

test('an empty balance has no time left', () => {
  assert.deepEqual(runwayOf(series([3e9, 2e9, 1e9, 0])), { hours: 0, lowHours: 0, highHours: 0 });
});

test('a burn that lately stopped has no end in sight, and one that lately doubled ends sooner', () => {
  const falling = Array.from({ length: 96 }, (_, index) => 100e9 - index * 1e8);
  const still = Array.from({ length: 60 }, () => falling.at(-1) ?? 0);
  assert.equal(runwayOf(series([...falling, ...still]))?.highHours, null);
  const faster = Array.from({ length: 60 }, (_, index) => (falling.at(-1) ?? 0) - index * 2e8);
  const runway = runwayOf(series([...falling, ...faster]));
  assert.ok(runway !== null && runway.lowHours * 1.25 < runway.hours);
});

test('readings of a clock that went back are passed over', () => {
  const readings = series([9e9, 8e9, 7e9, 6e9]);
  const [first] = readings;
  assert.ok(first);
  const astray = [...readings.slice(0, 3), { at: first.at - 86_400_000, balance: nanos(1) }];
  assert.deepEqual(runwayOf([...astray, ...readings.slice(3)]), runwayOf(readings));
});
