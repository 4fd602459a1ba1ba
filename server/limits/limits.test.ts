import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HandClock } from '../clock-for-tests.ts';
import { Failure } from '../failure.ts';
import { createLimits, NO_LIMITS, RULES, SEED_DEFAULTS } from './limits.ts';
import { admittedOf, attempt, failureOf, passOf, Stage } from './stage-for-tests.ts';

const NOON = '2026-11-21T12:00:30.250Z';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

describe('a storm', () => {
  test('of 200 requests at 100 a minute admits 100, and 100 more from the first instant of the next (T14)', async () => {
    const rule = { requests_per_minute: 100 };
    const { limits, clock } = await stage.room('2026-11-21T12:00:59.999Z', { key: rule });
    assert.equal(admittedOf(limits, 200), 100);
    clock.pass(1);
    assert.equal(admittedOf(limits, 200), 100);
    clock.pass(MINUTE - 1);
    assert.equal(admittedOf(limits, 200), 0);
    clock.pass(1);
    assert.equal(admittedOf(limits, 200), 100);
  });

  test('of 200 requests for 100 tokens a minute takes exactly 100 tokens, whatever each asks (T14)', async () => {
    for (const tokens of [1, 7, 50, 100]) {
      const { limits } = await stage.room(NOON, { user: { tokens_per_minute: 100 } });
      assert.equal(admittedOf(limits, 200, tokens), Math.floor(100 / tokens));
      assert.equal(admittedOf(limits, 200, 1), 100 % tokens);
    }
  });

  test('on many keys of one user keeps to the limit of the user', async () => {
    const rule = { requests_per_hour: 10 };
    const { limits } = await stage.room(NOON, { user: rule });
    const results = Array.from({ length: 50 }, (_, i) => attempt(limits, 1, `key ${i}`));
    assert.equal(results.filter((result) => !(result instanceof Failure)).length, 10);
  });

  test('leaves nothing under way once all have ended, however they end (T15)', async () => {
    const { limits } = await stage.room(NOON, { key: { max_concurrent: 2 } });
    for (let i = 0; i < 1000; i++) {
      const two = [passOf(attempt(limits)), passOf(attempt(limits))];
      assert.equal(failureOf(attempt(limits)).code, 'rate_limited');
      for (const pass of two) {
        if (i % 2 === 0) pass.cancel();
        pass.end();
        pass.end();
      }
    }
    assert.deepEqual(limits.standing('k', 'u').concurrent, { running: 0, limit: 2 });
  });
});

test('tokens are to be reserved where a rule of the key or the user counts them, and of those without rules the default', async () => {
  const { storage } = stage;
  const counting = { ...NO_LIMITS, tokens_per_day: 9 };
  for (const scope of ['key', 'user'] as const) {
    const defaults = { key: NO_LIMITS, user: NO_LIMITS, [scope]: counting };
    const clock = new HandClock(NOON);
    const byDefault = await createLimits({ storage, clock, defaults });
    const byRule = await createLimits({
      storage,
      clock,
      defaults: { key: NO_LIMITS, user: NO_LIMITS },
    });
    const set = (limits: typeof byRule, rule: typeof NO_LIMITS) =>
      limits.change(scope, scope === 'key' ? 'k' : 'u', rule).apply();
    assert.deepEqual(
      [byDefault, byRule].map((limits) => limits.countsTokens('k', 'u')),
      [true, false],
    );
    set(byDefault, NO_LIMITS);
    set(byRule, counting);
    assert.deepEqual(
      [byDefault, byRule].map((limits) => limits.countsTokens('k', 'u')),
      [false, true],
    );
  }
});

