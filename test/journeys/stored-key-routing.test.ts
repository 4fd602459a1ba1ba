/** Stored provider keys that route: live, each for its own people, and with their own people's money. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, before, describe, test } from 'node:test';
import { chat } from '../fake-upstream/ask.ts';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { ADMIN_TOKEN, startTollkeeper, type Tollkeeper } from '../harness.ts';
import { call, MODEL_PRICING, PRICES, post, type Reply, recordOf } from './stage.ts';

const OPERATOR = { 'x-admin-token': ADMIN_TOKEN };
type Headers = Readonly<Record<string, string>>;

let shared: FakeUpstream;
let own: FakeUpstream;
let tollkeeper: Tollkeeper;
let numbered = 0;

before(async () => {
  shared = await startFakeUpstream({ prices: PRICES });
  own = await startFakeUpstream({ prices: PRICES });
  tollkeeper = await startTollkeeper({
    settings: {
      DEEPSEEK_API_URL: shared.url,
      OPENAI_API_URL: own.url,
      GROQ_API_URL: own.url,
      MODEL_PRICING_JSON: MODEL_PRICING,
      ALLOW_PRIVATE_HOSTS: '127.0.0.1',
    },
  });
});
after(async () => {
  await tollkeeper.close();
  await shared.close();
  await own.close();
});
afterEach(async () => {
  const { body } = await call(`${tollkeeper.url}/api/keys`, { headers: OPERATOR });
  for (const { id } of body['data'] as { id: string }[]) await remove(id);
  shared.unscript();
  own.unscript();
});

/** The secret ends with the name, so that the provider's side can tell which key was used. */
async function store(platform: string, who: Headers = OPERATOR, more: object = {}) {
  numbered += 1;
  const key = `sk-0123456789-0123456789-${numbered}`;
  const order = { platform, name: `key ${numbered}`, key, purposes: ['route'], ...more };
  const { status, body } = await post(`${tollkeeper.url}/api/keys`, order, who);
  assert.equal(status, 201, JSON.stringify(body));
  return { id: String(body['id']), key };
}

const remove = (id: string) =>
  call(`${tollkeeper.url}/api/keys/${id}`, { method: 'DELETE', headers: OPERATOR });

