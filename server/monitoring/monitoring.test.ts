import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../clock.ts';
import type { Failure } from '../failure.ts';
import {
  dollars,
  fails,
  has,
  openStage,
  reads,
  refuses,
  SILENT,
  type Stage,
} from './stage-for-tests.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const statusOf = async (id: string) => {
  const status = (await stage.monitoring.statuses([id])).get(id);
  assert.ok(status);
  return status;
};

/** Lets time pass and everything that falls due be done. */
async function after(ms: number): Promise<void> {
  stage.clock.pass(ms);
  await stage.monitoring.tick();
}

test('a new key is checked at once, and what it has is known and on record', async () => {
  stage.add('pk_1');
  await stage.monitoring.tick();
  const { status, balance, lastOkAt } = await statusOf('pk_1');
  assert.deepEqual(
    [status, balance?.amount, balance?.source],
    ['healthy', dollars(10), 'reported'],
  );
  assert.equal(lastOkAt, stage.clock.now());
  const span = { from: 0, to: stage.clock.now() + 1 };
  assert.deepEqual(await stage.monitoring.history('pk_1', span, 10), [
    {
      keyId: 'pk_1',
      at: stage.clock.now(),
      ok: true,
      balance: dollars(10),
      currency: 'USD',
      source: 'reported',
      status: 'healthy',
      error: null,
    },
  ]);
});

test('a key is checked once in its interval, and again when that is over', async () => {
  stage.add('pk_1');
  stage.add('pk_2', { checkIntervalMinutes: 5 });
  await stage.monitoring.tick();
  await after(4 * MINUTE_MS);
  assert.deepEqual(stage.asked.sort(), ['pk_1', 'pk_2']);
  await after(MINUTE_MS);
  assert.deepEqual(stage.asked.sort(), ['pk_1', 'pk_2', 'pk_2']);
  await after(25 * MINUTE_MS);
  assert.deepEqual(stage.asked.sort(), ['pk_1', 'pk_1', 'pk_2', 'pk_2', 'pk_2']);
});

test('an outage changes no balance, and is told once when it is sure', async () => {
  stage.add('pk_1');
  await stage.monitoring.tick();
  stage.script.balance = () => fails('unavailable');
  for (let round = 0; round < 5; round++) await after(HOUR_MS);
  const { status, balance } = await statusOf('pk_1');
  assert.deepEqual([status, balance?.amount], ['unreachable', dollars(10)]);
  stage.script.balance = () => has(9);
  await after(HOUR_MS);
  assert.deepEqual(
    stage.signals.map(({ from, to }) => `${from} to ${to}`),
    ['unknown to healthy', 'healthy to unreachable', 'unreachable to healthy'],
  );
  assert.equal((await statusOf('pk_1')).balance?.amount, dollars(9));
});

test('rate limits, failures and noise never make a key invalid', async () => {
  stage.add('pk_1');
  await stage.monitoring.tick();
  const outcomes = [
    'rate limited',
    'unavailable',
    'unreachable',
    'unreadable',
    'not permitted',
  ] as const;
  for (let round = 0; round < 40; round++) {
    const outcome = outcomes[round % outcomes.length] ?? 'unreadable';
    stage.script.balance = () => fails(outcome);
    await after(HOUR_MS);
    assert.notEqual((await statusOf('pk_1')).status, 'invalid');
  }
});

test('a provider that names a time is left alone so long', async () => {
  stage.add('pk_1');
  stage.script.balance = () => fails('rate limited', 7 * MINUTE_MS);
  await stage.monitoring.tick();
  await after(7 * MINUTE_MS - 1);
  assert.equal(stage.asked.length, 1);
  stage.script.balance = () => has(10);
  await after(1);
  assert.equal(stage.asked.length, 2);
  assert.equal((await statusOf('pk_1')).status, 'healthy');
});

test('a refusal is asked for again within minutes, and believed the third time', async () => {
  stage.add('pk_1');
  await stage.monitoring.tick();
  stage.script.balance = () => refuses();
  await after(30 * MINUTE_MS);
  assert.equal((await statusOf('pk_1')).status, 'healthy');
  await after(MINUTE_MS);
  assert.equal((await statusOf('pk_1')).status, 'healthy');
  await after(2 * MINUTE_MS);
  assert.equal((await statusOf('pk_1')).status, 'invalid');
  assert.equal((await statusOf('pk_1')).balance?.amount, dollars(10));
  assert.equal(stage.signals.at(-1)?.message, 'The provider does not accept the key.');
});