describe('a refused request', () => {
  test('consumes nothing, also not of the rules that would have allowed it (T14)', async () => {
    const { limits } = await stage.room(NOON, {
      key: { requests_per_minute: 5, tokens_per_day: 1000, max_concurrent: 9 },
      user: { requests_per_hour: 2 },
    });
    assert.equal(admittedOf(limits, 2, 10), 2);
    const before = limits.standing('k', 'u');
    assert.equal(admittedOf(limits, 100, 10), 0);
    assert.deepEqual(limits.standing('k', 'u'), before);
    assert.equal(before.used.tokens_per_day, 20);
    assert.equal(before.used.requests_per_minute, 2);
    assert.equal(before.concurrent.running, 2);
  });

  test('is told rule, scope, counter, limit, reset and wait', async () => {
    const { limits } = await stage.room(NOON, { key: { tokens_per_minute: 100 } });
    passOf(attempt(limits, 70));
    const failure = failureOf(attempt(limits, 31));
    assert.equal(failure.code, 'rate_limited');
    assert.equal(failure.kind.status, 429);
    assert.equal(failure.kind.retryable, true);
    assert.deepEqual(failure.details.refusal, {
      rule: 'tokens_per_minute',
      scope: 'key',
      counter: 70,
      limit: 100,
      asked: 31,
      reset: '2026-11-21T12:01:00.000Z',
    });
    assert.equal(failure.details.retryAfterMs, 29_750);
    assert.equal(
      failure.message,
      'The limit tokens_per_minute of this key is 100: 70 used, and this request needs 31. It resets at 2026-11-21T12:01:00.000Z.',
    );
  });

  test('is told of the rule that stands in the way longest, so that the wait is enough', async () => {
    const { limits, clock } = await stage.room(NOON, {
      key: { requests_per_minute: 1, max_concurrent: 1 },
      user: { requests_per_hour: 1 },
    });
    passOf(attempt(limits)).end();
    const { refusal, retryAfterMs = 0 } = failureOf(attempt(limits)).details;
    assert.equal(refusal?.rule, 'requests_per_hour');
    assert.equal(refusal?.scope, 'user');
    clock.pass(retryAfterMs - 1);
    assert.equal(admittedOf(limits, 1), 0);
    clock.pass(1);
    assert.equal(admittedOf(limits, 1), 1);
  });

  test('is told to try again soon where only another request is in the way', async () => {
    const { limits } = await stage.room(NOON, { user: { max_concurrent: 1 } });
    passOf(attempt(limits));
    const { refusal, retryAfterMs } = failureOf(attempt(limits)).details;
    assert.deepEqual(refusal, {
      rule: 'max_concurrent',
      scope: 'user',
      counter: 1,
      limit: 1,
      asked: 1,
      reset: null,
    });
    assert.equal(retryAfterMs, 1000);
  });

  test('is told not to try again where it alone is over a limit', async () => {
    const { limits } = await stage.room(NOON, {
      key: { tokens_per_minute: 100, requests_per_day: 1 },
    });
    passOf(attempt(limits));
    const failure = failureOf(attempt(limits, 101));
    assert.equal(failure.code, 'request_over_limit');
    assert.equal(failure.kind.status, 429);
    assert.equal(failure.kind.retryable, false);
    assert.equal(failure.details.refusal?.rule, 'tokens_per_minute');
    assert.equal(failure.details.retryAfterMs, undefined);
  });

  test('can be due to a limit of 0, which allows nothing', async () => {
    for (const rule of RULES) {
      const { limits } = await stage.room(NOON, { key: { [rule]: 0 } });
      assert.equal(failureOf(attempt(limits)).code, 'request_over_limit', rule);
    }
  });
});

describe('the clock', () => {
  const EDGES: readonly (readonly [at: string, what: string])[] = [
    ['2026-12-31T23:59:59.999Z', 'the last instant of a year'],
    ['2028-02-28T23:59:59.999Z', 'the day before a leap day'],
    ['2028-02-29T23:59:59.999Z', 'a leap day'],
    ['2026-03-28T23:59:59.999Z', 'the eve of summer time in Europe'],
  ];
  for (const [at, what] of EDGES) {
    test(`begins all windows anew exactly once after ${what} (T78)`, async () => {
      const rule = { requests_per_day: 3, requests_per_hour: 3, requests_per_minute: 3 };
      const { limits, clock } = await stage.room(at, { key: rule });
      assert.equal(admittedOf(limits, 9), 3);
      clock.pass(1);
      assert.equal(admittedOf(limits, 9), 3);
      clock.pass(DAY - 1);
      assert.equal(admittedOf(limits, 9), 0);
      clock.pass(1);
      assert.equal(admittedOf(limits, 9), 3);
    });
  }

  test('gives no second window for a jump back, and the next one after a minute of waiting (T78)', async () => {
    for (const back of [1, 10 * MINUTE, HOUR, DAY]) {
      const { limits, clock } = await stage.room(NOON, { key: { requests_per_minute: 10 } });
      assert.equal(admittedOf(limits, 20), 10);
      clock.jump(-back);
      assert.equal(admittedOf(limits, 20), 0, `back by ${back} ms`);
      const { retryAfterMs = 0 } = failureOf(attempt(limits)).details;
      assert.ok(retryAfterMs <= 35_000);
      clock.pass(retryAfterMs);
      assert.equal(admittedOf(limits, 20), 10, `back by ${back} ms`);
    }
  });

  test('gives one window for a jump ahead and none for the way back (T78)', async () => {
    for (const ahead of [HOUR, DAY]) {
      const { limits, clock } = await stage.room(NOON, { key: { requests_per_minute: 10 } });
      assert.equal(admittedOf(limits, 20), 10);
      clock.jump(ahead);
      assert.equal(admittedOf(limits, 20), 10);
      clock.jump(-ahead);
      assert.equal(admittedOf(limits, 20), 0);
    }
  });
});

