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

test('a week is called by its days, also at the turn of a year, and a month by its name', () => {
  assert.match(bucketText('2026-W47'), /^Nov 16\W+22, 2026$/u);
  assert.match(bucketText('2026-W01'), /^Dec 29, 2025\W+Jan 4, 2026$/u);
  assert.match(bucketText('2020-W53'), /^Dec 28, 2020\W+Jan 3, 2021$/u);
  assert.equal(bucketText('2026-11'), 'November 2026');
  assert.deepEqual(told(['2026-W46', '2026-W47']), ['Nov 9', 'Nov 16']);
  assert.deepEqual(told(['2026-10', '2026-11']), ['Oct 2026', 'Nov 2026']);
});

test('in full, an hour has its day', () => {
  assert.equal(bucketText('2026-11-24T14:00:00Z'), 'Nov 24, 14:00');
  assert.equal(bucketText('2026-11-24'), 'Tue, Nov 24, 2026');
});
