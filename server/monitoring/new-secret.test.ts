/** A key that gets another secret is another key to its provider. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import { Kysely, SqliteDialect } from 'kysely';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../clock.ts';
import { bindable } from '../storage/connection.ts';
import { up as newSecrets } from '../storage/migrations/0017-new-secrets.ts';
import {
  answer,
  dollars,
  has,
  onItsWay,
  openStage,
  reads,
  refuses,
  SILENT,
  type Stage,
  TELLING,
} from './stage-for-tests.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const OTHER = { masked: 'sk-bbbb...1111' };

const status = async () => (await stage.monitoring.statuses(['pk_1'])).get('pk_1');

/** A key that spent a dollar an hour for a day, and has ten left. */
async function watchForADay(): Promise<void> {
  let left = 34;
  stage.add('pk_1');
  stage.script.balance = () => has(left);
  for (; left > 10; left--) {
    await stage.monitoring.check('pk_1');
    stage.clock.pass(HOUR_MS);
  }
  await stage.monitoring.tick();
  assert.equal((await status())?.runway?.hours, 10);
}

test('what was known of a secret is said of no other, from the moment that it is replaced', async () => {
  await watchForADay();
  stage.add('pk_1', OTHER);
  const known = await status();
  assert.equal(known?.status, 'unknown');
  assert.deepEqual([known?.balance, known?.runway, known?.lastOkAt], [null, null, null]);
  stage.script.balance = refuses;
  stage.clock.pass(MINUTE_MS);
  await stage.monitoring.tick();
  // It was never good, so the first refusal counts.
  assert.equal((await status())?.status, 'invalid');
  assert.deepEqual([(await status())?.balance, (await status())?.lastOkAt], [null, null]);
});

test('what another account had left is no spending of this one', async () => {
  await watchForADay();
  stage.add('pk_1', OTHER);
  let left = 4;
  stage.script.balance = () => has(left);
  await stage.monitoring.check('pk_1');
  assert.equal((await status())?.runway, null);
  while (left > 2) {
    left--;
    stage.clock.pass(2 * HOUR_MS);
    await stage.monitoring.check('pk_1');
  }
  // Two dollars in four hours, with two left.
  assert.equal((await status())?.runway?.hours, 4);
  const [before, now] = await stage.monitoring.runwaysAt('pk_1', [
    stage.clock.now() - 3 * HOUR_MS,
    stage.clock.now() + 1,
  ]);
  assert.deepEqual([before, now?.hours], [null, 4]);
});

test('a new secret is asked at once for what was used, also where the old one was not told', async () => {
  stage.add('pk_1', { provider: TELLING });
  const usage = { days: [], openDays: [], rows: [], currency: 'USD' };
  let syncs = 0;
  stage.script.usage = () => {
    syncs++;
    return { ...reads('unknown', 'not permitted'), ...usage };
  };
  await stage.monitoring.tick();
  stage.clock.pass(2 * HOUR_MS);
  await stage.monitoring.tick();
  assert.equal(syncs, 1);
  stage.add('pk_1', { provider: TELLING, ...OTHER });
  await stage.monitoring.tick();
  assert.equal(syncs, 2);
});

test('a secret of the environment that is another one after a restart is another key', async () => {
  await watchForADay();
  stage.add('pk_1', OTHER);
  stage.script.balance = refuses;
  const restarted = stage.another();
  await restarted.tick();
  assert.equal((await restarted.statuses(['pk_1'])).get('pk_1')?.status, 'invalid');
});

test('what is found out with the old secret when the new one is there already counts no more', async () => {
  stage.add('pk_1');
  const late = onItsWay(has(10));
  stage.script.balance = late.answer;
  const demanded = stage.monitoring.check('pk_1');
  await late.isAsked;
  stage.add('pk_1', OTHER);
  stage.script.balance = refuses;
  await stage.monitoring.tick();
  late.letGo();
  await assert.rejects(demanded, { code: 'conflict' });
  const known = await status();
  assert.deepEqual([known?.status, known?.balance], ['invalid', null]);
});

test('whoever asks for a check of the new secret is not told of the old one that is being checked', async () => {
  stage.add('pk_1');
  const late = onItsWay(has(10));
  stage.script.balance = late.answer;
  const ofOld = stage.monitoring.check('pk_1');
  await late.isAsked;
  stage.add('pk_1', OTHER);
  stage.script.balance = refuses;
  const ofNew = stage.monitoring.check('pk_1');
  late.letGo();
  await Promise.allSettled([ofOld, ofNew]);
  assert.equal((await ofNew).status, 'invalid');
  assert.equal((await status())?.status, 'invalid');
});

test('a change of anything else leaves what is known', async () => {
  await watchForADay();
  stage.add('pk_1', { checkIntervalMinutes: 5 });
  assert.equal((await status())?.runway?.hours, 10);
  stage.script.balance = refuses;
  await stage.monitoring.tick();
  assert.equal((await status())?.status, 'healthy');
});

