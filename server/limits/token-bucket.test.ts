import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HandClock } from '../clock-for-tests.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

const START = '2026-11-21T12:00:00Z';

function allowedOf(bucket: TokenBucket, caller: string, attempts: number): number {
  let allowed = 0;
  for (let i = 0; i < attempts; i++) if (bucket.take(caller).allowed) allowed++;
  return allowed;
}

test('a burst of 60 passes at once, then one call a second', () => {
  const clock = new HandClock(START);
  const bucket = createTokenBucket({ clock, perMinute: 60, burst: 60 });
  assert.deepEqual(bucket.take('a'), { allowed: true, remaining: 59 });
  assert.equal(allowedOf(bucket, 'a', 500), 59);
  assert.equal(bucket.refused, 441);
  assert.deepEqual(bucket.take('a'), { allowed: false, retryAfterMs: 1000 });
  clock.pass(400);
  assert.deepEqual(bucket.take('a'), { allowed: false, retryAfterMs: 600 });
  clock.pass(600);
  assert.deepEqual(bucket.take('a'), { allowed: true, remaining: 0 });
  assert.equal(bucket.take('a').allowed, false);
});

test('callers do not share a bucket', () => {
  const bucket = createTokenBucket({ clock: new HandClock(START), perMinute: 60, burst: 2 });
  assert.equal(allowedOf(bucket, 'a', 9), 2);
  assert.equal(allowedOf(bucket, 'b', 9), 2);
});

test('a wall clock that jumps fills no bucket and empties none (T78)', () => {
  const clock = new HandClock(START);
  const bucket = createTokenBucket({ clock, perMinute: 60, burst: 3 });
  assert.equal(allowedOf(bucket, 'a', 2), 2);
  clock.jump(86_400_000);
  assert.equal(allowedOf(bucket, 'a', 9), 1);
  clock.jump(-600_000);
  assert.equal(allowedOf(bucket, 'a', 9), 0);
});

test('callers who were idle until their bucket was full are forgotten', () => {
  const clock = new HandClock(START);
  const bucket = createTokenBucket({ clock, perMinute: 60, burst: 60 });
  for (let i = 0; i < 100; i++) bucket.take(`caller ${i}`);
  assert.equal(bucket.size, 100);
  clock.pass(1000);
  for (let i = 0; i < 100; i++) bucket.take('a');
  assert.equal(bucket.size, 1);
});

test('more callers than fit push out the one that was silent longest, and nobody else', () => {
  const bucket = createTokenBucket({
    clock: new HandClock(START),
    perMinute: 1,
    burst: 1,
    bucketsMax: 3,
  });
  for (const caller of ['a', 'b', 'c']) assert.equal(bucket.take(caller).allowed, true);
  assert.equal(bucket.take('a').allowed, false);
  assert.equal(bucket.take('d').allowed, true);
  assert.equal(bucket.size, 3);
  assert.equal(bucket.take('a').allowed, false);
  assert.equal(bucket.take('c').allowed, false);
  assert.equal(bucket.take('b').allowed, true);
});

test('at most 100,000 callers are remembered', () => {
  const bucket = createTokenBucket({ clock: new HandClock(START), perMinute: 60, burst: 60 });
  for (let i = 0; i < 100_100; i++) bucket.take(`10.${i}`);
  assert.equal(bucket.size, 100_000);
});

test('rates and bursts that mean nothing are refused', () => {
  const clock = new HandClock(START);
  for (const wrong of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => createTokenBucket({ clock, perMinute: wrong, burst: 1 }), RangeError);
    assert.throws(() => createTokenBucket({ clock, perMinute: 1, burst: wrong }), RangeError);
  }
});

test('no stretch of time sees more than burst plus rate, and who waits as told is let in', () => {
  const setting = { min: 1, max: 200 };
  const gaps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer(setting), fc.integer(setting), gaps, (perMinute, burst, waits) => {
      const clock = new HandClock(START);
      const bucket = createTokenBucket({ clock, perMinute, burst });
      assert.equal(allowedOf(bucket, 'a', burst + 5), burst);
      const begin = clock.elapsed();
      let later = 0;
      for (const wait of waits) {
        clock.pass(wait);
        const taken = bucket.take('a');
        if (taken.allowed) later++;
        else {
          clock.pass(taken.retryAfterMs - 1);
          assert.equal(bucket.take('a').allowed, false);
          clock.pass(1);
          assert.equal(bucket.take('a').allowed, true);
          later++;
        }
        assert.ok(later <= ((clock.elapsed() - begin) * perMinute) / 60_000);
      }
    }),
  );
});
