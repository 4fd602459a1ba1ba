import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daysText } from './figures.ts';

/** The spaces in it differ between versions of the tables that the language comes from. */
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ');

test('a stretch of days names its year where that is not clear', () => {
  const today = '2026-11-29';
  assert.equal(plain(daysText('2026-11-01', '2026-11-07', today)), 'Nov 1 – 7');
  assert.equal(plain(daysText('2025-03-01', '2025-03-31', today)), 'Mar 1 – 31, 2025');
  assert.equal(plain(daysText('2025-12-20', '2026-01-05', today)), 'Dec 20, 2025 – Jan 5, 2026');
});
