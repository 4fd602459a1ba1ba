import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeBetween, type Ends, isAtEnd, NO_ENDS, OTHER, plus, topSeries } from './series.ts';

test('decimals of dollars are added to the last digit, where floating point would miss it', () => {
  assert.equal(plus('0.1', '0.2'), '0.3');
  assert.equal(plus('0.000000001', '4000000'), '4000000.000000001');
});

test('what is not known adds nothing, and two unknowns are not a zero', () => {
  assert.equal(plus(null, 3), 3);
  assert.equal(plus('0.5', null), '0.5');
  assert.equal(plus(null, null), null);
});

const SERIES = [
  { name: 'small', values: ['0.1', null] },
  { name: 'large', values: ['2', '3'] },
  { name: 'tiny', values: ['0.05', '0.2'] },
];

test('the largest series stay apart in their order and the others become one, with nothing lost', () => {
  assert.deepEqual(topSeries(SERIES, 1), [
    { name: 'large', values: ['2', '3'] },
    { name: OTHER, values: ['0.15', '0.2'] },
  ]);
});

test('what was folded before is folded into the same one', () => {
  const folded = topSeries([...SERIES, { name: OTHER, values: ['1', '1'] }], 1);
  assert.deepEqual(folded.at(-1), { name: OTHER, values: ['1.15', '1.2'] });
  assert.equal(folded.filter(({ name }) => name === OTHER).length, 1);
});

test('what is so at an end is so of the first or the last bucket only', () => {
  const at = (ends: Ends) => [0, 1, 2].map((place) => isAtEnd(ends, place, 3));
  assert.deepEqual(at({ first: true, last: false }), [true, false, false]);
  assert.deepEqual(at({ first: false, last: true }), [false, false, true]);
  assert.deepEqual(at(NO_ENDS), [false, false, false]);
});

test('a change has no share where there was nothing before', () => {
  assert.equal(changeBetween(3, 2), 0.5);
  assert.equal(changeBetween(3, 0), null);
  assert.equal(changeBetween(0, 0), 0);
  assert.equal(changeBetween(null, 2), null);
});
