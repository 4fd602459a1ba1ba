import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daysText, moneyDecimals, moneyText, percentText } from './figures.ts';

/** The spaces in it differ between versions of the tables that the language comes from. */
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ');

test('a stretch of days names its year where that is not clear', () => {
  const today = '2026-11-29';
  assert.equal(plain(daysText('2026-11-01', '2026-11-07', today)), 'Nov 1 – 7');
  assert.equal(plain(daysText('2025-03-01', '2025-03-31', today)), 'Mar 1 – 31, 2025');
  assert.equal(plain(daysText('2025-12-20', '2026-01-05', today)), 'Dec 20, 2025 – Jan 5, 2026');
});

test('what is more than nothing is never shown as nothing, be it a share or an amount', () => {
  const shares = [0, 0.0000036, 0.0004, 0.0005, 0.042, 0.42, -0.0001];
  const texts = ['0%', '<0.1%', '<0.1%', '0.1%', '4.2%', '42%', '-0.0%'];
  assert.deepEqual(shares.map(percentText), texts);
  assert.deepEqual(
    ['0', '0.0000084', '1234567.89', '-12.5'].map((one) => moneyText(one)),
    [...['$0.00', '$0.0000084', '$1,234,567.89', '-$12.50']],
  );
});

test('the digits after the point are counted as they are shown', () => {
  const amounts = ['0', '12', '0.012', '0.0000084', '1234567.891', null];
  assert.deepEqual(
    amounts.map((one) => moneyDecimals(one)),
    [2, 2, 3, 7, 2, 0],
  );
});