function change(id: string, body: object): Promise<Reply> {
  return call(`${tollkeeper.url}/api/keys/${id}`, {
    method: 'PATCH',
    headers: { ...OPERATOR, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Somebody with an account and a virtual key that they issued to themselves. */
async function member() {
  numbered += 1;
  const account = { email: `router${numbered}@example.com`, password: 'correct horse battery' };
  const { body } = await post(`${tollkeeper.url}/api/auth/register`, account);
  const who = { authorization: `Bearer ${body['access_token']}` };
  const issued = await post(`${tollkeeper.url}/api/virtual-keys`, { name: 'mine' }, who);
  assert.equal(issued.status, 201, JSON.stringify(issued.body));
  const { id: userId } = body['user'] as { id: string };
  return { who, userId, token: String(issued.body['secret']) };
}

function ask(token: string, model = 'gpt-4o-mini'): Promise<Reply> {
  const body = { ...chat('[[tokens=3 promptTokens=100]]'), model };
  return post(`${tollkeeper.url}/v1/chat/completions`, body, { authorization: `Bearer ${token}` });
}

const statusOf = async (reply: Promise<Reply>) => (await reply).status;

function listModels(upstream: FakeUpstream, ...names: string[]): void {
  const body = JSON.stringify({ object: 'list', data: names.map((id) => ({ id })) });
  upstream.script({ match: ({ route }) => route === 'models', behave: { body } });
}

describe('a key of the installation', () => {
  test('serves from the moment it is stored until it is switched off or deleted', async () => {
    const token = await tollkeeper.issueKey();
    const missing = await ask(token);
    assert.equal(missing.status, 503);
    const { id } = await store('deepseek');
    const { record } = await recordOf(tollkeeper, () => ask(token));
    assert.deepEqual(
      [record.status, record.provider_id, record.provider_key_id],
      [200, 'deepseek', id],
    );
    const shown = await call(`${tollkeeper.url}/api/keys/${id}`, { headers: OPERATOR });
    assert.ok(Date.parse(String(shown.body['last_used_at'])) > 0);
    await change(id, { is_active: false });
    assert.equal(await statusOf(ask(token)), 503);
    await change(id, { is_active: true, purposes: ['watch'] });
    assert.equal(await statusOf(ask(token)), 503);
    await change(id, { purposes: ['watch', 'route'] });
    assert.equal(await statusOf(ask(token)), 200);
    await remove(id);
    assert.equal(await statusOf(ask(token)), 503);
  });

  test('is sent with its newest secret, to its own provider only', async () => {
    const token = await tollkeeper.issueKey();
    const { id, key } = await store('deepseek');
    await ask(token);
    assert.equal(shared.requests().at(-1)?.headers['authorization'], `Bearer ${key}`);
    await change(id, { key: 'sk-another-0123456789' });
    await ask(token);
    assert.equal(
      shared.requests().at(-1)?.headers['authorization'],
      'Bearer sk-another-0123456789',
    );
    assert.ok(own.requests().every(({ headers }) => headers['authorization'] !== `Bearer ${key}`));
  });

  test('gives way to the next one where its provider refuses it', async () => {
    const token = await tollkeeper.issueKey();
    const [first, second] = [await store('deepseek'), await store('deepseek')];
    shared.script({
      match: ({ headers, route }) =>
        route === 'chat' && headers['authorization'] === `Bearer ${first.key}`,
      behave: { status: 401 },
    });
    listModels(shared, 'gpt-4o-mini');
    const { record } = await recordOf(tollkeeper, () => ask(token));
    assert.deepEqual([record.status, record.provider_key_id, record.attempts], [200, second.id, 2]);
  });

  test('at a custom server is called where its owner said', async () => {
    const token = await tollkeeper.issueKey();
    const { id } = await store('custom', OPERATOR, { base_url: own.url });
    const { record } = await recordOf(tollkeeper, () => ask(token));
    assert.deepEqual([record.status, record.provider_key_id], [200, id]);
    assert.ok(own.bill.row(record.upstream_id ?? '') !== undefined);
  });
});

describe('a key of a member', () => {
  test('serves that member and nobody else', async () => {
    const [me, other] = [await member(), await member()];
    const { id } = await store('openai', me.who);
    const { record } = await recordOf(tollkeeper, () => ask(me.token));
    assert.deepEqual([record.status, record.provider_key_id], [200, id]);
    const operators = await tollkeeper.issueKey();
    const seen = own.requests().length;
    assert.equal(await statusOf(ask(operators)), 503);
    assert.equal(await statusOf(ask(other.token)), 503);
    assert.equal(own.requests().length, seen);
  });

  test('is paid for by nobody here: the wallet pays for the operator’s keys alone', async () => {
    const me = await member();
    await store('deepseek');
    listModels(shared, 'gpt-4o-mini', 'shared-model');
    listModels(own, 'gpt-4o-mini');
    const refused = await ask(me.token);
    assert.equal(refused.status, 403);
    assert.match(JSON.stringify(refused.body), /no wallet here: add a provider key of your own/);

    const mine = await store('openai', me.who);
    const free = await recordOf(tollkeeper, () => ask(me.token));
    assert.deepEqual([free.record.status, free.record.charge_nanos], [200, null]);

    await post(
      `${tollkeeper.url}/admin/add_credits`,
      { user_id: me.userId, credits: 1000 },
      OPERATOR,
    );
    const still = await recordOf(tollkeeper, () => ask(me.token));
    assert.equal(still.record.provider_key_id, mine.id);
    assert.equal(still.record.charge_nanos, null);
    const paid = await recordOf(tollkeeper, () => ask(me.token, 'shared-model'));
    assert.equal(paid.record.provider_id, 'deepseek');
    assert.equal(paid.record.charge_nanos, 103 * 20_000);
  });

  test('serves whatever is asked for, where the operator’s keys may not', async () => {
    const me = await member();
    await store('deepseek');
    listModels(shared, 'shared-model');
    listModels(own, 'own-model');
    const mine = await store('openai', me.who);
    const { record } = await recordOf(tollkeeper, () => ask(me.token, 'shared-model'));
    assert.deepEqual([record.status, record.provider_key_id], [200, mine.id]);
  });

  test('adds its models to the list of that member alone', async () => {
    const me = await member();
    await store('deepseek');
    listModels(shared, 'shared-model');
    listModels(own, 'own-model');
    await store('openai', me.who);
    const modelsOf = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const { body } = await call(`${tollkeeper.url}/v1/models`, { headers });
      return (body['data'] as { id: string }[]).map(({ id }) => id).sort();
    };
    assert.deepEqual(await modelsOf(me.token), ['own-model', 'shared-model']);
    assert.deepEqual(await modelsOf(await tollkeeper.issueKey()), ['shared-model']);
  });

  test('is bounded by the budget of the virtual key', async () => {
    const me = await member();
    await store('openai', me.who);
    const order = { name: 'small', budget: '0.000001' };
    const { body, status } = await post(`${tollkeeper.url}/api/virtual-keys`, order, me.who);
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(await statusOf(ask(String(body['secret']))), 402);
    assert.equal(await statusOf(ask(me.token)), 200);
  });
});

test('a secret that was changed in the database is passed over, and told in the log', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-tampered-'));
  const settings = { OPENAI_API_URL: own.url, MODEL_PRICING_JSON: MODEL_PRICING };
  const before = await startTollkeeper({ dataDir, settings });
  const stored: string[] = [];
  for (const name of ['first', 'second']) {
    const key = `sk-${name}-0123456789`;
    const order = { platform: 'openai', name, key, purposes: ['route'] };
    const { body } = await post(`${before.url}/api/keys`, order, OPERATOR);
    stored.push(String(body['id']));
  }
  await before.close();
  const [first = '', second] = stored;
  const database = new DatabaseSync(join(dataDir, 'tollkeeper.db'));
  database
    .prepare(
      'update secrets set sealed = (select sealed from secrets where row_id = ?) where row_id = ?',
    )
    .run(second ?? '', first);
  database.close();

  await using tampered = await startTollkeeper({ dataDir, settings });
  listModels(own, 'gpt-4o-mini');
  const token = await tampered.issueKey();
  const body = { ...chat('[[tokens=3]]'), model: 'gpt-4o-mini' };
  const headers = { authorization: `Bearer ${token}` };
  const answer = await post(`${tampered.url}/v1/chat/completions`, body, headers);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(tampered.records().at(-1)?.provider_key_id, second);
  await call(`${tampered.url}/api/keys/${second}`, { method: 'DELETE', headers: OPERATOR });
  assert.equal((await post(`${tampered.url}/v1/chat/completions`, body, headers)).status, 503);
  assert.equal(tampered.records().at(-1)?.failure, 'no_upstream');
  assert.equal(tampered.intents().length, 0);
  assert.ok(tampered.logged.some((line) => line.includes('does not open') && line.includes(first)));
  await tampered.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('a virtual key that is bound to a provider key', () => {
  test('is served by that one, whatever others list, and by none when it is gone', async () => {
    const [, second] = [await store('deepseek'), await store('openai')];
    listModels(shared, 'gpt-4o-mini');
    listModels(own, 'another-model');
    const order = { username: 'bound', provider_key_id: second.id };
    const issued = await post(`${tollkeeper.url}/api/virtual-keys`, order, OPERATOR);
    assert.equal(issued.status, 201, JSON.stringify(issued.body));
    const token = String(issued.body['secret']);
    const { record } = await recordOf(tollkeeper, () => ask(token));
    assert.deepEqual([record.status, record.provider_key_id], [200, second.id]);
    await remove(second.id);
    const refused = await ask(token);
    assert.equal(refused.status, 503);
    assert.match(JSON.stringify(refused.body), /bound to was deleted, is switched off/);
  });
});
