import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nanos } from '../../contract/money.ts';
import {
  FAILURES_UNTIL_UNREACHABLE,
  type Finding,
  type Health,
  levelOf,
  NEW_HEALTH,
  nextHealth,
  REFUSALS_UNTIL_INVALID,
  waitAfter,
  wantsConfirmation,
} from './health.ts';

const good = fc
  .constantFrom('healthy', 'low', 'exhausted')
  .map((level): Finding => ({ kind: 'good', level }));
const bad = fc.constantFrom('refused', 'failed', 'no news').map((kind): Finding => ({ kind }));
const findings = fc.array(fc.oneof(good, bad), { maxLength: 60 });

function after(list: readonly Finding[]): Health {
  return list.reduce(nextHealth, NEW_HEALTH);
}

const sinceGood = (list: readonly Finding[]) =>
  list.slice(list.findLastIndex(({ kind }) => kind === 'good') + 1);
const countOf = (list: readonly Finding[], kind: Finding['kind']) =>
  list.filter((finding) => finding.kind === kind).length;

test('a good answer decides at once, whatever came before', () => {
  fc.assert(
    fc.property(findings, good, (list, last) => {
      assert.equal(after([...list, last]).status, last.kind === 'good' ? last.level : '');
    }),
  );
});

test('a key that was good is invalid only after three clear refusals without a good answer between', () => {
  fc.assert(
    fc.property(findings, (list) => {
      const isInvalid = after(list).status === 'invalid';
      const wasGood = countOf(list, 'good') > 0;
      const refusals = countOf(sinceGood(list), 'refused');
      if (isInvalid && wasGood) assert.ok(refusals >= REFUSALS_UNTIL_INVALID);
      if (refusals >= REFUSALS_UNTIL_INVALID) assert.ok(isInvalid);
    }),
  );
});

test('no number of failures and rate limits makes a key invalid', () => {
  const silence = fc.constantFrom('failed', 'no news').map((kind): Finding => ({ kind }));
  fc.assert(
    fc.property(fc.array(fc.oneof(good, silence)), (list) => {
      assert.notEqual(after(list).status, 'invalid');
    }),
  );
});

test('a rate limit changes nothing at all', () => {
  fc.assert(
    fc.property(findings, (list) => {
      assert.deepEqual(after([...list, { kind: 'no news' }]), after(list));
    }),
  );
});

test('a provider is unreachable only after three failures in a row', () => {
  fc.assert(
    fc.property(findings, (list) => {
      if (after(list).status !== 'unreachable') return;
      assert.ok(countOf(sinceGood(list), 'failed') >= FAILURES_UNTIL_UNREACHABLE);
    }),
  );
});

test('a key that never was good is refused at its word', () => {
  assert.equal(after([{ kind: 'refused' }]).status, 'invalid');
});

test('an outage takes nothing back that the provider has said', () => {
  const list: Finding[] = Array.from({ length: 9 }, () => ({ kind: 'failed' }));
  assert.equal(after([{ kind: 'refused' }, ...list]).status, 'invalid');
});

const amount = fc.integer({ min: -1e12, max: 1e12 }).map(nanos);

test('a lower balance is never a better level, and an empty key is exhausted', () => {
  fc.assert(
    fc.property(amount, amount, fc.option(amount), (one, other, threshold) => {
      const rank = { healthy: 0, low: 1, exhausted: 2 };
      const rules = { threshold, blocked: false, before: 'healthy' } as const;
      const [low, high] = one < other ? [one, other] : [other, one];
      assert.ok(rank[levelOf(low, rules)] >= rank[levelOf(high, rules)]);
      assert.equal(levelOf(low, rules) === 'exhausted', low <= 0);
    }),
  );
});

test('a key that was low is well again a twentieth above its threshold, not before', () => {
  const threshold = nanos(20_000);
  const at = (balance: number, before: 'healthy' | 'low') =>
    levelOf(nanos(balance), { threshold, blocked: null, before });
  assert.equal(at(20_000, 'healthy'), 'healthy');
  assert.equal(at(19_999, 'healthy'), 'low');
  assert.equal(at(20_999, 'low'), 'low');
  assert.equal(at(21_000, 'low'), 'healthy');
});

test('a threshold as large as money can be is compared like any other', () => {
  const threshold = nanos(Number.MAX_SAFE_INTEGER);
  const rules = { threshold, blocked: null, before: 'low' } as const;
  assert.equal(levelOf(nanos(1), rules), 'low');
  assert.equal(levelOf(threshold, rules), 'low');
});

test('a balance that nobody knows is no reason for alarm, and a block by the provider is one', () => {
  const rules = { threshold: nanos(1), blocked: null, before: 'unknown' } as const;
  assert.equal(levelOf(null, rules), 'healthy');
  assert.equal(levelOf(nanos(5_000), { ...rules, blocked: true }), 'exhausted');
});

test('only news that is worse than before is asked for twice', () => {
  assert.ok(wantsConfirmation('healthy', 'low'));
  assert.ok(wantsConfirmation('low', 'exhausted'));
  assert.ok(wantsConfirmation('unknown', 'exhausted'));
  assert.ok(!wantsConfirmation('low', 'low'));
  assert.ok(!wantsConfirmation('exhausted', 'low'));
  assert.ok(!wantsConfirmation('unreachable', 'healthy'));
});

test('waits grow up to the interval, and a time that the provider named is kept up to an hour', () => {
  const interval = 30 * 60_000;
  assert.equal(waitAfter(0, interval, null), interval);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 60].map((strikes) => waitAfter(strikes, interval, null) / 60_000),
    [1, 2, 4, 8, 16, 30, 30],
  );
  assert.equal(waitAfter(1, interval, 90_000), 90_000);
  assert.equal(waitAfter(1, interval, 1e12), 3_600_000);
});