test('a provider that lies once about a balance raises nothing', async () => {
  stage.add('pk_1', { threshold: dollars(5) });
  await stage.monitoring.tick();
  let lies = 1;
  stage.script.balance = () => has(lies-- > 0 ? 0 : 10);
  await after(30 * MINUTE_MS);
  const { status, balance } = await statusOf('pk_1');
  assert.deepEqual([status, balance?.amount, stage.signals.length], ['healthy', dollars(10), 1]);
});

test('bad news that the provider does not repeat is not believed and looked into soon', async () => {
  stage.add('pk_1');
  await stage.monitoring.tick();
  const answers = [has(0), fails('unavailable'), has(10)];
  stage.script.balance = () => answers.shift() ?? has(10);
  await after(30 * MINUTE_MS);
  assert.equal((await statusOf('pk_1')).balance?.amount, dollars(10));
  assert.equal((await statusOf('pk_1')).status, 'healthy');
  await after(MINUTE_MS);
  assert.equal(answers.length, 0);
  assert.equal((await statusOf('pk_1')).lastCheckedAt, stage.clock.now());
});

test('a provider that names a time when it is asked again is left alone so long', async () => {
  stage.add('pk_1');
  await stage.monitoring.tick();
  const answers = [has(0), fails('rate limited', 20 * MINUTE_MS)];
  stage.script.balance = () => answers.shift() ?? has(10);
  await after(30 * MINUTE_MS);
  const asked = stage.asked.length;
  await after(20 * MINUTE_MS - 1);
  assert.equal(stage.asked.length, asked);
  await after(1);
  assert.equal(stage.asked.length, asked + 1);
});

test('a balance below the threshold is told once, and again only after it was well', async () => {
  stage.add('pk_1', { threshold: dollars(5) });
  const series = [10, 4.9, 4.8, 5.1, 4.9, 5.3, 4.9, 0, -1];
  for (const amount of series) {
    stage.script.balance = () => has(amount);
    await after(30 * MINUTE_MS);
  }
  assert.deepEqual(
    stage.signals.map(({ to }) => to),
    ['healthy', 'low', 'healthy', 'low', 'exhausted'],
  );
});

test('a provider that knows the key and keeps the balance to itself takes no alarm back', async () => {
  stage.add('pk_1', { threshold: dollars(5) });
  stage.script.balance = () => has(3);
  await stage.monitoring.tick();
  stage.script.balance = () => has(3, { balance: null, outcome: 'unavailable' });
  await after(30 * MINUTE_MS);
  const { status, balance } = await statusOf('pk_1');
  assert.deepEqual([status, balance?.amount], ['low', dollars(3)]);
});

test('a key whose provider tells no balance is validated once a day', async () => {
  stage.add('pk_1', { provider: SILENT });
  await stage.monitoring.tick();
  await after(23 * HOUR_MS);
  assert.equal(stage.asked.length, 1);
  await after(HOUR_MS);
  assert.equal(stage.asked.length, 2);
  assert.equal((await statusOf('pk_1')).status, 'healthy');
});

test('where this key is not told the balance, it is asked whether the key is good', async () => {
  stage.add('pk_1');
  const answers = [fails('not permitted'), { ...has(0), balance: null }];
  stage.script.balance = () => answers.shift() ?? has(1);
  await stage.monitoring.tick();
  assert.deepEqual(
    [(await statusOf('pk_1')).status, (await statusOf('pk_1')).balance],
    ['healthy', null],
  );
});

test('an anchor is carried on by what we metered, and shown as estimated', async () => {
  const at = stage.clock.now() - HOUR_MS;
  stage.add('pk_1', { provider: SILENT, anchor: { amount: dollars(20), at } });
  await stage.monitoring.tick();
  const soon = stage.clock.now() + 60_000;
  await stage.record({ startedAt: soon, cost: dollars(3) });
  await stage.record({ startedAt: at - 1, cost: dollars(9) });
  await stage.record({ startedAt: soon, cost: dollars(1), providerKeyId: 'pk_2' });
  stage.asked.length = 0;
  await after(30 * MINUTE_MS);
  const { balance, status } = await statusOf('pk_1');
  assert.deepEqual(
    [balance?.amount, balance?.source, status],
    [dollars(17), 'estimated', 'healthy'],
  );
  assert.equal(stage.asked.length, 0, 'the provider has nothing to say about it');
});

