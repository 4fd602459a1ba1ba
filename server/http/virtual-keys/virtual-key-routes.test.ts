import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { nanos } from '../../../contract/money.ts';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';

let edge: TestEdge;

before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

type Headers = Readonly<Record<string, string>>;
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const URL = '/api/virtual-keys';

async function call(method: Method, url: string, as: Headers, payload?: object) {
  const body = payload === undefined ? {} : { payload };
  const reply = await edge.http.instance.inject({ method, url, headers: as, ...body });
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into answers of many shapes.
  const json: any = reply.body === '' ? null : reply.json();
  return { status: reply.statusCode, json, body: reply.body };
}

async function issue(payload: object, as: Headers = OPERATOR) {
  const { status, json } = await call('POST', URL, as, payload);
  assert.equal(status, 201, JSON.stringify(json));
  return json;
}

let people = 0;

async function member() {
  const email = `member-${++people}@example.org`;
  const payload = { email, password: 'correct horse battery' };
  const { json } = await call('POST', '/api/auth/register', {}, payload);
  return { id: String(json.user.id), as: { authorization: `Bearer ${json.access_token}` } };
}

describe('the operator', () => {
  test('issues a key with everything that bounds it, and the secret is shown once', async () => {
    const { secret, ...key } = await issue({
      username: 'ann',
      name: 'laptop',
      note: 'for tests',
      models: ['gpt-4o', 'claude-*'],
      limits: { requests_per_minute: 5, max_concurrent: 2 },
      budget: { amount_usd: '1.5', period: 'day', zone: 'Europe/Berlin' },
      expires_at: '2027-01-01T01:00:00+01:00',
    });
    assert.match(secret, /^tk_/);
    const none = { requests_per_hour: null, requests_per_day: null, tokens_per_minute: null };
    const noTokens = { tokens_per_hour: null, tokens_per_day: null };
    assert.deepEqual(key, {
      id: key.id,
      name: 'laptop',
      masked: `${secret.slice(0, 11)}...${secret.slice(-4)}`,
      user_id: edge.accounts.people.find('ann')?.id,
      username: 'ann',
      note: 'for tests',
      state: 'active',
      is_active: true,
      limits: { requests_per_minute: 5, ...none, ...noTokens, max_concurrent: 2 },
      limit_use: key.limit_use,
      budget: {
        amount_usd: '1.5',
        period: 'day',
        zone: 'Europe/Berlin',
        spent_usd: '0',
        held_usd: '0',
        remaining_usd: '1.5',
        resets_at: '2026-11-20T23:00:00.000Z',
      },
      models: ['gpt-4o', 'claude-*'],
      allow_unmetered: false,
      expires_at: '2027-01-01T00:00:00.000Z',
      provider_key_id: null,
      origin: 'operator',
      ruled_by: 'operator',
      last_used_at: null,
      previous: null,
      created_at: '2026-11-20T12:00:00.000Z',
      revoked_at: null,
    });
    for (const name of [key.id, secret]) {
      const shown = await call('GET', `${URL}/${name}`, OPERATOR);
      assert.deepEqual(shown.json, key);
      assert.ok(!shown.body.includes(secret));
    }
    assert.equal(edge.accounts.keys.authenticate(secret)?.id, key.id);
  });

  test('sees what is used of limits and budget', async () => {
    const { id, user_id } = await issue({
      username: 'user-of-limits',
      limits: { requests_per_minute: 5, tokens_per_day: 1_000 },
      budget: 2,
    });
    const pass = edge.limits.admit({ keyId: id, userId: user_id, tokens: 300 });
    const accounts = edge.ledger.accountsOf({ keyId: id, userId: user_id });
    edge.ledger.hold({ id: 'req_open', amount: nanos(500_000_000), ...accounts });
    edge.ledger.settle('req_done', nanos(250_000_000), accounts);
    const { json } = await call('GET', `${URL}/${id}`, OPERATOR);
    const { used, remaining, resets, running } = json.limit_use;
    assert.deepEqual([used.requests_per_minute, remaining.requests_per_minute], [1, 4]);
    assert.deepEqual([used.tokens_per_day, remaining.tokens_per_day, running], [300, 700, 1]);
    assert.equal(remaining.requests_per_hour, null);
    assert.ok(resets.day > resets.hour);
    const { spent_usd, held_usd, remaining_usd, resets_at } = json.budget;
    assert.deepEqual([spent_usd, held_usd, remaining_usd], ['0.25', '0.5', '1.25']);
    assert.equal(resets_at, '2026-12-01T00:00:00.000Z');
    pass.end();
    edge.ledger.release('req_open');
  });

  test('issues to a user by id, to a new name, or to the name of the key itself', async () => {
    const first = await issue({ username: 'bea' });
    const second = await issue({ user_id: first.user_id, name: 'second' });
    assert.deepEqual([first.name, second.name, second.username], ['bea', 'second', 'bea']);
    const own = await issue({ name: 'build-server' });
    assert.deepEqual([own.username, own.name], ['build-server', 'build-server']);
    const wrong = await call('POST', URL, OPERATOR, { user_id: 'usr_none' });
    assert.deepEqual([wrong.status, wrong.json.code], [404, 'not_found']);
    assert.equal((await call('POST', URL, OPERATOR, {})).status, 422);
    const two = { user_id: first.user_id, username: 'build-server' };
    assert.equal((await call('POST', URL, OPERATOR, two)).status, 404);
  });

  test('lets a key use what cannot be metered only while nothing bounds it, unless told', async () => {
    const unmetered = async (order: object) =>
      (await issue({ username: 'free', ...order })).allow_unmetered;
    assert.equal(await unmetered({}), true);
    assert.equal(await unmetered({ budget: 1 }), false);
    assert.equal(await unmetered({ models: ['a'] }), false);
    assert.equal(await unmetered({ allow_unmetered: false }), false);
    assert.equal(await unmetered({ budget: 1, allow_unmetered: true }), true);
  });

  test('changes what is named and nothing else; null takes a bound away', async () => {
    const {
      id,
      secret: _,
      ...before
    } = await issue({
      username: 'cid',
      limits: { requests_per_minute: 5, requests_per_day: 50 },
      budget: 1,
      models: ['a'],
    });
    const limits = { ...before.limits, requests_per_minute: 6 };
    const patch = { limits: { requests_per_minute: 6 }, name: 'renamed' };
    const { json: changed } = await call('PATCH', `${URL}/${id}`, OPERATOR, patch);
    const { limit_use: _now, ...rest } = changed;
    const { limit_use: _then, ...expected } = { ...before, id, limits, name: 'renamed' };
    assert.deepEqual(rest, expected);
    const off = { limits: null, budget: null, models: null, is_active: false };
    const { json: freed } = await call('PATCH', `${URL}/${id}`, OPERATOR, off);
    assert.equal(freed.limits.requests_per_day, null);
    assert.deepEqual([freed.budget, freed.models, freed.is_active], [null, null, false]);
    assert.equal(freed.state, 'disabled');
    assert.deepEqual(edge.ledger.accountsOf({ keyId: id, userId: freed.user_id }).budgets, []);
    const on = await call('PATCH', `${URL}/${id}`, OPERATOR, { is_active: true, budget: 7 });
    assert.deepEqual([on.json.state, on.json.budget.amount_usd], ['active', '7']);
  });

  test('finds keys page by page, by words, by user and by state', async () => {
    const owner = (await issue({ username: 'dora', name: 'Dora first' })).user_id;
    for (const name of ['second', 'third']) await issue({ user_id: owner, name });
    const gone = await issue({ user_id: owner, name: 'gone' });
    await call('DELETE', `${URL}/${gone.id}`, OPERATOR);
    const names = async (query: string) => {
      const { json } = await call('GET', `${URL}?user_id=${owner}${query}`, OPERATOR);
      return json.data.map(({ name }: { name: string }) => name);
    };
    assert.deepEqual(await names(''), ['third', 'second', 'Dora first']);
    assert.deepEqual(await names('&q=SEC'), ['second']);
    assert.deepEqual(await names('&q=100%25'), []);
    assert.deepEqual(await names('&state=revoked'), ['gone']);
    assert.deepEqual(await names('&state=all'), ['gone', 'third', 'second', 'Dora first']);
    const first = await call('GET', `${URL}?user_id=${owner}&limit=2`, OPERATOR);
    const { next_cursor, ...page } = first.json.pagination;
    assert.deepEqual(page, { limit: 2, has_more: true, total: 3 });
    assert.deepEqual(await names(`&limit=2&cursor=${next_cursor}`), ['Dora first']);
    assert.equal((await call('GET', `${URL}?cursor=x`, OPERATOR)).status, 422);
    assert.equal((await call('GET', `${URL}?limit=0`, OPERATOR)).status, 422);
  });
});

