import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unknown } from './account-reading.ts';
import { UsageSheet } from './account-usage.ts';

test('of a long name of a model so much is kept as lists can go on from, and its lines are one', () => {
  const [date, name] = ['2026-11-19', 'm'.repeat(5_000)];
  const sheet = new UsageSheet([date]);
  sheet.tell(date);
  for (const end of ['', '-again']) sheet.add(date, `${name}${end}`, { requests: 1 });
  assert.ok(sheet.has(date, name));
  const { rows } = sheet.reading(unknown('read', 'told'), date);
  assert.deepEqual(
    rows.map(({ model, requests }) => [model, requests]),
    [['m'.repeat(256), 2]],
  );
});
