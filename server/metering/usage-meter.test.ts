import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COST_MAX, nanos } from '../../contract/money.ts';
import { type ReportedUsage, UNKNOWN_USAGE } from '../../contract/usage.ts';
import { addUp, isComplete, overlay } from './usage-meter.ts';

const EMPTY: ReportedUsage = { tokens: UNKNOWN_USAGE, cost: null, units: {}, flawed: false };

function reported(tokens: Partial<ReportedUsage['tokens']>, rest: Partial<ReportedUsage> = {}) {
  return { ...EMPTY, tokens: { ...UNKNOWN_USAGE, ...tokens }, ...rest };
}

test('the first report stands as it is', () => {
  const first = reported({ input: 3 });
  assert.deepEqual(overlay(null, first), first);
});

test('the last known value of each field wins and nothing is added up', () => {
  const start = reported({ input: 25, cachedInput: 5, output: 1 });
  const middle = reported({ output: 8, reasoning: 2 });
  const end = reported({ output: 15 });
  const total = overlay(overlay(overlay(null, start), middle), end);
  assert.deepEqual(total.tokens, {
    ...UNKNOWN_USAGE,
    input: 25,
    cachedInput: 5,
    output: 15,
    reasoning: 2,
  });
});

test('an explicit zero replaces what was known, an unknown does not (T24)', () => {
  const total = overlay(reported({ input: 9, output: 4 }), reported({ output: 0 }));
  assert.equal(total.tokens.output, 0);
  assert.equal(total.tokens.input, 9);
});

test('units are merged and a stated cost outlives reports without one', () => {
  const first = reported({}, { units: { image: 1, second: 3 }, cost: nanos(50) });
  const total = overlay(first, reported({}, { units: { image: 2 } }));
  assert.deepEqual(total.units, { image: 2, second: 3 });
  assert.equal(total.cost, 50);
});

test('one flawed report marks the whole', () => {
  assert.equal(overlay(reported({}, { flawed: true }), EMPTY).flawed, true);
  assert.equal(overlay(EMPTY, reported({}, { flawed: true })).flawed, true);
  assert.equal(overlay(EMPTY, EMPTY).flawed, false);
});

test('usage is complete with both totals, with a cost, or with what is billed by the piece', () => {
  assert.equal(isComplete(reported({ input: 0, output: 0 })), true);
  assert.equal(isComplete(reported({}, { cost: nanos(0) })), true);
  assert.equal(isComplete(reported({}, { units: { image: 1 } })), true);
});

test('usage is not complete with one total only, with a search only, or without any report', () => {
  assert.equal(isComplete(null), false);
  assert.equal(isComplete(EMPTY), false);
  assert.equal(isComplete(reported({ input: 5 })), false);
  assert.equal(isComplete(reported({}, { units: { web_search: 1 } })), false);
});

test('pieces that state their own are added, and what none states stays unknown', () => {
  const first = reported({ input: 50, output: 4_000 }, { units: { image: 1 }, cost: nanos(7) });
  const total = addUp(addUp(null, first), reported({ output: 100 }, { flawed: true }));
  assert.deepEqual(total.tokens, { ...UNKNOWN_USAGE, input: 50, output: 4_100 });
  assert.deepEqual([total.units, total.cost, total.flawed], [{ image: 1 }, 7, true]);
  const dear = reported({}, { cost: COST_MAX, units: { image: 2 } });
  assert.equal(addUp(dear, dear).cost, COST_MAX);
  assert.deepEqual(addUp(first, dear).units, { image: 3 });
});
