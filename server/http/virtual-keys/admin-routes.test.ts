import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ADMIN_TOKEN, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

type Json = Record<string, unknown>;

async function post(url: string, payload?: unknown, headers: Json = OPERATOR) {
  return await edge.http.instance.inject({
    method: 'POST',
    url,
    headers: headers as Record<string, string>,
    ...(payload !== undefined && { payload: payload as object }),
  });
}

async function issue(body: Json): Promise<{ id: string; token: string; label: string }> {
  const reply = await post('/admin/keys', body);
  assert.equal(reply.statusCode, 201, reply.body);
  return reply.json();
}

describe('POST /admin/keys', () => {
  test('issues a key and shows its secret once, never to be cached', async () => {
    const reply = await post('/admin/keys', { label: '  ann ', note: 'for the\nbuild' });
    assert.equal(reply.statusCode, 201);
    assert.equal(reply.headers['cache-control'], 'no-store');
    const { id, token, ...rest } = reply.json();
    assert.match(id, /^vk_/);
    assert.ok(token.length > 40);
    assert.deepEqual(rest, {
      label: 'ann',
      note: 'for the\nbuild',
      created_at: '2026-11-20T12:00:00.000Z',
    });
  });

  test('issues several keys to one label, all of the same user', async () => {
    const one = await issue({ label: 'twice' });
    const two = await issue({ label: 'twice', note: null, allow_unmetered: false });
    assert.notEqual(one.id, two.id);
    assert.notEqual(one.token, two.token);
  });

  test('leaves the characters that join others, which show by themselves as little', async () => {
    const label = 'نمی\u200cدانم 👩\u200d💻';
    assert.equal((await issue({ label })).label, label);
  });

  const WRONG: readonly (readonly [string, unknown, string])[] = [
    ['no label', {}, 'label'],
    ['an empty label', { label: '   ' }, 'label'],
    ['a label of 129 characters', { label: 'x'.repeat(129) }, 'label'],
    ['a label with a control character', { label: 'a\u0000b' }, 'label'],
    ['a label of which nothing can be seen', { label: '\u200b\u00ad' }, 'label'],
    ['a label of a letter and a sign that fill a place only', { label: '\u3164 \u2800' }, 'label'],
    ['a label with half a surrogate pair', { label: 'a\ud800b' }, 'label'],
    ['a label that is a number', { label: 7 }, 'label'],
    ['a note of 1001 characters', { label: 'a', note: 'n'.repeat(1001) }, 'note'],
    ['a switch that is a text', { label: 'a', allow_unmetered: 'yes' }, 'allow_unmetered'],
    ['an unknown field', { label: 'a', lable: 'b' }, 'lable'],
    ['an array', [], ''],
    ['null', 'null', ''],
  ];
  for (const [title, body, field] of WRONG) {
    test(`refuses ${title} with 422 and the name of the field`, async () => {
      const reply = await post('/admin/keys', body, {
        ...OPERATOR,
        'content-type': 'application/json',
      });
      assert.equal(reply.statusCode, 422);
      assert.equal(reply.json().code, 'validation_failed');
      assert.equal(reply.json().errors[0].field, field);
    });
  }

  test('makes the user prepaid where credits are given, and closes what cannot be metered', async () => {
    const { id, token } = await issue({ label: 'prepaid', credits: 1000 });
    const balance = await edge.http.instance.inject({
      url: '/user/balance',
      headers: { 'x-api-key': token },
    });
    const { user_id, credits, is_prepaid } = balance.json();
    assert.deepEqual([credits, is_prepaid], [1000, true]);
    assert.equal(edge.accounts.keys.find(id)?.allowUnmetered, false);
    const second = await issue({ label: 'prepaid' });
    assert.equal(edge.accounts.keys.find(second.id)?.userId, user_id);
    assert.equal(edge.accounts.keys.find(second.id)?.allowUnmetered, false);
    const asked = await issue({ label: 'prepaid', allow_unmetered: true });
    assert.equal(edge.accounts.keys.find(asked.id)?.allowUnmetered, true);
  });

  test('leaves a key without credits and budget metered only, without any limit', async () => {
    const { id } = await issue({ label: 'metered' });
    const key = edge.accounts.keys.find(id);
    const userId = key?.userId ?? '';
    assert.equal(key?.allowUnmetered, true);
    assert.equal(edge.ledger.wallet(userId), null);
    assert.deepEqual(edge.ledger.accountsOf({ userId, keyId: id }).budgets, []);
    assert.equal(edge.limits.standing(id, userId).limits.requests_per_minute, null);
  });

  test('takes null for what is not given', async () => {
    const nothing = { note: null, credits: null, budget: null, allow_unmetered: null };
    const { id } = await issue({ label: 'nothing', ...nothing });
    assert.equal(edge.accounts.keys.find(id)?.allowUnmetered, true);
    assert.deepEqual(
      edge.ledger.budgets().filter(({ scopeId }) => scopeId === id),
      [],
    );
  });

  const BUDGETS: readonly (readonly [string, unknown, object])[] = [
    ['an amount for a month', 12.5, { period: 'month', zone: 'UTC', limit: 12_500_000_000 }],
    ['an exact amount', '0.000000001', { period: 'month', zone: 'UTC', limit: 1 }],
    [
      'a period and zone',
      { amount_usd: '3', period: 'day', zone: 'Asia/Tokyo' },
      { period: 'day', zone: 'Asia/Tokyo', limit: 3_000_000_000 },
    ],
    [
      'a total',
      { amount_usd: 0.1, period: 'forever' },
      { period: 'forever', zone: 'UTC', limit: 100_000_000 },
    ],
  ];
  for (const [title, budget, expected] of BUDGETS) {
    test(`bounds a key by a budget given as ${title}`, async () => {
      const { id } = await issue({ label: 'bounded', budget });
      const found = edge.ledger.budgets().find(({ scopeId }) => scopeId === id);
      const { id: budgetId, ...rest } = found ?? { id: '' };
      assert.match(budgetId, /^bud_/);
      assert.deepEqual(rest, { scope: 'key', scopeId: id, ...expected });
      assert.equal(edge.accounts.keys.find(id)?.allowUnmetered, false);
    });
  }

  const ABSURD: readonly (readonly [Json, field: string])[] = [
    [{ credits: 0 }, 'credits'],
    [{ credits: -1 }, 'credits'],
    [{ credits: 1e18 }, 'credits'],
    [{ credits: 0.00001 }, 'credits'],
    [{ credits: '5' }, 'credits'],
    [{ budget: -1 }, 'budget'],
    [{ budget: 'much' }, 'budget'],
    [{ budget: '0.0000000001' }, 'budget'],
    [{ budget: { amount_usd: 5 } }, 'budget'],
    [{ budget: { amount_usd: 5, period: 'year' } }, 'budget'],
    [{ budget: { amount_usd: -5, period: 'day' } }, 'budget.amount_usd'],
    [{ budget: { amount_usd: 5, period: 'day', zone: 'Atlantis/Centre' } }, 'budget.zone'],
  ];
  for (const [money, field] of ABSURD) {
    test(`refuses ${JSON.stringify(money)} with 422 by its name and issues nothing`, async () => {
      const reply = await post('/admin/keys', { label: 'absurd', ...money });
      assert.equal(reply.statusCode, 422, reply.body);
      assert.equal(reply.json().errors?.[0]?.field, field);
      assert.deepEqual(edge.accounts.keys.activeOf('absurd') ?? [], []);
    });
  }

  test('T61: stores quotes, comments, templates and long Unicode literally', async () => {
    for (const label of [
      `'); DROP TABLE users; --`,
      `" OR ""="`,
      '$1 $$ {{7*7}} #{7*7}',
      '../../etc/passwd',
      '<script>alert(1)</script>',
      '🙂'.repeat(64),
      '__proto__',
      'constructor',
    ]) {
      const { id } = await issue({ label, note: label });
      const usage = await edge.http.instance.inject({
        url: `/admin/usage/${id}`,
        headers: OPERATOR,
      });
      assert.equal(usage.json().label, label);
    }
  });

  test('refuses a label that is no UTF-8, which would share its name with others', async () => {
    const headers = { ...OPERATOR, 'content-type': 'application/json' };
    const body = Buffer.concat([Buffer.from('{"label":"'), Buffer.of(0xff), Buffer.from('"}')]);
    const reply = await post('/admin/keys', body, headers);
    assert.deepEqual([reply.statusCode, reply.json().code], [400, 'invalid_request']);
  });

  test('T62: a body that reaches for a prototype is refused and changes no prototype', async () => {
    const headers = { ...OPERATOR, 'content-type': 'application/json' };
    for (const body of [
      '{"label":"p","__proto__":{"polluted":1}}',
      '{"label":"p","constructor":{"prototype":{"polluted":1}}}',
      '{"__proto__":{"label":"p"}}',
      '{"label":{"__proto__":{"polluted":1}}}',
      '{"label":"p","\\u005f_proto__":{"polluted":1}}',
    ]) {
      const reply = await post('/admin/keys', body, headers);
      assert.ok([400, 422].includes(reply.statusCode), body);
      assert.equal(({} as Json)['polluted'], undefined);
    }
  });
});

