import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { nanos } from '../../../contract/money.ts';
import { UNKNOWN_USAGE } from '../../../contract/usage.ts';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

async function createUser(username: string, initial_credits?: number) {
  const reply = await edge.http.instance.inject({
    method: 'POST',
    url: '/admin/create_user',
    headers: OPERATOR,
    payload: { username, initial_credits },
  });
  assert.equal(reply.statusCode, 200, reply.body);
  const { user_id, api_key } = reply.json() as { user_id: string; api_key: string };
  const keyId = edge.accounts.keys.find(api_key)?.id ?? '';
  return { userId: user_id, token: api_key, keyId, shown: `${api_key.slice(0, 11)}...` };
}

async function ask(url: string, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const reply = await edge.http.instance.inject({ url, headers });
  assert.equal(reply.statusCode, 200, reply.body);
  assert.ok(!reply.body.includes(token));
  return reply.json();
}

const SEED_LIMITS = {
  requests_per_minute: 60,
  requests_per_hour: 1_000,
  requests_per_day: 10_000,
  tokens_per_minute: 10_000,
  tokens_per_hour: 100_000,
  tokens_per_day: 1_000_000,
};
const NO_LIMITS = Object.fromEntries(Object.keys(SEED_LIMITS).map((name) => [name, null]));

describe('GET /user/balance', () => {
  test('answers credits and dollars of the user behind the key', async () => {
    const { userId, token, shown } = await createUser('balance', 1000.5);
    assert.deepEqual(await ask('/user/balance', token), {
      status: 'success',
      user_id: userId,
      api_key: shown,
      credits: 1000.5,
      balance_usd: 0.02001,
      is_prepaid: true,
    });
  });

  test('answers 0 and "not prepaid" for who has no wallet', async () => {
    const { token } = await edge.accounts.keys.issue({
      label: 'metered',
      note: null,
      origin: 'operator',
      allowUnmetered: true,
    });
    const { credits, balance_usd, is_prepaid } = await ask('/user/balance', token);
    assert.deepEqual([credits, balance_usd, is_prepaid], [0, 0, false]);
  });
});

describe('GET /user/monitor', () => {
  test('answers what was charged in total, today and this month, over all keys of the user', async () => {
    const { userId, token, keyId, shown } = await createUser('monitor', 10_000);
    const second = await edge.accounts.keys.issue({
      label: 'monitor',
      note: null,
      origin: 'operator',
      allowUnmetered: false,
    });
    const other = await createUser('somebody else');
    const charge = (amount: number) => ({
      charge: { amount: nanos(amount), held: nanos(amount), plan: 'flat' },
    });
    const at = (iso: string) => ({ startedAt: Date.parse(iso) });
    const mine = { id: keyId, userId };
    await edge.record(mine, charge(240_000));
    await edge.record(mine, { ...charge(240_000), model: 'big', ...at('2026-11-20T00:00:00Z') });
    await edge.record(mine, { ...charge(240_000), ...at('2026-11-19T23:59:59Z') });
    await edge.record(
      { id: second.key.id, userId },
      { charge: null, ...at('2026-11-01T00:00:00Z') },
    );
    await edge.record(mine, { ...charge(240_000), ...at('2026-10-31T23:59:59Z') });
    await edge.record(mine, { outcome: 'refused', costSource: 'none', tokens: UNKNOWN_USAGE });
    await edge.record({ id: other.keyId, userId: other.userId }, charge(1_000_000));
    assert.deepEqual(await ask('/user/monitor', token), {
      status: 'success',
      timestamp: '2026-11-20T12:00:00.000Z',
      user_id: userId,
      api_key: shown,
      current_credits: 10_000,
      usage_metrics: {
        total_requests: 5,
        total_tokens: 60,
        total_cost: 0.00096,
        requests_today: 2,
        tokens_today: 24,
        cost_today: 0.00048,
        requests_this_month: 4,
        tokens_this_month: 48,
        cost_this_month: 0.00072,
        average_tokens_per_request: 12,
        most_used_model: 'small',
        last_request_time: '2026-11-20T12:00:00.000Z',
      },
      rate_limits: SEED_LIMITS,
    });
  });

  test('answers zeros and nulls before the first request', async () => {
    const { token } = await createUser('idle');
    const { usage_metrics: metrics } = await ask('/user/monitor', token);
    assert.equal(metrics.total_requests, 0);
    assert.equal(metrics.total_cost, 0);
    assert.equal(metrics.average_tokens_per_request, 0);
    assert.equal(metrics.most_used_model, null);
    assert.equal(metrics.last_request_time, null);
  });
});

describe('GET /user/limit', () => {
  test('answers the limits, what is used of them, and when each window ends', async () => {
    const { userId, token, keyId, shown } = await createUser('limited');
    edge.limits.admit({ keyId, userId, tokens: 100 });
    const { current_usage: usage, ...rest } = await ask('/user/limit', token);
    assert.deepEqual(rest, {
      status: 'success',
      api_key: shown,
      current_limits: SEED_LIMITS,
      reset_times: {
        minute: new Date(NOW + 60_000).toISOString(),
        hour: '2026-11-20T13:00:00.000Z',
        day: '2026-11-21T00:00:00.000Z',
      },
    });
    assert.deepEqual([usage.allowed, usage.reason], [true, null]);
    assert.equal(usage.used.tokens_per_minute, 100);
    assert.equal(usage.remaining.requests_per_hour, 999);
  });

  test('says what a refused request would be told', async () => {
    const { userId, token, keyId } = await createUser('used up');
    edge.limits.admit({ keyId, userId, tokens: 10_000 });
    let told = '';
    try {
      edge.limits.admit({ keyId, userId, tokens: 1 });
    } catch (error) {
      told = (error as Error).message;
    }
    const { current_usage: usage } = await ask('/user/limit', token);
    assert.deepEqual([usage.allowed, usage.reason], [false, told]);
    assert.match(told, /tokens_per_minute/);
  });

  test('answers null where nothing is limited', async () => {
    const { token } = await edge.accounts.keys.issue({
      label: 'unlimited',
      note: null,
      origin: 'operator',
      allowUnmetered: true,
    });
    assert.deepEqual((await ask('/user/limit', token)).current_limits, NO_LIMITS);
  });
});

for (const url of ['/user/balance', '/user/monitor', '/user/limit']) {
  test(`GET ${url} answers 422 without a key, 401 with a wrong or revoked one, 400 with two`, async () => {
    const asked = (headers: Record<string, string>) => edge.http.instance.inject({ url, headers });
    const without = await asked({});
    assert.equal(without.statusCode, 422);
    assert.equal(without.json().code, 'missing_credential');
    assert.match(String(without.headers['content-type']), /problem\+json/);
    for (const headers of [{ authorization: 'Bearer tk_wrong' }, { 'x-api-key': 'no' }]) {
      const { statusCode } = await asked(headers);
      assert.equal(statusCode, 401);
    }
    const two = await asked({ authorization: 'Bearer a', 'x-api-key': 'b' });
    assert.equal(two.statusCode, 400);
    const { token, keyId } = await createUser(`leaving ${url}`);
    await edge.accounts.keys.revoke(keyId);
    assert.equal((await asked({ 'x-api-key': token })).statusCode, 401);
  });
}
