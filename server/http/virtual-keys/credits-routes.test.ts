import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { nanos } from '../../../contract/money.ts';
import { NO_LIMITS, SEED_DEFAULTS } from '../../limits/limits.ts';
import { OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

async function post(url: string, payload: object | string, headers: Record<string, string> = {}) {
  return await edge.http.instance.inject({
    method: 'POST',
    url,
    headers: { ...OPERATOR, 'content-type': 'application/json', ...headers },
    payload,
  });
}

async function get(url: string) {
  const reply = await edge.http.instance.inject({ url, headers: OPERATOR });
  assert.equal(reply.statusCode, 200, reply.body);
  return reply.json();
}

async function createUser(username: string, initial_credits = 0) {
  const reply = await post('/admin/create_user', { username, initial_credits });
  assert.equal(reply.statusCode, 200, reply.body);
  const { user_id, api_key } = reply.json() as { user_id: string; api_key: string };
  const keyId = edge.accounts.keys.find(api_key)?.id ?? '';
  return { userId: user_id, token: api_key, keyId, shown: `${api_key.slice(0, 11)}...` };
}

const creditsOf = (userId: string) => Number(edge.ledger.balance(userId)?.balance) / 20_000;

describe('POST /admin/create_user', () => {
  test('makes a prepaid user with a key, credits and the default limits', async () => {
    const reply = await post('/admin/create_user', {
      username: 'ann',
      email: 'Ann@Example.com',
      initial_credits: 1_000_000,
    });
    assert.equal(reply.statusCode, 200);
    const { user_id, api_key, ...rest } = reply.json();
    assert.deepEqual(rest, { status: 'success', username: 'ann', credits: 1_000_000 });
    assert.equal(edge.accounts.keys.authenticate(api_key)?.userId, user_id);
    assert.equal(edge.accounts.keys.authenticate(api_key)?.allowUnmetered, false);
    assert.equal(edge.accounts.people.find(user_id)?.email, 'ann@example.com');
    assert.equal(edge.ledger.wallet(user_id)?.kind, 'prepaid');
    assert.equal(edge.ledger.balance(user_id)?.balance, 20_000_000_000);
    assert.equal(edge.limits.get('user', user_id).requests_per_minute, 60);
  });

  test('takes null for what is not given, and an e-mail address as registration does', async () => {
    const bare = { username: 'bare', email: null, initial_credits: null };
    assert.equal((await post('/admin/create_user', bare)).json().credits, 0);
    const mail = { username: 'mail', email: ' Mail@Example.org ' };
    assert.equal((await post('/admin/create_user', mail)).statusCode, 200);
    assert.equal(edge.accounts.people.find('mail')?.email, 'mail@example.org');
  });

  test('a name or e-mail that somebody has is 409, and changes nothing', async () => {
    const { userId } = await createUser('bob', 7);
    await post('/admin/create_user', { username: 'with mail', email: 'one@example.com' });
    const again = await post('/admin/create_user', { username: ' bob ', initial_credits: 9 });
    const mail = await post('/admin/create_user', { username: 'new', email: 'ONE@example.com' });
    assert.deepEqual([again.statusCode, mail.statusCode], [409, 409]);
    assert.equal(again.json().code, 'conflict');
    assert.equal(creditsOf(userId), 7);
    assert.equal(edge.accounts.people.find('new'), null);
  });

  test('of many at once with one name, one is made', async () => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, () =>
        post('/admin/create_user', { username: 'crowd', initial_credits: 5 }),
      ),
    );
    const statuses = replies.map(({ statusCode }) => statusCode).sort();
    assert.deepEqual(statuses, [200, ...Array.from({ length: 19 }, () => 409)]);
    assert.equal(creditsOf(edge.accounts.people.find('crowd')?.id ?? ''), 5);
  });

  for (const body of [
    {},
    { username: '' },
    { username: 'x', initial_credits: -1 },
    { username: 'x', initial_credits: '5' },
    { username: 'x', initial_credits: 1e18 },
    { username: 'x', initial_credits: 0.00001 },
    { username: 'x', email: 'nobody' },
    { username: 'x', credits: 5 },
  ]) {
    test(`refuses ${JSON.stringify(body)} with 422 and makes nobody`, async () => {
      const reply = await post('/admin/create_user', body);
      assert.equal(reply.statusCode, 422, reply.body);
      assert.equal(edge.accounts.people.find('x'), null);
    });
  }
});

