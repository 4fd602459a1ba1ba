/** From a key that is stored to a balance that runs low: the calls of the monitor, as programs make them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FakeProvider, startFakeProvider } from '../fake-provider.ts';
import { startTollkeeper, type Tollkeeper } from '../harness.ts';

let fake: FakeProvider;
let tollkeeper: Tollkeeper;

before(async () => {
  fake = await startFakeProvider();
  tollkeeper = await startTollkeeper({
    settings: {
      DEEPSEEK_API_URL: fake.base('deepseek'),
      OPENAI_API_URL: fake.base('openai'),
      OPENROUTER_API_URL: fake.base('openrouter'),
    },
  });
});
after(async () => {
  await tollkeeper.close();
  await fake.close();
});

// biome-ignore lint/suspicious/noExplicitAny: the test reads fields that the assertions check.
type Json = any;

const post = (path: string, body: unknown = {}): Promise<Json> =>
  tollkeeper.operator(path, { body });
const get = (path: string): Promise<Json> => tollkeeper.operator(path);

let stored = 0;
const store = async (platform: string, secret: string, more: object = {}): Promise<string> =>
  (await post('/api/keys', { platform, name: `key ${++stored}`, key: secret, ...more })).id;

test('a key is checked on demand: its balance, its alarm, and its history with the failures', async () => {
  const secret = 'sk-0123456789abcdef0123456789abcdef';
  const account = fake.accounts.open(secret, { balance: 10_000_000_000 });
  const id = await store('deepseek', secret, { threshold_usd: 5 });
  const check = () => post(`/api/keys/${id}/trigger-check`);
  const good = await check();
  assert.deepEqual([good.key_id, good.ok, good.balance, good.status], [id, true, 10, 'healthy']);
  assert.equal(good.source, 'reported');
  for (const kind of ['rate', 'error', 'page'] as const) {
    fake.trouble(secret, kind);
    const bad = await check();
    assert.deepEqual([bad.ok, bad.balance, bad.status], [false, null, 'healthy'], kind);
  }
  fake.trouble(secret, null);
  const use = { date: '2026-11-20', model: 'm', inputTokens: 1, outputTokens: 1 };
  fake.accounts.spend(account, { ...use, cost: 6_000_000_000 });
  assert.equal((await check()).status, 'low');
  const { data } = await get(`/api/keys/${id}/balance-history?limit=3`);
  assert.deepEqual(
    data.map(({ ok, balance }: Json) => [ok, balance]),
    [
      [false, null],
      [false, null],
      [true, 4],
    ],
  );
  const listed = (await get('/api/keys')).data.find((key: Json) => key.id === id);
  assert.deepEqual([listed.status, listed.balance, listed.currency], ['low', 4, good.currency]);
  assert.ok(listed.last_checked_at >= listed.last_ok_at);
});

test('usage is read twice without counting twice, and a provider that reports none says so', async () => {
  const secret = `sk-or-v1-${'0123456789abcdef'.repeat(4)}`;
  const account = fake.accounts.open(secret, { kind: 'management', balance: 50_000_000_000 });
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const use = { model: 'openai/gpt-4o-mini', inputTokens: 100, outputTokens: 10 };
  fake.accounts.spend(account, { ...use, date: yesterday, cost: 1_000_000 });
  const id = await store('openrouter', secret);
  const first = await post(`/api/keys/${id}/sync`);
  assert.equal(first.rows, 1);
  assert.match(`${first.from} ${first.to}`, /^\d{4}-\d\d-\d\d \d{4}-\d\d-\d\d$/);
  assert.equal((await post(`/api/keys/${id}/sync`)).rows, 1);
  const other = await store('deepseek', 'sk-other-0123456789abcdef0123456789ab');
  await assert.rejects(post(`/api/keys/${other}/sync`), /409 .*reports no usage/);
});

test('a probe tells tokens, cost and time, and all keys can be checked at once', async () => {
  const secret = `sk-proj-${'0123456789abcdef'.repeat(3)}`;
  fake.accounts.open(secret);
  const id = await store('openai', secret, { probe: true });
  const probe = await post(`/keys/${id}/probe`);
  assert.deepEqual([probe.ok, probe.model, probe.error], [true, 'gpt-4o-mini-2024-07-18', null]);
  assert.ok(probe.prompt_tokens > 0 && probe.cost_usd > 0);
  const at = new Date(Date.now() - 60_000).toISOString();
  await tollkeeper.operator(`/api/keys/${id}`, {
    method: 'PATCH',
    body: { anchor: { amount_usd: 20, at } },
  });
  const checks = await post('/api/checks');
  assert.equal(checks.broken, 0);
  const { data, totals } = await get('/api/balances');
  const anchored = data.find((key: Json) => key.key_id === id);
  assert.equal(anchored.source, 'estimated');
  assert.ok(anchored.balance <= 20 - probe.cost_usd && anchored.balance > 19.99);
  const usd = totals.find(({ currency }: Json) => currency === 'USD');
  assert.ok(usd.balance >= anchored.balance && usd.keys >= 1);
});
