/** T19 T20: what was served is on record although the disk refused it at first; what cannot be recorded is not sent. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { chat } from '../fake-upstream/ask.ts';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { auditOf, type Process, type Settings, spawnTollkeeper } from '../harness.ts';
import { createCaller, type Got } from './caller.ts';
import { CREDIT, chargesIn } from './money.ts';

const CREDITS = 1_000_000;
const TOKENS = 8 + 5;

interface Scene {
  readonly upstream: FakeUpstream;
  readonly gateway: Process;
  readonly ask: () => Promise<Got>;
}

async function openScene(t: TestContext, more: Settings = {}): Promise<Scene> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-full-'));
  const upstream = await startFakeUpstream();
  const settings = { UPSTREAM_API_KEY: 'key', UPSTREAM_BASE: upstream.url, ...more };
  const gateway = await spawnTollkeeper({ dataDir, settings });
  const caller = createCaller();
  t.after(async () => {
    await caller.close();
    await gateway.kill();
    await upstream.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const body = { label: 'ann', credits: CREDITS };
  const { token } = (await gateway.operator('/admin/keys', { body })) as { token: string };
  const question = chat('promptTokens=8 tokens=5', { max_tokens: 20 });
  const url = `${gateway.url}/v1/chat/completions`;
  return { upstream, gateway, ask: () => caller.ask({ url, token, body: question }) };
}

/** The provider's bill, the records, the entries and the wallet say the same. */
async function assertNothingLost({ upstream, gateway }: Scene): Promise<void> {
  await upstream.whenIdle();
  const { dataDir } = gateway;
  const served = gateway.records().filter(({ upstream_id }) => upstream_id !== null);
  const billed = upstream.bill.rows().map(({ id }) => id);
  assert.deepEqual(served.map(({ upstream_id }) => upstream_id).toSorted(), billed.toSorted());
  for (const { charge_nanos } of served) assert.equal(charge_nanos, TOKENS * CREDIT);
  assert.equal(chargesIn(dataDir).length, served.length);
  const { users } = (await gateway.operator('/admin/balance')) as { users: { credits: number }[] };
  assert.equal(users[0]?.credits, CREDITS - served.length * TOKENS);
  const findings = await auditOf(join(dataDir, 'tollkeeper.db'));
  assert.deepEqual(
    findings.filter(({ ok }) => !ok),
    [],
  );
}

/** Waits for the process to write what it kept. */
async function settled({ gateway, upstream }: Scene): Promise<void> {
  for (let looks = 0; looks < 2_000; looks++) {
    const served = gateway.records().filter(({ upstream_id }) => upstream_id !== null);
    if (served.length === upstream.bill.rows().length && gateway.intents().length === 0) return;
    await pause(10);
  }
}

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;

describe('a disk that refuses', () => {
  test('T19 every third commit loses nothing, charges nothing twice, and no caller is told a lie', async (t) => {
    const preload = new URL('./failing-commits.ts', import.meta.url).href;
    const scene = await openScene(t, {
      NODE_OPTIONS: `--import=${preload}`,
      FAIL_COMMIT_EVERY: '3',
    });
    const answers: Got[] = [];
    for (let round = 0; round < 15; round++) {
      answers.push(...(await Promise.all(Array.from({ length: 4 }, scene.ask))));
    }
    await settled(scene);
    const statuses = Map.groupBy(answers, ({ status }) => status);
    assert.deepEqual([...statuses.keys()].toSorted(), [200, 503]);
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
    const scene = await openScene(t);
    const { gateway, upstream, ask } = scene;
    const limitFiles = (bytes: number | 'unlimited') =>
      execFileSync('prlimit', ['--pid', String(gateway.child.pid), `--fsize=${bytes}:`]);
    for (let i = 0; i < 5; i++) assert.equal((await ask()).status, 200);

    limitFiles(statSync(join(gateway.dataDir, 'tollkeeper.db-wal')).size);
    // The first to meet the full disk may have been sent; from then on nothing is.
    const first = await ask();
    assert.equal(first.status, 503, first.text);
    const sent = upstream.requests().length;
    for (let i = 0; i < 20; i++) {
      const { status, text } = await ask();
      assert.equal(status, 503);
      assert.equal(JSON.parse(text).error.code, 'storage_unavailable');
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