describe('POST /admin/keys/{key}/revoke', () => {
  test('revokes by secret or id, and answers the same the second time', async () => {
    const { id, token } = await issue({ label: 'leaving' });
    const first = await post(`/admin/keys/${token}/revoke`);
    assert.equal(first.statusCode, 200);
    assert.deepEqual(first.json(), {
      id,
      label: 'leaving',
      revoked: true,
      revoked_at: '2026-11-20T12:00:00.000Z',
    });
    const again = await post(`/admin/keys/${id}/revoke`, undefined, {
      ...OPERATOR,
      'content-type': 'application/json',
    });
    assert.deepEqual(again.json(), first.json());
  });

  test('takes an empty body of whatever type, and no form', async () => {
    const { id } = await issue({ label: 'empty' });
    const form = { ...OPERATOR, 'content-type': 'application/x-www-form-urlencoded' };
    assert.equal((await post(`/admin/keys/${id}/revoke`, 'a=1', form)).statusCode, 415);
    assert.equal(edge.accounts.keys.find(id)?.revokedAt, null);
    const bare = { ...form, 'content-length': '0' };
    assert.equal((await post(`/admin/keys/${id}/revoke`, undefined, bare)).statusCode, 200);
  });

  test('answers 404 for a key that does not exist, without repeating it', async () => {
    const reply = await post('/admin/keys/tk-somebodys-secret/revoke');
    assert.equal(reply.statusCode, 404);
    assert.equal(reply.json().code, 'not_found');
    assert.ok(!reply.body.includes('somebodys-secret'));
  });
});

