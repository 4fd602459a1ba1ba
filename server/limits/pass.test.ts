import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { admittedOf, attempt, passOf, Stage } from './stage-for-tests.ts';

const NOON = '2026-11-21T12:00:30.250Z';

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

describe('a pass', () => {
  test('replaces what was reserved by what was used, as often as it is said', async () => {
    const { limits } = await stage.room(NOON, { key: { tokens_per_minute: 100 } });
    const pass = passOf(attempt(limits, 90));
    pass.correct(40);
    pass.correct(40);
    assert.equal(limits.standing('k', 'u').used.tokens_per_minute, 40);
    pass.correct(130);
    assert.equal(limits.standing('k', 'u').used.tokens_per_minute, 130);
    assert.equal(limits.standing('k', 'u').remaining.tokens_per_minute, 0);
    assert.equal(admittedOf(limits, 1, 0), 0);
  });

  test('corrects the windows of its admission only, also when its minute is over by then (T79)', async () => {
    const { limits, clock } = await stage.room('2026-11-21T12:59:59.999Z');
    const pass = passOf(attempt(limits, 500));
    clock.pass(1);
    passOf(attempt(limits, 7));
    pass.correct(900);
    const { used } = limits.standing('k', 'u');
    assert.equal(used.tokens_per_minute, 7);
    assert.equal(used.tokens_per_hour, 7);
    assert.equal(used.tokens_per_day, 907);
  });

  test('that is cancelled leaves no trace, and what follows changes nothing', async () => {
    const { limits, clock } = await stage.room('2026-11-21T12:59:59.999Z');
    const before = limits.standing('k', 'u');
    const pass = passOf(attempt(limits, 500));
    pass.cancel();
    pass.cancel();
    pass.correct(10);
    pass.end();
    assert.deepEqual(limits.standing('k', 'u'), before);
    const late = passOf(attempt(limits, 500));
    clock.pass(1);
    late.correct(800);
    late.cancel();
    const { used } = limits.standing('k', 'u');
    assert.deepEqual(Object.values(used), [0, 0, 0, 0, 0, 0]);
  });

  test('that has ended still takes its correction', async () => {
    const { limits } = await stage.room(NOON);
    const pass = passOf(attempt(limits, 5));
    pass.end();
    pass.correct(9);
    assert.equal(limits.standing('k', 'u').used.tokens_per_day, 9);
    assert.equal(limits.standing('k', 'u').concurrent.running, 0);
  });

  test('is not given and not corrected for what is no number of tokens', async () => {
    const { limits } = await stage.room(NOON);
    const pass = passOf(attempt(limits, 5));
    for (const wrong of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      assert.throws(() => limits.admit({ keyId: 'k', userId: 'u', tokens: wrong }), RangeError);
      assert.throws(() => pass.correct(wrong), RangeError);
    }
    assert.equal(limits.standing('k', 'u').used.tokens_per_day, 5);
    assert.equal(limits.standing('k', 'u').used.requests_per_day, 1);
  });
});