describe('a secret', () => {
  test('is replaced with a grace in which both work, and the use of the old one is shown', async () => {
    const { id, secret, masked } = await issue({ username: 'rot' });
    edge.accounts.keys.authenticate(secret);
    const rotated = await call('POST', `${URL}/${id}/rotate`, OPERATOR, { grace_hours: 24 });
    assert.equal(rotated.status, 200);
    assert.notEqual(rotated.json.secret, secret);
    const used = new Date(NOW).toISOString();
    const valid_until = new Date(NOW + 24 * 3_600_000).toISOString();
    assert.deepEqual(rotated.json.previous, { masked, valid_until, last_used_at: used });
    for (const token of [secret, rotated.json.secret]) {
      assert.equal(edge.accounts.keys.authenticate(token)?.id, id);
    }
  });

  test('is replaced at once where no grace is asked for, with a body or without', async () => {
    const { id, secret } = await issue({ username: 'rot' });
    const first = await call('POST', `${URL}/${id}/rotate`, OPERATOR);
    assert.equal(first.status, 200, first.body);
    const second = await call('POST', `${URL}/${id}/rotate`, OPERATOR, {});
    assert.equal(edge.accounts.keys.authenticate(secret), null);
    assert.equal(edge.accounts.keys.authenticate(first.json.secret), null);
    assert.equal(edge.accounts.keys.authenticate(second.json.secret)?.id, id);
  });

  test('is not replaced with a grace beyond a day, nor for a revoked key', async () => {
    const { id, secret } = await issue({ username: 'rot' });
    for (const grace_hours of [-1, 24.1, '1', null]) {
      const wrong = await call('POST', `${URL}/${id}/rotate`, OPERATOR, { grace_hours });
      assert.equal(wrong.status, 422, String(grace_hours));
    }
    assert.equal(edge.accounts.keys.authenticate(secret)?.id, id);
    assert.equal((await call('DELETE', `${URL}/${id}`, OPERATOR)).status, 204);
    const late = await call('POST', `${URL}/${id}/rotate`, OPERATOR, {});
    assert.deepEqual([late.status, late.json.detail], [409, 'This key is revoked; issue another.']);
    assert.equal((await call('PATCH', `${URL}/${id}`, OPERATOR, { name: 'x' })).status, 409);
  });

  test('of a deleted key opens nothing, deleting it twice says the same, and its history stays', async () => {
    const { id, secret } = await issue({ username: 'del' });
    for (const time of ['first', 'second']) {
      assert.equal((await call('DELETE', `${URL}/${id}`, OPERATOR)).status, 204, time);
    }
    assert.equal(edge.accounts.keys.authenticate(secret), null);
    const { json } = await call('GET', `${URL}/${id}`, OPERATOR);
    assert.deepEqual([json.state, json.is_active], ['revoked', false]);
    assert.equal(json.revoked_at, '2026-11-20T12:00:00.000Z');
  });
});

