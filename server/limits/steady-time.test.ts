import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HandClock } from '../clock-for-tests.ts';
import { SteadyTime } from './steady-time.ts';

const START = '2026-11-21T12:00:00Z';
const MINUTE = 60_000;

test('it is the wall clock while that goes forward, jumps forward included (T78)', () => {
  const clock = new HandClock(START);
  const time = new SteadyTime(clock);
  for (const step of [0, 1, 999, MINUTE, 86_400_000]) {
    clock.jump(step);
    assert.equal(time.now(), clock.now());
  }
});

test('after a jump back it goes on from the latest instant, more slowly, until the wall has caught up (T78)', () => {
  const clock = new HandClock(START);
  const time = new SteadyTime(clock);
  const latest = time.now();
  clock.jump(-10 * MINUTE);
  assert.equal(time.now(), latest);
  clock.pass(MINUTE);
  assert.equal(time.now(), latest + 0.9 * MINUTE);
  clock.pass(99 * MINUTE);
  assert.equal(time.now(), clock.now());
  clock.pass(1);
  assert.equal(time.now(), clock.now());
});

test('a wait is told in the time that really passes', () => {
  const clock = new HandClock(START);
  const time = new SteadyTime(clock);
  time.now();
  assert.equal(time.waitFor(900), 900);
  clock.jump(-MINUTE);
  const before = time.now();
  const wait = time.waitFor(900);
  clock.pass(wait);
  assert.ok(time.now() >= before + 900);
  assert.equal(wait, 1000);
});

test('an instant on record is not forgotten for the wall saying otherwise', () => {
  const clock = new HandClock(START);
  const time = new SteadyTime(clock);
  time.saw(clock.now() + MINUTE);
  time.saw(clock.now() - MINUTE);
  assert.equal(time.now(), clock.now() + MINUTE);
});

test('it never goes back and never runs ahead of both clocks, whatever the wall does (T78)', () => {
  const step = fc.record({
    pass: fc.integer({ min: 0, max: 120_000 }),
    jump: fc.oneof(fc.constant(0), fc.integer({ min: -90_000_000, max: 90_000_000 })),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = new HandClock(START);
      const time = new SteadyTime(clock);
      let last = time.now();
      for (const { pass, jump } of steps) {
        clock.pass(pass);
        clock.jump(jump);
        const now = time.now();
        assert.ok(now >= last && now >= clock.now());
        assert.ok(now <= Math.max(last + pass, clock.now()));
        last = now;
      }
    }),
  );
});
