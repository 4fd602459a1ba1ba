import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nanos } from '../../contract/money.ts';
import { estimateOf } from './anchor.ts';

const NOON = Date.parse('2026-11-20T12:00:00Z');
const anchor = { amount: nanos(50_000_000_000), at: NOON };
const day = (date: string, cost: number, complete = true) => ({
  date,
  cost: nanos(cost),
  complete,
});
const metered = (date: string, cost: number) => ({ date, cost: nanos(cost) });

test('without any figure the balance is the anchor, and shown as estimated', () => {
  assert.deepEqual(estimateOf(anchor, { reported: [], metered: [] }), {
    balance: anchor.amount,
    source: 'estimated',
  });
});

test('what the provider says counts before what we metered, once the day is closed', () => {
  const spend = {
    reported: [day('2026-11-21', 3_000), day('2026-11-22', 1_000, false)],
    metered: [metered('2026-11-21', 9_000), metered('2026-11-22', 4_000)],
  };
  assert.deepEqual(estimateOf(anchor, spend), {
    balance: nanos(anchor.amount - 3_000 - 4_000),
    source: 'anchored',
  });
});

test('a day that the provider does not know yet counts as metered', () => {
  const spend = { reported: [day('2026-11-21', 3_000)], metered: [metered('2026-11-23', 500)] };
  assert.equal(estimateOf(anchor, spend).balance, anchor.amount - 3_500);
});

test('of the day of the anchor only what came after it counts, and of earlier days nothing', () => {
  const reported = [day('2026-11-19', 7_000), day('2026-11-20', 1_000)];
  assert.equal(estimateOf(anchor, { reported, metered: [] }).balance, anchor.amount - 500);
});

test('a debt is a balance below zero, not an error', () => {
  const spend = { reported: [day('2026-11-21', 60_000_000_000)], metered: [] };
  assert.equal(estimateOf(anchor, spend).balance, nanos(-10_000_000_000));
});

test('more spent is never more left, and what is left is a whole number of nano-dollars', () => {
  const days = fc.array(
    fc.record({
      date: fc.constantFrom('2026-11-19', '2026-11-20', '2026-11-21', '2026-11-22'),
      cost: fc.integer({ min: 0, max: 1e12 }).map(nanos),
      complete: fc.boolean(),
    }),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(days, fc.integer({ min: 0, max: 1e9 }), (reported, more) => {
      const base = estimateOf(anchor, { reported, metered: [] }).balance;
      const raised = reported.map((one) => ({ ...one, cost: nanos(one.cost + more) }));
      assert.ok(Number.isSafeInteger(base) && base <= anchor.amount);
      assert.ok(estimateOf(anchor, { reported: raised, metered: [] }).balance <= base);
    }),
  );
});
