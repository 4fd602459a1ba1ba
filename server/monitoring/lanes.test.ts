import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HandClock } from '../clock-for-tests.ts';
import { createLanes, type LaneRules } from './lanes.ts';

const RULES: LaneRules = { perSecond: 5, concurrent: 3 };

function open(rules = RULES) {
  const clock = new HandClock('2026-11-20T12:00:00Z');
  return { clock, lanes: createLanes(clock, rules) };
}

const STEP_MS = 50;

/** Lets time pass in steps, so that whoever is woken looks at the clock at once. */
async function pass(clock: HandClock, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    clock.pass(STEP_MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('no second sees more calls to a host than its rate, however they come', async () => {
  const gaps = fc.array(fc.nat(8), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      gaps,
      fc.integer({ min: 1, max: 9 }),
      fc.nat(900),
      async (waits, perSecond, way) => {
        const { clock, lanes } = open({ perSecond, concurrent: 3 });
        const calls: { sent: number; answered: number }[] = [];
        for (const wait of waits) {
          await pass(clock, wait);
          void lanes.turn('a').then((over) => {
            // Nobody knows when between these two it reached the host.
            calls.push({ sent: clock.elapsed(), answered: clock.elapsed() + way });
            clock.after(way, over);
          });
        }
        await pass(clock, 2_600);
        assert.equal(calls.length, waits.length);
        for (const [index, { answered }] of calls.entries()) {
          const tooMany = calls[index + perSecond];
          assert.ok(tooMany === undefined || tooMany.sent - answered >= 1_000);
        }
      },
    ),
    { numRuns: 25 },
  );
});

test('hosts do not wait for each other', async () => {
  const { lanes } = open({ perSecond: 1, concurrent: 1 });
  await lanes.turn('a');
  let isThrough = false;
  void lanes.turn('a').then(() => {
    isThrough = true;
  });
  await lanes.turn('b');
  assert.equal(isThrough, false);
});

test('a host with as many checks as it may have is closed until one ends', () => {
  const { lanes } = open();
  for (const lane of ['a', 'a', 'a', 'b']) lanes.enter(lane);
  assert.deepEqual(lanes.closed(), ['a']);
  lanes.leave('a');
  assert.deepEqual(lanes.closed(), []);
});

test('one rate limit closes nothing, three in a row close the host as long as it asked', () => {
  const { clock, lanes } = open();
  lanes.limited('a', 5_000);
  lanes.limited('a', 5_000);
  lanes.answered('a');
  lanes.limited('a', 5_000);
  lanes.limited('a', 5_000);
  assert.deepEqual(lanes.closed(), []);
  lanes.limited('a', 5_000);
  assert.deepEqual(lanes.closed(), ['a']);
  clock.pass(4_999);
  assert.deepEqual(lanes.closed(), ['a']);
  clock.pass(2);
  assert.deepEqual(lanes.closed(), []);
});

test('a host cannot close itself for more than an hour', () => {
  const { clock, lanes } = open();
  for (let time = 0; time < 3; time++) lanes.limited('a', 1e12);
  clock.pass(3_600_001);
  assert.deepEqual(lanes.closed(), []);
});

test('a clock on the wall that jumps neither opens nor closes a host', async () => {
  const { clock, lanes } = open({ perSecond: 1, concurrent: 3 });
  (await lanes.turn('a'))();
  for (let time = 0; time < 3; time++) lanes.limited('a', 5_000);
  assert.equal(lanes.reopensIn(), 5_000);
  clock.jump(86_400_000);
  assert.deepEqual(lanes.closed(), ['a']);
  clock.jump(-2 * 86_400_000);
  clock.pass(5_001);
  assert.deepEqual(lanes.closed(), []);
  await lanes.turn('a');
});
