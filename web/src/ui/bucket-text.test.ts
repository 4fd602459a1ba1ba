import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisWords, bucketText } from './bucket-text.ts';

const hours = (days: number): string[] =>
  Array.from({ length: days * 24 }, (_, hour) =>
    new Date(Date.UTC(2026, 10, 20, hour)).toISOString(),
  );

const told = (buckets: readonly string[]): string[] => {
  const { ticks, text } = axisWords(buckets);
  return ticks.map(text);
};

test('no two places of an axis of hours are called the same, however many days it has', () => {
  for (const days of [1, 2, 3, 31]) {
    const labels = told(hours(days));
    assert.equal(new Set(labels).size, labels.length, `${days} days`);
  }
});

test('over several days an axis of hours names the days where they begin', () => {
  assert.deepEqual(told(hours(3)), ['Nov 20', 'Nov 21', 'Nov 22']);
});

test('a range that begins within a day names that day at its first hour', () => {
  assert.deepEqual(told(hours(4).slice(30)), ['Nov 21', 'Nov 22', 'Nov 23']);
});

test('in full, an hour has its day', () => {
  assert.equal(bucketText('2026-11-24T14:00:00Z'), 'Nov 24, 14:00');
  assert.equal(bucketText('2026-11-24'), 'Tue, Nov 24, 2026');
});
