import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../clock.ts';
import { dollars, has, onItsWay, openStage, type Stage } from './stage-for-tests.ts';
import { LEASE_MS } from './timetable.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const readingsOf = (): Record<string, number> =>
  Object.fromEntries(
    stage
      .rows<{ id: string; count: number }>(
        'select provider_key_id as id, count(*) as count from balance_readings group by 1',
      )
      .map(({ id, count }) => [id, count]),
  );

function addMany(count: number): readonly string[] {
  const ids = Array.from({ length: count }, (_, index) => `pk_${index}`);
  for (const id of ids) stage.add(id);
  return ids;
}

test('several instances share the work: each key is checked once, and none is left out', async () => {
  const ids = addMany(150);
  const instances = [stage.monitoring, stage.another(), stage.another()];
  const reports = await Promise.all(instances.map((one) => one.tick()));
  assert.deepEqual(readingsOf(), Object.fromEntries(ids.map((id) => [id, 1])));
  assert.deepEqual(stage.asked.toSorted(), [...ids].toSorted());
  assert.equal(
    reports.reduce((sum, { done }) => sum + done, 0),
    150,
  );
});

test('a restart finds the timetable as it was', async () => {
  addMany(5);
  await stage.monitoring.tick();
  stage.clock.pass(10 * MINUTE_MS);
  const restarted = stage.another();
  await restarted.tick();
  assert.equal(stage.asked.length, 5);
  stage.clock.pass(20 * MINUTE_MS);
  await restarted.tick();
  assert.equal(stage.asked.length, 10);
});

test('what a dead instance left is done when its lease ends, and its late answer does not count', async () => {
  stage.add('pk_1');
  const late = onItsWay(has(99));
  stage.script.balance = late.answer;
  const hanging = stage.monitoring.tick();
  await late.isAsked;
  stage.script.balance = () => has(10);
  const other = stage.another();
  stage.clock.pass(LEASE_MS - 1);
  await other.tick();
  assert.deepEqual(readingsOf(), {});
  stage.clock.pass(1);
  await other.tick();
  late.letGo();
  assert.equal((await hanging).broken, 1);
  assert.deepEqual(readingsOf(), { pk_1: 1 });
  const status = (await other.statuses(['pk_1'])).get('pk_1');
  assert.equal(status?.balance?.amount, dollars(10));
});

test('a clock that goes back a day stops no check, and one that goes forward repeats none', async () => {
  addMany(3);
  await stage.monitoring.tick();
  stage.clock.jump(-DAY_MS);
  await stage.monitoring.tick();
  assert.equal(stage.asked.length, 6, 'due now, for nobody can wait for yesterday to end');
  await stage.monitoring.tick();
  assert.equal(stage.asked.length, 6);
  stage.clock.pass(30 * MINUTE_MS);
  await stage.monitoring.tick();
  assert.equal(stage.asked.length, 9);
  stage.clock.jump(2 * DAY_MS);
  await stage.monitoring.tick();
  await stage.monitoring.tick();
  assert.equal(stage.asked.length, 12);
});

test('clocks of two instances that differ a little do not undo each other', async () => {
  addMany(2);
  await stage.monitoring.tick();
  const other = stage.another();
  stage.clock.jump(-5_000);
  await other.tick();
  assert.equal(stage.asked.length, 2);
});

test('a lease from a clock that was ahead holds nobody off', async () => {
  stage.add('pk_1');
  await stage.monitoring.tick();
  stage.clock.pass(HOUR_MS);
  const late = onItsWay(has(99));
  stage.script.balance = late.answer;
  stage.clock.jump(DAY_MS);
  const hanging = stage.monitoring.tick();
  await late.isAsked;
  stage.script.balance = () => has(7);
  stage.clock.jump(-DAY_MS);
  const other = stage.another();
  await other.tick();
  const status = (await other.statuses(['pk_1'])).get('pk_1');
  assert.equal(status?.balance?.amount, dollars(7));
  late.letGo();
  await hanging;
});

test('a slow host holds up nobody else', async () => {
  const late = Promise.withResolvers<void>();
  for (let index = 0; index < 120; index++) stage.add(`slow_${index}`, { lane: 'slow.test' });
  stage.add('quick', { lane: 'quick.test' });
  const isQuick = Promise.withResolvers<void>();
  stage.script.balance = async (id) => {
    if (id === 'quick') isQuick.resolve();
    else await late.promise;
    return has(1);
  };
  const pass = stage.monitoring.tick();
  await isQuick.promise;
  assert.ok(stage.asked.length < 80, `${stage.asked.length} under way at one host`);
  late.resolve();
  assert.equal((await pass).done, 121);
});

test('what comes, changes or falls due while a host takes long to answer is seen to meanwhile', {
  timeout: 20_000,
}, async () => {
  const late = Promise.withResolvers<void>();
  const isSlow = Promise.withResolvers<void>();
  stage.add('slow', { lane: 'slow.test' });
  stage.add('due', { lane: 'quick.test' });
  const asked = { fresh: Promise.withResolvers<void>(), due: Promise.withResolvers<void>() };
  stage.script.balance = async (id) => {
    if (id === 'fresh' || id === 'due') asked[id].resolve();
    if (id !== 'slow') return has(1);
    isSlow.resolve();
    await late.promise;
    return has(1);
  };
  const pass = stage.monitoring.tick();
  await Promise.all([isSlow.promise, asked.due.promise]);
  asked.due = Promise.withResolvers();
  stage.add('fresh', { lane: 'quick.test' });
  stage.add('due', { lane: 'quick.test', checkIntervalMinutes: 5 });
  const joined = stage.monitoring.tick();
  await Promise.all([asked.fresh.promise, asked.due.promise]);
  late.resolve();
  assert.deepEqual(await joined, await pass);
  // The first look at the changed key counts no more if it was still under way.
  const { done, broken } = await pass;
  assert.equal(done + broken, 4);
});

test('a database that fails ends the pass in words, and the next one goes on', async () => {
  addMany(2);
  const failing = { ...stage.storage };
  failing.commit = () => Promise.reject(new Error('the disk is full'));
  const report = await stage.another(failing).tick();
  assert.deepEqual([report.done, stage.warnings.length], [0, 1]);
  await stage.monitoring.tick();
  assert.equal(stage.asked.length, 2);
});

test('a pass that is closed ends what it began', async () => {
  addMany(200);
  const late = onItsWay(has(1));
  stage.script.balance = late.answer;
  const pass = stage.monitoring.tick();
  await late.isAsked;
  const closing = stage.monitoring.close();
  late.letGo();
  await closing;
  const { done } = await pass;
  assert.ok(done > 0 && done < 200);
  assert.equal(Object.keys(readingsOf()).length, done);
});