describe('a member', () => {
  test('issues, changes and rotates keys of their own', async () => {
    const { id: userId, as } = await member();
    const order = { name: 'mine', models: ['a'], limits: { requests_per_day: 9 }, budget: '0.5' };
    const { id, ...key } = await issue(order, as);
    assert.deepEqual([key.user_id, key.origin, key.ruled_by], [userId, 'member', 'member']);
    assert.equal(key.allow_unmetered, false);
    const patch = { models: null, budget: null, limits: null, is_active: false };
    assert.equal((await call('PATCH', `${URL}/${id}`, as, patch)).status, 200);
    assert.equal((await call('PATCH', `${URL}/${id}`, as, { is_active: true })).status, 200);
    assert.equal((await call('POST', `${URL}/${id}/rotate`, as, {})).status, 200);
    assert.equal((await call('GET', URL, as)).json.pagination.total, 1);
    assert.equal((await call('DELETE', `${URL}/${id}`, as)).status, 204);
  });

  test('meets the keys of others as if they were not there', async () => {
    const { as } = await member();
    const { id, secret, user_id } = await issue({ username: 'somebody-else' });
    const missing = await call('GET', `${URL}/vk_missing`, as);
    for (const [method, path, body] of [
      ['GET', `${URL}/${id}`],
      ['GET', `${URL}/${secret}`],
      ['PATCH', `${URL}/${id}`, { name: 'x' }],
      ['DELETE', `${URL}/${id}`],
      ['POST', `${URL}/${id}/rotate`, {}],
    ] as const) {
      const { status, json } = await call(method, path, as, body);
      const { request_id: _, ...said } = json;
      const { request_id: __, ...expected } = missing.json;
      assert.deepEqual([status, said], [404, expected], `${method} ${path}`);
    }
    assert.deepEqual((await call('GET', `${URL}?user_id=${user_id}`, as)).json.data, []);
    for (const whose of [{ user_id }, { username: 'somebody-else' }, { username: 'new-name' }]) {
      assert.equal((await call('POST', URL, as, whose)).status, 404, JSON.stringify(whose));
    }
    assert.equal(edge.accounts.people.find('new-name'), null);
  });

  test('T45: may not change what the operator has decided about a key, only its name and secret', async () => {
    const { id: user_id, as } = await member();
    const { id } = await issue({ user_id, limits: { requests_per_day: 9 }, budget: 1 });
    for (const patch of [
      { limits: { requests_per_day: 10 } },
      { limits: null },
      { budget: 2 },
      { budget: null },
      { models: null },
      { expires_at: null },
      { is_active: true },
      { name: 'x', budget: 2 },
    ]) {
      const { status, json } = await call('PATCH', `${URL}/${id}`, as, patch);
      assert.deepEqual([status, json.code], [403, 'forbidden'], JSON.stringify(patch));
      assert.match(json.detail, /^The operator decides what this key may do\./);
    }
    const { status, json } = await call('PATCH', `${URL}/${id}`, as, { name: 'x', note: 'y' });
    assert.deepEqual([status, json.name, json.budget.amount_usd], [200, 'x', '1']);
    assert.equal(json.ruled_by, 'operator');
    assert.equal((await call('POST', `${URL}/${id}/rotate`, as, {})).status, 200);
  });

  test('T45: loses the say over a key of their own once the operator has decided about it', async () => {
    const { as } = await member();
    const { id } = await issue({ name: 'mine' }, as);
    await call('PATCH', `${URL}/${id}`, OPERATOR, { note: 'seen' });
    assert.equal((await call('PATCH', `${URL}/${id}`, as, { is_active: true })).status, 200);
    await call('PATCH', `${URL}/${id}`, OPERATOR, { is_active: false });
    assert.equal((await call('PATCH', `${URL}/${id}`, as, { is_active: true })).status, 403);
  });

  test('T45: binds a key to a provider key of their own, and to no other', async () => {
    const { id: userId, as } = await member();
    const other = await member();
    const store = async (owner: string | null) => {
      const order = { platform: 'groq', name: 'x', description: null, base: null };
      const secret = `gsk_0123456789-${owner}`;
      const rules = { thresholdNanos: null, checkIntervalMinutes: null };
      const more = { ...rules, probe: false, probeModel: null };
      const purposes = { watch: false, route: true };
      return (await edge.providerKeys.add({ ...order, ...more, owner, secret, purposes })).id;
    };
    const [own, others, shared] = [await store(userId), await store(other.id), await store(null)];
    const { id, provider_key_id } = await issue({ name: 'x', provider_key_id: own }, as);
    assert.equal(provider_key_id, own);
    const bind = async (to: string | null, by: Headers) =>
      (await call('PATCH', `${URL}/${id}`, by, { provider_key_id: to })).status;
    assert.deepEqual([await bind(others, as), await bind(shared, as)], [422, 422]);
    assert.deepEqual([await bind(null, as), await bind(own, as)], [200, 200]);
    assert.deepEqual([await bind(others, OPERATOR), await bind(shared, OPERATOR)], [422, 200]);
  });

  test('T45: never opens what cannot be metered', async () => {
    const { as } = await member();
    const asked = await call('POST', URL, as, { name: 'x', allow_unmetered: true });
    assert.deepEqual([asked.status, asked.json.code], [403, 'forbidden']);
    const { id } = await issue({ name: 'x' }, as);
    const patched = await call('PATCH', `${URL}/${id}`, as, { allow_unmetered: true });
    assert.equal(patched.status, 403);
    assert.equal((await call('PATCH', `${URL}/${id}`, as, { allow_unmetered: false })).status, 200);
  });

  test('has a hundred keys at most', async () => {
    const { as } = await member();
    for (let i = 0; i < 100; i++) await issue({ name: `key ${i}` }, as);
    const { status, json } = await call('POST', URL, as, { name: 'one more' });
    assert.deepEqual([status, json.code], [409, 'conflict']);
  });
});

