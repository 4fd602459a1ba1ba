/** The first start on a bare machine, and the next ones. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import OpenAI from 'openai';
import { systemClock } from '../../server/clock.ts';
import { startFakeUpstream } from '../fake-upstream.ts';
import { spawnTollkeeper, startTollkeeper, type Tollkeeper } from '../harness.ts';
import { COST_OF_CHAT_ONCE, call, chatOnce, openaiSettings, PRICES } from './stage.ts';

test('the first start without ADMIN_TOKEN makes one for the owner’s eyes only and says where', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-start-'));
  const settings = { ADMIN_TOKEN: '' };
  const file = join(dataDir, 'admin-token');
  const tokens: string[] = [];
  for (let start = 0; start < 2; start++) {
    await using gate = await spawnTollkeeper({ dataDir, settings });
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const token = readFileSync(file, 'utf8').trim();
    tokens.push(token);
    const init = { headers: { 'x-admin-token': token } };
    assert.equal((await call(`${gate.url}/reports/data`, init)).status, 200);
    await gate.close();
    const said = gate.logged.join('\n');
    assert.ok(said.includes(file));
    assert.ok(!said.includes(token));
  }
  assert.equal(tokens[0], tokens[1]);
  assert.ok((tokens[0] ?? '').length >= 32);
  rmSync(dataDir, { recursive: true });
});

test('a start that is watched for changes, as npm run dev makes it, takes no report of Node for an answer', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-watched-'));
  // What --watch tells its process; without it nobody hears of what the threads load.
  await using gate = await spawnTollkeeper({
    ...{ dataDir, settings: { WATCH_REPORT_DEPENDENCIES: '1' } },
  });
  await gate.issueKey();
  await gate.operator('/reports/data');
  await gate.close();
  rmSync(dataDir, { recursive: true });
});

test('the next start keeps keys, revocations and figures', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-again-'));
  const upstream = await startFakeUpstream({ prices: PRICES });
  // One day for both starts, whatever the time of day is.
  const clock = { ...systemClock, now: () => Date.parse('2026-11-20T12:00:00Z') };
  const start = () => startTollkeeper({ dataDir, clock, settings: openaiSettings(upstream) });
  const figures = async (gate: Tollkeeper, token: string) => {
    const usage = (await gate.operator(`/admin/usage/${token}`)) as Record<string, unknown>;
    const report = (await gate.operator('/reports/data')) as Record<string, unknown>;
    return { usage, users: report['by_user'], daily: report['daily'] };
  };
  let before: Awaited<ReturnType<typeof figures>>;
  let tokens: { kept: string; revoked: string };
  {
    await using gate = await start();
    tokens = { kept: await gate.issueKey('ann'), revoked: await gate.issueKey('ann') };
    await chatOnce(gate.url, tokens.kept);
    await chatOnce(gate.url, tokens.revoked);
    await gate.operator(`/admin/keys/${tokens.revoked}/revoke`, { method: 'POST', body: {} });
    before = await figures(gate, tokens.kept);
  }
  await using again = await start();
  assert.deepEqual(await figures(again, tokens.kept), before);
  await assert.rejects(chatOnce(again.url, tokens.revoked), OpenAI.AuthenticationError);
  await chatOnce(again.url, tokens.kept);
  const { usage } = await figures(again, tokens.kept);
  assert.equal(usage['requests'], 2);
  assert.equal(usage['cost_usd'], 2 * COST_OF_CHAT_ONCE);
  await again.close();
  await upstream.close();
  rmSync(dataDir, { recursive: true });
});