test('a check on demand asks the provider, and two at once ask it once', async () => {
  stage.add('pk_1', { provider: SILENT, anchor: { amount: dollars(1), at: stage.clock.now() } });
  const [one, other] = await Promise.all([
    stage.monitoring.check('pk_1'),
    stage.monitoring.check('pk_1'),
  ]);
  assert.equal(one, other);
  assert.equal(stage.asked.length, 1);
  assert.deepEqual([one.ok, one.balance, one.source], [true, dollars(1), 'estimated']);
  await stage.monitoring.tick();
  assert.equal(stage.asked.length, 1, 'what was just checked is not due');
  await assert.rejects(
    stage.monitoring.check('pk_9'),
    (error: Failure) => error.code === 'not_found',
  );
});

test('a key that is switched off rests, and what is known of it stays', async () => {
  const key = stage.add('pk_1');
  await stage.monitoring.tick();
  stage.keys.delete('pk_1');
  await after(HOUR_MS);
  assert.equal(stage.asked.length, 1);
  assert.equal((await statusOf('pk_1')).balance?.amount, dollars(10));
  stage.keys.set('pk_1', key);
  await after(1);
  assert.equal(stage.asked.length, 2);
});

test('a key that is switched off while it is asked about stays at rest', async () => {
  stage.add('pk_1');
  stage.script.balance = () => {
    stage.keys.delete('pk_1');
    return has(10);
  };
  await stage.monitoring.tick();
  await after(HOUR_MS);
  await after(HOUR_MS);
  assert.equal(stage.asked.length, 1);
});

test('new rules of a key hold at once', async () => {
  const key = stage.add('pk_1');
  await stage.monitoring.tick();
  stage.keys.set('pk_1', { ...key, threshold: dollars(50) });
  await after(1);
  assert.equal((await statusOf('pk_1')).status, 'low');
});

test('a key that got another secret is looked at anew, however bad the one before was', async () => {
  stage.add('pk_1');
  stage.script.balance = refuses;
  await stage.monitoring.tick();
  stage.script.balance = () => has(10);
  stage.add('pk_1', { masked: 'sk-bbbb...1111' });
  await stage.monitoring.tick();
  assert.equal((await stage.monitoring.statuses(['pk_1'])).get('pk_1')?.status, 'healthy');
});

test('the runway is known as soon as something was spent, and ends with a new count', async () => {
  stage.add('pk_1');
  let left = 100;
  stage.script.balance = () => has(left);
  for (let round = 0; round < 8; round++) {
    await after(30 * MINUTE_MS);
    left -= 1;
  }
  const { runway } = await statusOf('pk_1');
  assert.equal(runway?.hours, 47);
  assert.ok(runway.lowHours < 47 && (runway.highHours ?? 0) > 47);
});

test('of a balance that nobody could read for a week it is not said any more how long it lasts', async () => {
  stage.add('pk_1');
  for (const left of [10, 9, 8]) {
    stage.script.balance = () => has(left);
    await after(HOUR_MS);
  }
  stage.script.balance = () => fails('not offered');
  await after(7 * DAY_MS);
  assert.notEqual((await statusOf('pk_1')).runway, null);
  await after(MINUTE_MS);
  const { balance, runway } = await statusOf('pk_1');
  assert.deepEqual([balance?.amount, runway], [dollars(8), null]);
});

test('of a key that nobody has looked at nothing is known', async () => {
  const { status, balance, lastCheckedAt } = await statusOf('pk_404');
  assert.deepEqual([status, balance, lastCheckedAt], ['unknown', null, null]);
});

test('a wire that breaks is a reading like any other', async () => {
  stage.add('pk_1');
  await stage.monitoring.tick();
  stage.script.balance = () => ({
    ...has(1),
    ...reads('unknown', 'unreachable', 'It is away.'),
    balance: null,
  });
  const reading = await stage.monitoring.check('pk_1');
  assert.deepEqual([reading.ok, reading.balance, reading.error], [false, null, 'It is away.']);
});