describe('bad input', () => {
  test('is refused in words and changes nothing', async () => {
    const { id } = await issue({ username: 'eve', limits: { requests_per_day: 3 } });
    const before = await call('GET', `${URL}/${id}`, OPERATOR);
    const bad: object[] = [
      {},
      { limits: { requests_per_day: -1 } },
      { limits: { requests_per_day: 1.5 } },
      { limits: { requests_per_year: 1 } },
      { limits: 7 },
      { budget: -1 },
      { budget: 'much' },
      { budget: { amount_usd: 1, period: 'year' } },
      { budget: { amount_usd: 1, period: 'day', zone: 'Mars/Crater' } },
      { budget: 0.0000000001 },
      { models: [] },
      { models: ['a*b'] },
      { models: ['**'] },
      { models: [''] },
      { models: 'gpt-4o' },
      { models: Array.from({ length: 101 }, (_, i) => `m${i}`) },
      { expires_at: 'tomorrow' },
      { expires_at: '9999-12-31T23:59:59-05:00' },
      { expires_at: '2026-11-20T12:00:00Z' },
      { is_active: 'no' },
      { provider_key_id: 'pk_missing' },
      { name: '' },
      { name: 'a\u0000b' },
      { user_id: 'usr_other' },
      { origin: 'member' },
      { ruled_by: 'member' },
      { previous_hash: 'x' },
      { name: 'good', limits: { tokens_per_day: 'x' } },
      { name: 'good', budget: { amount_usd: 1, period: 'day', zone: 'Mars/Crater' } },
    ];
    for (const patch of bad) {
      const { status, json } = await call('PATCH', `${URL}/${id}`, OPERATOR, patch);
      assert.deepEqual([status, json.code], [422, 'validation_failed'], JSON.stringify(patch));
      if (Object.keys(patch).length === 0) continue;
      const created = await call('POST', URL, OPERATOR, { username: 'eve', ...patch });
      assert.ok(created.status >= 400, JSON.stringify(patch));
    }
    assert.deepEqual((await call('GET', `${URL}/${id}`, OPERATOR)).json, before.json);
    assert.equal(edge.accounts.keys.activeOf('eve')?.length, 1);
  });

  test('whoever is not signed in, and whoever holds a virtual key only, is told so', async () => {
    const { secret } = await issue({ username: 'fay' });
    assert.equal((await call('GET', URL, {})).status, 401);
    assert.equal((await call('GET', URL, { authorization: `Bearer ${secret}` })).status, 401);
  });
});