describe('POST /admin/add_credits', () => {
  test('adds by the secret, by the id of a key, and by user', async () => {
    const { userId, token, keyId, shown } = await createUser('adding', 1);
    for (const [name, credits] of [
      [{ api_key: token }, 2.5],
      [{ api_key: keyId }, 3.5],
      [{ user_id: userId }, 4.5],
      [{ api_key: token, user_id: userId }, 5.5],
    ] as const) {
      const reply = await post('/admin/add_credits', { ...name, credits: 1 });
      assert.equal(reply.statusCode, 200, reply.body);
      assert.deepEqual(reply.json(), {
        status: 'success',
        user_id: userId,
        api_key: shown,
        credits_added: 1,
        credits: credits - 0.5,
      });
    }
  });

  test('says of a wallet that would be too full so, and names no field that was not sent', async () => {
    const { token } = await createUser('overfull', 450_000_000_000);
    const reply = await post('/admin/add_credits', { api_key: token, credits: 450_000_000_000 });
    const { status, detail, errors } = reply.json();
    assert.deepEqual([status, errors], [422, undefined]);
    assert.match(detail, /at most nine million dollars/);
  });

  test('T5: fifty at once with one idempotency key credit once, and later ones not at all', async () => {
    const { userId, token } = await createUser('paying', 100);
    const pay = () =>
      post('/admin/add_credits', { api_key: token, credits: 50 }, { 'idempotency-key': 'order-1' });
    const replies = await Promise.all(Array.from({ length: 50 }, pay));
    replies.push(await pay());
    for (const reply of replies) {
      assert.equal(reply.statusCode, 200);
      assert.equal(reply.json().credits, 150);
    }
    assert.equal(creditsOf(userId), 150);
  });

  test('T6: the same idempotency key for something else is 422, and books nothing', async () => {
    const one = await createUser('one');
    const two = await createUser('two');
    const header = { 'idempotency-key': 'order-2' };
    await post('/admin/add_credits', { user_id: one.userId, credits: 10 }, header);
    for (const body of [
      { user_id: one.userId, credits: 11 },
      { user_id: two.userId, credits: 10 },
    ]) {
      const reply = await post('/admin/add_credits', body, header);
      assert.equal(reply.statusCode, 422);
      assert.equal(reply.json().code, 'idempotency_conflict');
    }
    assert.deepEqual([creditsOf(one.userId), creditsOf(two.userId)], [10, 0]);
  });

  test('books each call that carries no idempotency key', async () => {
    const { userId } = await createUser('twice');
    const add = () => post('/admin/add_credits', { user_id: userId, credits: 0.00005 });
    await Promise.all(Array.from({ length: 20 }, add));
    assert.equal(edge.ledger.balance(userId)?.balance, 20);
  });

  test('makes a metered user prepaid, and closes what cannot be metered for every key', async () => {
    const { key } = await edge.accounts.keys.issue({
      label: 'was metered',
      note: null,
      origin: 'operator',
      allowUnmetered: true,
    });
    const reply = await post('/admin/add_credits', { api_key: key.id, credits: 5 });
    assert.equal(reply.json().credits, 5);
    assert.equal(edge.ledger.wallet(key.userId)?.kind, 'prepaid');
    assert.equal(edge.accounts.keys.find(key.id)?.allowUnmetered, false);
  });

  test('answers 404 for an unknown key or user, without repeating it', async () => {
    for (const body of [
      { api_key: 'tk_secret-of-somebody', credits: 1 },
      { user_id: 'usr_secret-of-somebody', credits: 1 },
    ]) {
      const reply = await post('/admin/add_credits', body);
      assert.equal(reply.statusCode, 404);
      assert.ok(!reply.body.includes('secret-of-somebody'));
    }
  });

  test('refuses wrong amounts, names and headers with 422 and books nothing', async () => {
    const { userId, keyId } = await createUser('refused', 3);
    const other = await createUser('other');
    const wrong = ['0', '-1', '1e400', '1e18', '"5"', 'null', '0.000001', 'true'];
    const bodies = [
      ...wrong.map((credits) => `{"user_id":"${userId}","credits":${credits}}`),
      '{"credits":5}',
      `{"user_id":"${userId}"}`,
      `{"user_id":"${other.userId}","api_key":"${keyId}","credits":5}`,
      `{"user_id":"${userId}","credits":5,"kind":"gift"}`,
    ];
    for (const body of bodies) {
      const reply = await post('/admin/add_credits', body);
      assert.equal(reply.statusCode, 422, `${body}: ${reply.body}`);
    }
    const nobody = { user_id: null, api_key: null, credits: 5 };
    assert.equal((await post('/admin/add_credits', nobody)).statusCode, 422);
    const good = { user_id: userId, credits: 5 };
    for (const key of ['', 'k'.repeat(256)]) {
      const reply = await post('/admin/add_credits', good, { 'idempotency-key': key });
      assert.equal(reply.statusCode, 422);
    }
    assert.equal((await post('/admin/add_credits', '{broken')).statusCode, 400);
    assert.deepEqual([creditsOf(userId), creditsOf(other.userId)], [3, 0]);
  });
});

