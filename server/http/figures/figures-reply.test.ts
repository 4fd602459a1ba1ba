import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimalDollars } from '../../../contract/api/fields.ts';
import { overviewReply } from '../../../contract/api/figures-api.ts';
import { formatDollars, nanos, parseDollars } from '../../../contract/money.ts';

const { values } = overviewReply.shape.data.shape.cards.element.shape;

test('the values of a chart are exact decimals, numbers and null, and nothing else leaves us', () => {
  const taken = ['0', '-0.000021', '12.5', 0, -1.5, null];
  assert.deepEqual(values.parse(taken), taken);
  const refused = ['', '1e3', '.5', '1.0000000001', Number.NaN, Infinity, undefined, true, {}, [1]];
  for (const one of refused) assert.equal(values.safeParse([...taken, one]).success, false);
  for (const list of [undefined, null, '1', { 0: '1' }]) {
    assert.equal(values.safeParse(list).success, false);
  }
});

test('an amount is written as the shortest decimal that reads as the same nano-dollars', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 15 }), (integer, zeros) => {
      const amount = nanos(Math.trunc(integer / 10 ** zeros) * 10 ** zeros);
      const text = formatDollars(amount);
      assert.equal(parseDollars(text), amount === 0 ? 0 : amount);
      assert.ok(decimalDollars.safeParse(text).success && !/\.\d*0$/.test(text), text);
    }),
  );
});
