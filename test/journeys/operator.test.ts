/** What the operator and people without a key do, over HTTP, in the exact shapes that clients rely on. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { systemClock } from '../../server/clock.ts';
import { ADMIN_TOKEN, startTollkeeper } from '../harness.ts';
import {
  COST_OF_CHAT_ONCE,
  call,
  chatOnce,
  openaiSettings,
  openStage,
  post,
  type Reply,
  type Stage,
} from './stage.ts';

let stage: Stage;

before(async () => {
  stage = await openStage({
    settings: (upstream) => ({
      ...openaiSettings(upstream),
      SELF_SERVICE_KEYS: 'true',
    }),
  });
});
after(() => stage.close());

type Json = Record<string, unknown>;

const AS_OPERATOR = { 'x-admin-token': ADMIN_TOKEN };

const at = (path: string): string => stage.tollkeeper.url + path;
const ask = (path: string, init?: RequestInit): Promise<Reply> => call(at(path), init);
const get = (path: string): Promise<Reply> => ask(path, { headers: AS_OPERATOR });
const chat = (token: string) => chatOnce(stage.tollkeeper.url, token);

function order(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply> {
  return post(at(path), body, headers);
}

async function issue(label: string): Promise<{ id: string; token: string }> {
  const { status, body } = await order('/admin/keys', { label }, AS_OPERATOR);
  assert.equal(status, 201);
  return body as { id: string; token: string };
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('keys', () => {
  test('issuing one answers 201 with its secret, this once', async () => {
    const { status, body } = await order(
      '/admin/keys',
      { label: 'ann', note: 'her laptop' },
      AS_OPERATOR,
    );
    assert.equal(status, 201);
    assert.deepEqual(Object.keys(body).sort(), ['created_at', 'id', 'label', 'note', 'token']);
    assert.equal(body['label'], 'ann');
    assert.equal(body['note'], 'her laptop');
    assert.match(String(body['created_at']), INSTANT);
    await chat(String(body['token']));
    const folder = stage.tollkeeper.dataDir;
    for (const file of ['tollkeeper.db', 'tollkeeper.db-wal']) {
      assert.ok(!readFileSync(join(folder, file)).includes(String(body['token'])));
    }
    assert.ok(!stage.tollkeeper.logged.join('').includes(String(body['token'])));
  });

  test('the same label may hold several, all of the same user', async () => {
    const [one, two] = [await issue('several'), await issue('several')];
    assert.notEqual(one.token, two.token);
    await chat(one.token);
    await chat(two.token);
    const users = stage.tollkeeper
      .records()
      .filter(({ virtual_key_id: id }) => id === one.id || id === two.id)
      .map(({ user_id }) => user_id);
    assert.equal(users.length, 2);
    assert.equal(new Set(users).size, 1);
  });

  test('the operator is known by any of three headers and nobody else is', async () => {
    const ways = [
      { 'x-admin-token': ADMIN_TOKEN },
      { 'x-api-key': ADMIN_TOKEN },
      { authorization: `Bearer ${ADMIN_TOKEN}` },
    ];
    for (const headers of ways) {
      assert.equal((await order('/admin/keys', { label: 'ways' }, headers)).status, 201);
    }
    assert.equal((await order('/admin/keys', { label: 'ways' })).status, 401);
    const wrong = { 'x-admin-token': 'wrong' };
    assert.equal((await order('/admin/keys', { label: 'ways' }, wrong)).status, 401);
    const { token } = await issue('ways');
    const holder = { authorization: `Bearer ${token}` };
    assert.equal((await order('/admin/keys', { label: 'ways' }, holder)).status, 401);
    assert.equal((await ask('/reports/data')).status, 401);
  });

  test('the admin token is no key for /v1', async () => {
    await assert.rejects(chat(ADMIN_TOKEN), OpenAI.AuthenticationError);
  });

  test('malformed orders are 4xx and change nothing', async () => {
    const before = (await get('/public/keys/ann')).body;
    const malformed = [{}, { label: 7 }, { label: '' }, { label: 'ann', credits: -5 }, [], 'ann'];
    for (const body of malformed) {
      const { status } = await order('/admin/keys', body, AS_OPERATOR);
      assert.ok(status >= 400 && status < 500, JSON.stringify(body));
    }
    assert.deepEqual((await get('/public/keys/ann')).body, before);
  });

  test('a revoked one is refused at once; revoking twice answers the same; an unknown one is 404', async () => {
    const { id, token } = await issue('leaver');
    await chat(token);
    const first = await order(`/admin/keys/${token}/revoke`, {}, AS_OPERATOR);
    assert.equal(first.status, 200);
    assert.deepEqual(Object.keys(first.body).sort(), ['id', 'label', 'revoked', 'revoked_at']);
    assert.equal(first.body['id'], id);
    assert.equal(first.body['label'], 'leaver');
    assert.equal(first.body['revoked'], true);
    assert.match(String(first.body['revoked_at']), INSTANT);
    await assert.rejects(chat(token), OpenAI.AuthenticationError);
    const again = await order(`/admin/keys/${id}/revoke`, {}, AS_OPERATOR);
    assert.deepEqual([again.status, again.body], [200, first.body]);
    for (const unknown of ['vk_unknown', 'tk-unknown', '%20']) {
      assert.equal((await order(`/admin/keys/${unknown}/revoke`, {}, AS_OPERATOR)).status, 404);
    }
  });

  test('a revocation without any body works as well, as curl sends it', async () => {
    const { id } = await issue('curl');
    const { status } = await ask(`/admin/keys/${id}/revoke`, {
      method: 'POST',
      headers: AS_OPERATOR,
    });
    assert.equal(status, 200);
  });
});

describe('usage of a key', () => {
  test('is the same by token and by id, in the shape that clients rely on', async () => {
    const { id, token } = await issue('user of two');
    await chat(token);
    await chat(token);
    const { status, body } = await get(`/admin/usage/${token}`);
    assert.equal(status, 200);
    const figures = {
      requests: 2,
      unpriced_requests: 0,
      prompt_tokens: 200,
      completion_tokens: 6,
      total_tokens: 206,
      cost_usd: 2 * COST_OF_CHAT_ONCE,
    };
    const { first_request_at: first, last_request_at: last, ...rest } = body;
    assert.deepEqual(rest, {
      id,
      label: 'user of two',
      ...figures,
      by_model: [{ model: 'gpt-4o-mini', ...figures }],
    });
    assert.match(String(first), INSTANT);
    assert.match(String(last), INSTANT);
    assert.ok(String(first) <= String(last));
    assert.deepEqual((await get(`/admin/usage/${id}`)).body, body);
    assert.equal((await get('/admin/usage/vk_unknown')).status, 404);
  });

  test('counts real uses only: no list of models, no refusal, no failure of the provider', async () => {
    const { id, token } = await issue('idler');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    assert.equal((await ask('/v1/models', { headers })).status, 200);
    assert.equal((await ask('/v1/models/gpt-4o-mini', { headers })).status, 200);
    assert.equal((await ask('/v1/organization/costs', { headers })).status, 403);
    await chat(token);
    const failing = {
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: '[[status=500]]' }],
    };
    assert.equal((await order('/v1/chat/completions', failing, headers)).status, 500);
    const { body } = await get(`/admin/usage/${id}`);
    assert.equal(body['requests'], 1);
    const recorded = stage.tollkeeper.records().filter((row) => row.virtual_key_id === id);
    assert.equal(recorded.length, 5);
  });

  test('shows what has no price as unpriced, never as free', async () => {
    const { id, token } = await issue('explorer');
    const client = new OpenAI({ baseURL: `${stage.tollkeeper.url}/v1`, apiKey: token });
    await client.chat.completions.create({
      model: 'nobody-knows-this-model',
      messages: [{ role: 'user', content: '[[tokens=3]]' }],
    });
    const { body } = await get(`/admin/usage/${id}`);
    assert.equal(body['requests'], 1);
    assert.equal(body['unpriced_requests'], 1);
    assert.equal(body['completion_tokens'], 3);
  });
});

interface Day {
  readonly date: string;
  readonly cost_usd: number;
  readonly cumulative_cost_usd: number;
}

describe('GET /reports/data', () => {
  test('has every day of the range with a running total, and the users with theirs', async () => {
    let now = Date.parse('2026-11-20T23:59:59.900Z');
    await using gate = await startTollkeeper({
      settings: openaiSettings(stage.upstream),
      clock: { ...systemClock, now: () => now },
    });
    const [ann, bob] = [await gate.issueKey('ann'), await gate.issueKey('bob')];
    await chatOnce(gate.url, ann);
    now = Date.parse('2026-11-22T00:00:00.000Z');
    await chatOnce(gate.url, ann);
    await chatOnce(gate.url, bob);
    const report = (await gate.operator('/reports/data?start=2026-11-19&end=2026-11-22')) as {
      daily: Day[];
      daily_by_user: { date: string; label: string; cost_usd: number }[];
    };
    assert.deepEqual(report, {
      start: '2026-11-19',
      end: '2026-11-22',
      by_user: [
        { label: 'ann', requests: 2, unpriced_requests: 0, tokens: 206, cost_usd: 0.0000336 },
        {
          label: 'bob',
          requests: 1,
          unpriced_requests: 0,
          tokens: 103,
          cost_usd: COST_OF_CHAT_ONCE,
        },
      ],
      daily: [
        { date: '2026-11-19', cost_usd: 0, cumulative_cost_usd: 0 },
        { date: '2026-11-20', cost_usd: COST_OF_CHAT_ONCE, cumulative_cost_usd: COST_OF_CHAT_ONCE },
        { date: '2026-11-21', cost_usd: 0, cumulative_cost_usd: COST_OF_CHAT_ONCE },
        { date: '2026-11-22', cost_usd: 0.0000336, cumulative_cost_usd: 0.0000504 },
      ],
      daily_by_user: report.daily_by_user,
      as_of: '2026-11-22T00:00:00.000Z',
    });
    assert.equal(report.daily_by_user.length, 8);
    const last = report.daily_by_user.filter(({ date }) => date === '2026-11-22');
    assert.deepEqual(last.map(({ label, cost_usd }) => [label, cost_usd]).sort(), [
      ['ann', COST_OF_CHAT_ONCE],
      ['bob', COST_OF_CHAT_ONCE],
    ]);
    const byDefault = (await gate.operator('/reports/data')) as { daily: Day[] };
    assert.equal(byDefault.daily.length, 30);
    assert.equal(byDefault.daily.at(-1)?.date, '2026-11-22');
  });

  test('refuses days that are none', async () => {
    for (const query of ['start=2026-02-30', 'end=yesterday', 'start=2026-03-02&end=2026-03-01']) {
      assert.equal((await get(`/reports/data?${query}`)).status, 422, query);
    }
  });
});

describe('self-service', () => {
  test('issues a key that is shown once and may not leave the meter', async () => {
    const { status, body } = await order('/public/keys', { username: 'zoe', note: 'mine' });
    assert.equal(status, 201);
    assert.deepEqual(Object.keys(body).sort(), ['id', 'note', 'token', 'username']);
    assert.deepEqual([body['username'], body['note']], ['zoe', 'mine']);
    const token = String(body['token']);
    await chat(token);
    const files = await ask('/v1/files', { headers: { authorization: `Bearer ${token}` } });
    assert.equal(files.status, 403);
    const listed = await ask('/public/keys/zoe');
    assert.equal(listed.status, 200);
    const [key] = listed.body['keys'] as Json[];
    assert.deepEqual(Object.keys(key ?? {}).sort(), ['created_at', 'id', 'masked', 'note']);
    assert.equal(key?.['masked'], `${token.slice(0, 4)}...${token.slice(-4)}`);
    await order(`/admin/keys/${token}/revoke`, {}, AS_OPERATOR);
    assert.deepEqual((await ask('/public/keys/zoe')).body, { username: 'zoe', keys: [] });
    assert.equal((await ask('/public/keys/nobody')).status, 404);
  });

  test('is 403 unless it was switched on', async () => {
    await using closed = await startTollkeeper();
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"username":"zoe"}',
    };
    assert.equal((await call(`${closed.url}/public/keys`, init)).status, 403);
    assert.equal((await call(`${closed.url}/public/keys/zoe`)).status, 403);
  });
});

describe('what anyone may ask', () => {
  test('health is 200 healthy with its parts', async () => {
    await chat(stage.key);
    const { status, body } = await ask('/health');
    assert.equal(status, 200);
    assert.equal(body['status'], 'healthy');
    assert.match(String(body['timestamp']), INSTANT);
    assert.equal(typeof body['version'], 'string');
    assert.deepEqual(body['checks'], { database: 'ok', upstream: 'ok' });
  });

  test('the simple list of models has a price where one is known', async () => {
    const { status, body } = await ask('/models/simple');
    assert.equal(status, 200);
    const models = body['models'] as Json[];
    const known = models.find(({ id }) => id === 'gpt-4o-mini');
    assert.equal(known?.['input_usd_per_mtok'], 0.15);
    assert.equal(known?.['output_usd_per_mtok'], 0.6);
  });

  test('the root names every call, and each of them is in the OpenAPI document', async () => {
    const { body } = await ask('/');
    const document = (await ask('/openapi.json')).body;
    assert.match(String(document['openapi']), /^3\.1/);
    const paths = document['paths'] as Record<string, Json>;
    const endpoints = body['endpoints'] as { method: string; path: string }[];
    assert.ok(endpoints.length > 10);
    for (const { method, path } of endpoints) {
      assert.ok(paths[path]?.[method.toLowerCase()] !== undefined, `${method} ${path}`);
    }
  });

  test('both kinds of documentation come whole from this machine', async () => {
    for (const path of ['/docs', '/redoc']) {
      const page = await ask(path);
      assert.equal(page.status, 200);
      const text = String(page.body['text']);
      const assets = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, at = '']) => at);
      assert.ok(assets.length > 0);
      for (const asset of assets) {
        assert.doesNotMatch(asset, /^(https?:)?\/\//);
        const { pathname } = new URL(asset, at(path));
        assert.equal((await ask(pathname)).status, 200, asset);
      }
    }
  });
});