describe('GET /admin/usage/{key}', () => {
  test('answers the usage of the key, by secret or id, also after it was revoked', async () => {
    const { id, token } = await issue({ label: 'user' });
    await edge.record({ id, userId: 'usr_x' });
    await edge.record({ id, userId: 'usr_x' }, { cost: null, costSource: 'unpriced' });
    await post(`/admin/keys/${id}/revoke`);
    const figures = {
      requests: 2,
      unpriced_requests: 1,
      prompt_tokens: 20,
      completion_tokens: 4,
      total_tokens: 24,
      cost_usd: 0.000021,
    };
    for (const name of [id, token]) {
      const reply = await edge.http.instance.inject({
        url: `/admin/usage/${name}`,
        headers: OPERATOR,
      });
      assert.equal(reply.statusCode, 200);
      assert.deepEqual(reply.json(), {
        id,
        label: 'user',
        ...figures,
        by_model: [{ model: 'small', ...figures }],
        first_request_at: '2026-11-20T12:00:00.000Z',
        last_request_at: '2026-11-20T12:00:00.000Z',
      });
    }
  });

  test('answers null instants for a key that was never used', async () => {
    const { id } = await issue({ label: 'idle' });
    const reply = await edge.http.instance.inject({ url: `/admin/usage/${id}`, headers: OPERATOR });
    assert.equal(reply.json().first_request_at, null);
    assert.equal(reply.json().requests, 0);
  });

  test('answers 404 for an unknown key and 422 for an absurdly long one', async () => {
    const get = (key: string) =>
      edge.http.instance.inject({ url: `/admin/usage/${key}`, headers: OPERATOR });
    assert.equal((await get('vk_unknown')).statusCode, 404);
    assert.equal((await get('x'.repeat(201))).statusCode, 422);
    assert.equal((await get('x'.repeat(2001))).statusCode, 404);
  });
});

describe('operator calls', () => {
  const CALLS = [
    ['POST', '/admin/keys'],
    ['POST', '/admin/keys/vk_1/revoke'],
    ['GET', '/admin/usage/vk_1'],
    ['GET', '/reports/data'],
    ['POST', '/admin/create_user'],
    ['POST', '/admin/add_credits'],
    ['GET', '/admin/balance'],
    ['GET', '/admin/monitor'],
    ['POST', '/admin/limit'],
    ['POST', '/api/wallets/usr_1/entries'],
    ['GET', '/api/wallets/usr_1/entries'],
  ] as const;
  for (const [method, url] of CALLS) {
    test(`${method} ${url} is for the operator: 401 without a credential and with a wrong one`, async () => {
      const without = await edge.http.instance.inject({ method, url, payload: '{broken' });
      assert.equal(without.statusCode, 401);
      assert.equal(without.json().code, 'authentication_required');
      assert.equal(without.headers['www-authenticate'], 'Bearer');
      const headers = { 'x-admin-token': `${ADMIN_TOKEN}x` };
      const wrong = await edge.http.instance.inject({ method, url, headers });
      assert.equal(wrong.statusCode, 401);
      assert.equal(wrong.json().code, 'invalid_api_key');
      assert.ok(!wrong.body.includes(ADMIN_TOKEN));
    });
  }

  test('take no credential from the address', async () => {
    for (const name of ['token', 'api_key', 'key', 'x-admin-token', 'access_token']) {
      const reply = await edge.http.instance.inject({
        url: `/reports/data?${name}=${ADMIN_TOKEN}`,
      });
      assert.equal(reply.statusCode, 401);
    }
  });
});
