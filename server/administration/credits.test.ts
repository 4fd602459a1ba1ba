import assert from 'node:assert/strict';
import { test } from 'node:test';
import { creditNanosAt, type Nanos, nanos, parseDollars } from '../../contract/money.ts';
import { creditsIn, nanosOfCredits } from './credits.ts';

test('T12: credits become exact nano-dollars, and come back as they were', () => {
  const CASES: readonly (readonly [number, number])[] = [
    [1, 20_000],
    [0.1, 2_000],
    [0.3, 6_000],
    [0.1 + 0.2, 6_000],
    [0.00005, 1],
    [1.00005, 20_001],
    [1_000_000, 20_000_000_000],
    [450_000_000_000, 9_000_000_000_000_000],
  ];
  for (const [credits, amount] of CASES) {
    assert.equal(nanosOfCredits(credits, 20_000), amount, String(credits));
    assert.ok(Math.abs(creditsIn(nanos(amount), 20_000) - credits) <= credits * 1e-15);
  }
});

test('T12: what is not whole nano-dollars, not more than 0 or out of range is no amount', () => {
  for (const credits of [0, -1, -0.5, 0.00001, 1.000001, 1e12, 2 ** 60, 1e308, Infinity, NaN]) {
    assert.equal(nanosOfCredits(credits, 20_000), undefined, String(credits));
  }
});

test('every amount of nano-dollars survives being shown as credits', () => {
  for (const price of ['20', '0.15', '3', '1234.567']) {
    const creditNanos = creditNanosAt(parseDollars(price) ?? 0);
    for (const amount of [1, 3, 7, 19_999, 20_001, 123_456_789, 2 ** 52 + 1]) {
      const credits = creditsIn(amount as Nanos, creditNanos);
      assert.equal(nanosOfCredits(credits, creditNanos), amount, `${amount} at ${price}`);
    }
  }
});

test('a credit is one token at the flat price, and keeps a worth where tokens cost nothing', () => {
  assert.equal(creditNanosAt(20_000_000_000), 20_000);
  assert.equal(creditNanosAt(500_000), 0.5);
  assert.equal(creditNanosAt(0), 20_000);
});