test('of a key that is gone neither its address nor its masked secret is kept', async () => {
  stage.add('pk_1', { lane: 'http://ann.example', ...OTHER });
  await stage.monitoring.tick();
  const kept = () => JSON.stringify(stage.rows('select * from key_health'));
  assert.match(kept(), /ann\.example.*bbbb|bbbb.*ann\.example/);
  stage.keys.delete('pk_1');
  stage.clock.pass(DAY_MS);
  await stage.monitoring.tick();
  assert.doesNotMatch(kept(), /ann\.example|bbbb|1111/);
});

test('a secret that comes back before anybody looked is watched on', async () => {
  stage.add('pk_1');
  await stage.monitoring.tick();
  stage.add('pk_1', OTHER);
  await stage.monitoring.check('pk_1');
  stage.add('pk_1');
  await stage.monitoring.tick();
  const before = stage.asked.length;
  stage.clock.pass(HOUR_MS);
  await stage.monitoring.tick();
  assert.equal(stage.asked.length, before + 1);
  assert.equal((await status())?.status, 'healthy');
});

test('a new secret is asked about at once, however lately the old one was', async () => {
  stage.add('pk_1', OTHER);
  await stage.monitoring.check('pk_1');
  stage.add('pk_1');
  stage.script.balance = refuses;
  await stage.monitoring.tick();
  assert.equal((await status())?.status, 'invalid');
});

test('a new secret is asked whether it is good, also where a balance is reckoned', async () => {
  const anchored = { provider: SILENT, anchor: { amount: dollars(10), at: stage.clock.now() } };
  stage.add('pk_1', anchored);
  await stage.monitoring.tick();
  assert.equal((await status())?.status, 'healthy');
  stage.add('pk_1', { ...anchored, ...OTHER });
  stage.script.balance = refuses;
  stage.clock.pass(MINUTE_MS);
  await stage.monitoring.tick();
  assert.equal((await status())?.status, 'invalid');
});

test('that nobody paid for the old secret says nothing about the new one, which is probed at once', async () => {
  stage.add('pk_1', { probe: true });
  stage.script.completion = () => answer(402, undefined);
  for (let times = 0; times < 3; times++) {
    stage.clock.pass(5 * MINUTE_MS);
    await stage.monitoring.tick();
  }
  assert.equal((await status())?.status, 'exhausted');
  stage.add('pk_1', { probe: true, ...OTHER });
  stage.script.completion = () => answer(200, { model: 'small-model', usage: {} });
  const probes = () => stage.rows('select id from probes').length;
  const before = probes();
  await stage.monitoring.tick();
  assert.deepEqual([(await status())?.status, probes()], ['healthy', before + 1]);
});

interface Marked {
  readonly provider_key_id: string;
  readonly lane: string;
  readonly rules: string;
  readonly due_at: number | null;
  readonly secret_mark: string | null;
}

const marked = () =>
  stage.rows<Marked>(
    'select provider_key_id, lane, rules, due_at, secret_mark from key_health order by 1',
  );

test('what was written before secrets were marked is known of the secret that it was written of', async () => {
  stage.add('pk_1');
  stage.add('pk_2', OTHER);
  await stage.monitoring.tick();
  const [watched, switchedOff] = marked();
  stage.keys.delete('pk_2');
  await stage.monitoring.tick();
  // As the version before left them: it kept the rules of what is at rest.
  const earlier = new DatabaseSync(':memory:');
  earlier.exec('create table key_health (provider_key_id, lane, rules, due_at)');
  const insert = earlier.prepare('insert into key_health values (?, ?, ?, ?)');
  for (const row of [watched, switchedOff && { ...switchedOff, due_at: null }]) {
    if (row !== undefined) insert.run(row.provider_key_id, row.lane, row.rules, row.due_at);
  }
  insert.run('pk_3', 'entered and never planned', '', null);
  await newSecrets(writableBy(earlier));
  const rows = earlier.prepare('select * from key_health order by provider_key_id').all();
  assert.deepEqual(
    rows.map(({ secret_since: _, ...row }) => row),
    [
      ...marked(),
      { provider_key_id: 'pk_3', lane: '', rules: '', due_at: null, secret_mark: null },
    ],
  );
});

function writableBy(database: DatabaseSync): Kysely<unknown> {
  const prepare = (text: string) => {
    const statement = database.prepare(text);
    return {
      reader: statement.columns().length > 0,
      all: (parameters: readonly unknown[]) => statement.all(...bindable(parameters)),
      run: (parameters: readonly unknown[]) => statement.run(...bindable(parameters)),
      iterate: (parameters: readonly unknown[]) => statement.iterate(...bindable(parameters)),
    };
  };
  const close = () => database.close();
  return new Kysely({ dialect: new SqliteDialect({ database: { prepare, close } }) });
}
