import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { durationText } from './headers.ts';
import { SEED_DEFAULTS } from './limits.ts';
import { attempt, failureOf, passOf, Stage } from './stage-for-tests.ts';

const NOON = '2026-11-21T12:00:30.250Z';

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

test('a standing names limits, use, what is left and when each window ends', async () => {
  const { limits } = await stage.room(NOON, { key: SEED_DEFAULTS });
  passOf(attempt(limits, 512));
  const { max_concurrent: _none, ...six } = SEED_DEFAULTS;
  assert.deepEqual(limits.standing('k', 'u'), {
    limits: six,
    used: {
      requests_per_minute: 1,
      requests_per_hour: 1,
      requests_per_day: 1,
      tokens_per_minute: 512,
      tokens_per_hour: 512,
      tokens_per_day: 512,
    },
    remaining: {
      requests_per_minute: 59,
      requests_per_hour: 999,
      requests_per_day: 9999,
      tokens_per_minute: 9488,
      tokens_per_hour: 99_488,
      tokens_per_day: 999_488,
    },
    resets: {
      minute: '2026-11-21T12:01:00.000Z',
      hour: '2026-11-21T13:00:00.000Z',
      day: '2026-11-22T00:00:00.000Z',
    },
    concurrent: { running: 1, limit: null },
    allowed: true,
    reason: null,
  });
});

test('a standing takes of each rule the one that leaves less, the key’s or the user’s', async () => {
  const { limits } = await stage.room(NOON, {
    key: { requests_per_minute: 10, tokens_per_day: 500, max_concurrent: 5 },
    user: { requests_per_minute: 5, tokens_per_day: 900, max_concurrent: 5 },
  });
  passOf(attempt(limits, 100, 'another key'));
  passOf(attempt(limits, 10));
  const standing = limits.standing('k', 'u');
  assert.equal(standing.limits.requests_per_minute, 5);
  assert.equal(standing.used.requests_per_minute, 2);
  assert.equal(standing.limits.tokens_per_day, 500);
  assert.equal(standing.used.tokens_per_day, 10);
  assert.equal(standing.limits.requests_per_hour, null);
  assert.equal(standing.remaining.requests_per_hour, null);
  assert.deepEqual(standing.concurrent, { running: 2, limit: 5 });
});

test('a standing gives the very reason that the next request is refused for', async () => {
  const rules = [
    { requests_per_minute: 1 },
    { tokens_per_hour: 1 },
    { max_concurrent: 1 },
    { tokens_per_day: 0 },
  ];
  for (const rule of rules) {
    const { limits } = await stage.room(NOON, { user: rule });
    if (rule.tokens_per_day === undefined) passOf(attempt(limits));
    const { allowed, reason } = limits.standing('k', 'u');
    assert.equal(allowed, false);
    assert.equal(reason, failureOf(attempt(limits)).message);
  }
});

test('a standing is up to date although nobody has called since the window ended', async () => {
  const { limits, clock } = await stage.room(NOON, { key: { requests_per_minute: 1 } });
  passOf(attempt(limits));
  assert.equal(limits.standing('k', 'u').allowed, false);
  clock.pass(29_750);
  const { allowed, used, resets } = limits.standing('k', 'u');
  assert.deepEqual([allowed, used.requests_per_minute], [true, 0]);
  assert.equal(resets.minute, '2026-11-21T12:02:00.000Z');
});

test('headers speak of the rules of which least is left', async () => {
  const { limits } = await stage.room(NOON, {
    key: { requests_per_minute: 60, requests_per_hour: 61, tokens_per_day: 1000 },
    user: { requests_per_day: 60, tokens_per_minute: 5000 },
  });
  passOf(attempt(limits, 200)).correct(250);
  assert.deepEqual(limits.headersFor('k', 'u'), {
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-reset-requests': '11h59m30s',
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': '750',
    'x-ratelimit-reset-tokens': '11h59m30s',
  });
});

test('headers never say less than nothing, and what is not limited has none', async () => {
  const { limits } = await stage.room(NOON, { key: { tokens_per_minute: 10 } });
  passOf(attempt(limits, 10)).correct(25);
  assert.deepEqual(limits.headersFor('k', 'u'), {
    'x-ratelimit-limit-tokens': '10',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-reset-tokens': '30s',
  });
  assert.deepEqual(limits.headersFor('nobody', 'nobody'), {});
});

test('durations read as the official clients expect, rounded up to seconds', () => {
  const texts = [1, 1000, 1001, 60_000, 360_000, 3_600_000, 86_400_000].map(durationText);
  assert.deepEqual(texts, ['1s', '1s', '2s', '1m0s', '6m0s', '1h0m0s', '24h0m0s']);
});