describe('GET /admin/balance', () => {
  test('answers every user with balance and masked key', async () => {
    const { userId, token, shown } = await createUser('listed', 12);
    const { status, total_users, users } = await get('/admin/balance');
    assert.equal(status, 'success');
    assert.equal(total_users, users.length);
    assert.deepEqual(
      users.find((user: { user_id: string }) => user.user_id === userId),
      { user_id: userId, username: 'listed', api_key: shown, credits: 12, is_prepaid: true },
    );
    assert.ok(!JSON.stringify(users).includes(token));
  });
});

describe('GET /admin/monitor', () => {
  test('answers the figures of the day, the users with most tokens, and the newest requests', async () => {
    const own = await openTestEdge();
    const make = async (label: string) => {
      const request = { label, note: null, origin: 'operator', allowUnmetered: true } as const;
      return (await own.accounts.keys.issue(request)).key;
    };
    const [small, large, old] = [await make('small'), await make('large'), await make('old')];
    const charge = { amount: nanos(240_000), held: nanos(240_000), plan: 'flat' };
    await own.record(old, { startedAt: Date.parse('2026-11-19T23:59:59Z'), charge });
    await own.record(small, { charge });
    await own.record(large, { charge });
    await own.record(await make('large'), { charge });
    await own.record(small, { outcome: 'refused', costSource: 'none' });
    const reply = await own.http.instance.inject({ url: '/admin/monitor', headers: OPERATOR });
    const shown = (key: { prefix: string }) => `${key.prefix}...`;
    const { recent_activity: recent, ...data } = reply.json().data;
    assert.equal(reply.json().status, 'success');
    assert.equal(reply.json().timestamp, '2026-11-20T12:00:00.000Z');
    assert.deepEqual(data, {
      total_users: 3,
      active_users_today: 2,
      total_requests_today: 3,
      total_tokens_today: 36,
      total_cost_today: 0.00072,
      top_users_by_usage: [
        {
          user_id: large.userId,
          api_key: data.top_users_by_usage[0].api_key,
          tokens_used: 24,
          cost: 0.00048,
          requests: 2,
        },
        {
          user_id: small.userId,
          api_key: shown(small),
          tokens_used: 12,
          cost: 0.00024,
          requests: 1,
        },
      ],
    });
    assert.equal(recent.length, 4);
    const last = recent.at(-1);
    assert.deepEqual(last, {
      api_key: shown(old),
      model: 'small',
      tokens_used: 12,
      timestamp: '2026-11-19T23:59:59.000Z',
    });
    await own.close();
  });
});

