import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { HOUR_MS } from '../clock.ts';
import type { Runway } from './runway.ts';
import { dollars, fails, has, openStage, type Stage } from './stage-for-tests.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

/** Checks a key when some time has passed and it has so much left. */
async function reads(id: string, afterMs: number, amount: number): Promise<number> {
  stage.clock.pass(afterMs);
  stage.script.balance = () => has(amount);
  await stage.monitoring.check(id);
  return stage.clock.now();
}

test('a stretch ends with what was read last by then, and what is silent goes on as before', async () => {
  for (const id of ['pk_1', 'pk_2']) stage.add(id);
  const first = await reads('pk_1', 0, 10);
  await reads('pk_1', HOUR_MS, 9);
  const third = await reads('pk_1', HOUR_MS, 8);
  await reads('pk_2', HOUR_MS, 5);
  stage.clock.pass(HOUR_MS);
  stage.script.balance = () => fails('unreachable');
  await stage.monitoring.check('pk_1');
  const hours = [0, 1, 2, 3, 4].map((hour) => ({
    from: first + hour * HOUR_MS + 1,
    to: first + (hour + 1) * HOUR_MS + 1,
  }));
  const courses = await stage.monitoring.courses(['pk_1', 'pk_2', 'pk_3'], hours);
  const said = (id: string) => {
    const course = courses.get(id);
    return [course?.before, ...(course?.closings ?? [])].map((one) => one?.balance ?? null);
  };
  assert.deepEqual(said('pk_1'), [10, 9, 8, 8, 8, 8].map(dollars));
  assert.deepEqual(said('pk_2'), [null, null, null, dollars(5), dollars(5), dollars(5)]);
  assert.deepEqual(said('pk_3'), [null, null, null, null, null, null]);
  assert.equal(courses.get('pk_1')?.before?.currency, 'USD');
  const later = await stage.monitoring.courses(['pk_1'], [{ from: third, to: third + 1 }]);
  assert.equal(later.get('pk_1')?.before?.balance, dollars(9));
});

test('the runway of a moment that is past is the one that was said then', async () => {
  stage.add('pk_1');
  const said: (readonly [at: number, runway: Runway | null])[] = [];
  let left = 100;
  for (let step = 0; step < 30; step++) {
    left = step === 12 ? left + 50 : left - 1 - (step % 4);
    const at = await reads('pk_1', 8 * HOUR_MS, left);
    const status = (await stage.monitoring.statuses(['pk_1'])).get('pk_1');
    said.push([at + 1, status?.runway ?? null]);
  }
  assert.ok(said.some(([, runway]) => runway === null));
  const found = await stage.monitoring.runwaysAt(
    'pk_1',
    said.map(([at]) => at),
  );
  assert.deepEqual(
    found,
    said.map(([, runway]) => runway),
  );
  const [beforeAll, longAfter] = [said[0]?.[0] ?? 0, (said.at(-1)?.[0] ?? 0) + 8 * 24 * HOUR_MS];
  assert.deepEqual(await stage.monitoring.runwaysAt('pk_1', [beforeAll - HOUR_MS, longAfter]), [
    null,
    null,
  ]);
  assert.deepEqual(await stage.monitoring.runwaysAt('pk_2', [beforeAll]), [null]);
});