describe('rules', () => {
  test('are found again after a restart, exactly as they were set', async () => {
    const clock = new HandClock(NOON);
    const limits = await createLimits({ storage: stage.storage, clock });
    const set = { ...SEED_DEFAULTS, tokens_per_day: null, max_concurrent: 0 };
    await limits.set('key', 'vk_1', SEED_DEFAULTS);
    await limits.set('key', 'vk_1', set);
    await limits.set('user', 'vk_1', SEED_DEFAULTS);
    for (const room of [limits, await createLimits({ storage: stage.storage, clock })]) {
      assert.deepEqual(room.get('key', 'vk_1'), set);
      assert.deepEqual(room.get('user', 'vk_1'), SEED_DEFAULTS);
      assert.deepEqual(room.get('user', 'vk_2'), NO_LIMITS);
    }
  });

  test('that were not set are the defaults of their scope; null for every rule lifts them', async () => {
    const limits = await createLimits({
      storage: stage.storage,
      clock: new HandClock(NOON),
      defaults: { key: { ...NO_LIMITS, requests_per_minute: 1 } },
    });
    assert.equal(admittedOf(limits, 5), 1);
    assert.equal(limits.get('key', 'k').requests_per_minute, 1);
    assert.deepEqual(limits.get('user', 'u'), NO_LIMITS);
    await limits.set('key', 'k', NO_LIMITS);
    assert.equal(admittedOf(limits, 5), 5);
  });

  test('that are new count what was used before', async () => {
    const { limits } = await stage.room(NOON);
    assert.equal(admittedOf(limits, 7, 10), 7);
    limits.change('key', 'k', { ...NO_LIMITS, tokens_per_day: 100 }).apply();
    assert.equal(admittedOf(limits, 20, 10), 3);
  });

  test('that are no limits are refused by name and change nothing', async () => {
    const { limits } = await stage.room(NOON);
    for (const wrong of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const set = limits.set('key', 'k', { ...SEED_DEFAULTS, tokens_per_hour: wrong });
      await assert.rejects(set, { code: 'validation_failed', message: /^tokens_per_hour must/ });
    }
    assert.deepEqual(limits.get('key', 'k'), NO_LIMITS);
  });

  test('that were not stored do not hold', async () => {
    const broken = await Stage.open();
    const limits = await createLimits({ storage: broken.storage, clock: new HandClock(NOON) });
    const { write, apply } = limits.change('user', 'u', SEED_DEFAULTS);
    const conflict = broken.storage.commit([write, { ...write, rows: 5 }]);
    await assert.rejects(conflict, { code: 'conflict' });
    assert.deepEqual(limits.get('user', 'u'), NO_LIMITS);
    await broken.storage.commit([write]);
    apply();
    assert.deepEqual(limits.get('user', 'u'), SEED_DEFAULTS);
    await broken.close();
  });

  test('of a new user are those of the seed', () => {
    assert.deepEqual(Object.values(SEED_DEFAULTS), [
      60,
      1000,
      10_000,
      10_000,
      100_000,
      1_000_000,
      null,
    ]);
  });
});

describe('after a restart', () => {
  test('counters go on from what is on record of each window, older days not counted', async () => {
    const { limits } = await stage.room('2026-11-21T12:00:30Z', {
      key: { requests_per_minute: 3, tokens_per_hour: 1000 },
    });
    const at = (instant: string) => ({ keyId: 'k', userId: 'u', at: Date.parse(instant) });
    limits.restore([
      { ...at('2026-11-20T23:59:59.999Z'), tokens: 1 },
      { ...at('2026-11-21T00:00:00Z'), tokens: 20, requests: 4 },
      { ...at('2026-11-21T11:59:59.999Z'), tokens: 300 },
      { ...at('2026-11-21T12:00:00Z'), tokens: 400 },
      { ...at('2026-11-21T12:00:30Z'), tokens: 500 },
    ]);
    const { used, remaining } = limits.standing('k', 'u');
    assert.deepEqual(used, {
      requests_per_minute: 2,
      requests_per_hour: 2,
      requests_per_day: 7,
      tokens_per_minute: 900,
      tokens_per_hour: 900,
      tokens_per_day: 1220,
    });
    assert.equal(remaining.tokens_per_hour, 100);
    assert.equal(admittedOf(limits, 5), 1);
  });

  test('with a clock that has gone back, what is on record from later still counts (T78)', async () => {
    const rule = { requests_per_minute: 2 };
    const { limits, clock } = await stage.room('2026-11-21T11:50:00Z', { user: rule });
    const later = Date.parse('2026-11-21T12:00:30Z');
    limits.restore([{ keyId: 'k', userId: 'u', at: later, tokens: 1, requests: 2 }]);
    assert.equal(admittedOf(limits, 5), 0);
    clock.pass(10 * MINUTE);
    assert.equal(admittedOf(limits, 5), 2);
  });
});