describe('POST /admin/limit', () => {
  const SIX = {
    requests_per_minute: 1,
    requests_per_hour: 2,
    requests_per_day: 3,
    tokens_per_minute: 40,
    tokens_per_hour: 50,
    tokens_per_day: 60,
  };

  test('sets the limits of the user behind a key, and they hold for all keys', async () => {
    const { userId, token, keyId, shown } = await createUser('six');
    const reply = await post('/admin/limit', { api_key: token, rate_limits: SIX });
    assert.equal(reply.statusCode, 200, reply.body);
    assert.deepEqual(reply.json(), { status: 'success', api_key: shown, rate_limits: SIX });
    assert.deepEqual(edge.limits.standing(keyId, userId).limits, SIX);
    assert.deepEqual(edge.limits.standing('vk_another', userId).limits, SIX);
  });

  test('leaves what is not given, and takes null for no limit', async () => {
    const { userId } = await createUser('some');
    const rate_limits = { requests_per_minute: 5, tokens_per_day: null };
    const reply = await post('/admin/limit', { user_id: userId, rate_limits });
    const { requests_per_minute, requests_per_hour, tokens_per_day } = reply.json().rate_limits;
    assert.deepEqual([requests_per_minute, requests_per_hour, tokens_per_day], [5, 1_000, null]);
  });

  test('takes the place of limits that the named key has of its own', async () => {
    const { userId, keyId } = await createUser('own');
    await edge.limits.set('key', keyId, { ...edge.limits.get('user', userId), max_concurrent: 2 });
    const rate_limits = { ...SIX, requests_per_minute: 500 };
    await post('/admin/limit', { api_key: keyId, user_id: null, rate_limits });
    assert.equal(edge.limits.standing(keyId, userId).limits.requests_per_minute, 500);
    assert.equal(edge.limits.get('key', keyId).max_concurrent, 2);
  });

  test('takes nothing of what is not given from a key that has limits of its own', async () => {
    const { userId, keyId } = await createUser('bounded');
    await edge.limits.set('user', userId, NO_LIMITS);
    await edge.limits.set('key', keyId, SEED_DEFAULTS);
    const rate_limits = { requests_per_minute: 5 };
    const reply = await post('/admin/limit', { api_key: keyId, rate_limits });
    const { max_concurrent: _, ...six } = { ...SEED_DEFAULTS, ...rate_limits };
    assert.deepEqual(reply.json().rate_limits, six);
    assert.deepEqual(edge.limits.standing(keyId, userId).limits, six);
  });

  test('refuses what is no limit with 422 and an unknown key with 404; nothing changes', async () => {
    const { userId, keyId } = await createUser('still');
    const before = edge.limits.get('user', userId);
    for (const rate_limits of [
      {},
      { requests_per_minute: -1 },
      { requests_per_minute: 1.5 },
      { requests_per_minute: '60' },
      { tokens_per_day: 1e300 },
      { requests_per_second: 1 },
    ]) {
      const reply = await post('/admin/limit', { api_key: keyId, rate_limits });
      assert.equal(reply.statusCode, 422, JSON.stringify(rate_limits));
    }
    assert.equal((await post('/admin/limit', { rate_limits: SIX })).statusCode, 422);
    const unknown = await post('/admin/limit', { api_key: 'vk_nobody', rate_limits: SIX });
    assert.equal(unknown.statusCode, 404);
    assert.deepEqual(edge.limits.get('user', userId), before);
  });
});
