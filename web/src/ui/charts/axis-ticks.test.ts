import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisTicks } from './axis-ticks.ts';

const ticks = (highest: number, more = {}) =>
  axisTicks({ lowest: 0, highest, isWhole: false, ...more });

test('the lines of an axis are at round figures and end with the first that no value is above', () => {
  assert.deepEqual(ticks(2.57), [0, 1, 2, 3]);
  assert.deepEqual(ticks(36.7), [0, 10, 20, 30, 40]);
  assert.deepEqual(ticks(0.0031), [0, 0.001, 0.002, 0.003, 0.004]);
  assert.deepEqual(ticks(400), [0, 100, 200, 300, 400]);
  assert.deepEqual(ticks(1.1), [0, 0.25, 0.5, 0.75, 1, 1.25]);
  assert.deepEqual(ticks(0), [0, 1]);
});

test('what is counted has lines at whole numbers only', () => {
  assert.deepEqual(ticks(2, { isWhole: true }), [0, 1, 2]);
  assert.deepEqual(ticks(11, { isWhole: true }), [0, 5, 10, 15]);
});

test('an axis goes below zero where values do, and shares the lines of the axis that it stands beside', () => {
  assert.deepEqual(ticks(7, { lowest: -3 }), [-4, -2, 0, 2, 4, 6, 8]);
  assert.deepEqual(ticks(36.7, { intervals: 3 }), [0, 20, 40, 60]);
});
