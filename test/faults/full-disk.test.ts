/** T19 T20: what was served is on record although the disk refused it at first; what cannot be recorded is not sent. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { chat } from '../fake-upstream/ask.ts';
import type { Got } from './caller.ts';
import { CREDIT, chargesIn } from './money.ts';
import { openSpawned, type Spawned } from './spawned.ts';

const CREDITS = 1_000_000;
const TOKENS = 8 + 5;

const question = chat('promptTokens=8 tokens=5', { max_tokens: 20 });

/** The provider's bill, the records, the entries and the wallet say the same. */
async function assertNothingLost({ upstream, gateway, breaches }: Spawned): Promise<void> {
  await upstream.whenIdle();
  const { dataDir } = gateway;
  const served = gateway.records().filter(({ upstream_id }) => upstream_id !== null);
  const billed = upstream.bill.rows().map(({ id }) => id);
  assert.deepEqual(served.map(({ upstream_id }) => upstream_id).toSorted(), billed.toSorted());
  for (const { charge_nanos } of served) assert.equal(charge_nanos, TOKENS * CREDIT);
  assert.equal(chargesIn(dataDir).length, served.length);
  const { users } = (await gateway.operator('/admin/balance')) as { users: { credits: number }[] };
  assert.equal(users[0]?.credits, CREDITS - served.length * TOKENS);
  assert.deepEqual(await breaches(), []);
}

/** Waits for the process to write what it kept. */
async function settled({ gateway, upstream }: Spawned): Promise<void> {
  for (let looks = 0; looks < 2_000; looks++) {
    const served = gateway.records().filter(({ upstream_id }) => upstream_id !== null);
    if (served.length === upstream.bill.rows().length && gateway.intents().length === 0) return;
    await pause(10);
  }
}

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;

describe('a disk that refuses', () => {
  test('T19 with nearly every second commit failing nothing is lost or charged twice, and no caller is told a lie', async (t) => {
    const preload = new URL('./failing-commits.ts', import.meta.url).href;
    const scene = await openSpawned(t, CREDITS, {
      NODE_OPTIONS: `--import=${preload}`,
      FAIL_COMMIT_EVERY: '3',
    });
    const answers: Got[] = [];
    for (let round = 0; round < 15; round++) {
      answers.push(...(await Promise.all(Array.from({ length: 4 }, () => scene.ask(question)))));
    }
    await settled(scene);
    const statuses = Map.groupBy(answers, ({ status }) => status);
    assert.deepEqual(
      [...statuses.keys()].filter((status) => status !== 200 && status !== 503),
      [],
    );
    assert.ok(scene.gateway.logged.some((line) => line.includes('refuses writes')));
    const whole = (statuses.get(200) ?? []).map(({ requestId }) => requestId);
    const recorded = new Set(scene.gateway.records().map(({ id }) => id));
    assert.deepEqual(
      whole.filter((id) => !recorded.has(id ?? '')),
      [],
    );
    for (const { text } of statuses.get(503) ?? []) {
      const { code } = JSON.parse(text).error;
      assert.ok(['storage_unavailable', 'record_not_durable'].includes(code), text);
    }
    await assertNothingLost(scene);
  });

  test('T20 a full one lets nothing be sent that cannot be recorded, still answers what is read, and recovers by itself', {
    skip: hasPrlimit ? false : 'needs prlimit',
  }, async (t) => {
    const scene = await openSpawned(t, CREDITS);
    const { gateway, upstream } = scene;
    const ask = () => scene.ask(question);
    const limitFiles = (bytes: number | 'unlimited') =>
      execFileSync('prlimit', ['--pid', String(gateway.child.pid), `--fsize=${bytes}:`]);
    for (let i = 0; i < 5; i++) assert.equal((await ask()).status, 200);

    limitFiles(statSync(join(gateway.dataDir, 'tollkeeper.db-wal')).size);
    // The first to meet the full disk may have been sent; from then on nothing is.
    const first = await ask();
    assert.equal(first.status, 503, first.text);
    const sent = upstream.requests().length;
    // Five at once: they are told when the disk has been tried again, which is less and less often.
    for (let round = 0; round < 4; round++) {
      for (const { status, text } of await Promise.all(Array.from({ length: 5 }, ask))) {
        assert.equal(status, 503);
        assert.equal(JSON.parse(text).error.code, 'storage_unavailable');
      }
    }
    assert.equal(upstream.requests().length, sent);
    const health = await fetch(`${gateway.url}/health`);
    assert.equal(health.status, 503);
    for (const path of ['/admin/balance', '/admin/monitor', '/reports/data', '/api/virtual-keys'])
      await gateway.operator(path);

    limitFiles('unlimited');
    while ((await fetch(`${gateway.url}/health`)).status !== 200) await pause(20);
    assert.equal((await ask()).status, 200);
    await settled(scene);
    await assertNothingLost(scene);
  });
});
