import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN_TOKEN, openTestEdge, type TestEdge } from './edge-for-tests.ts';
import { register, speakTo } from './people/people-for-tests.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge({
    settings: {
      rateGuard: {
        ...{ perMinute: 60, burst: 3, exempt: ['/health'] },
        reading: { requests: 2, seconds: 60 },
      },
    },
  });
});
after(() => edge.close());

const call = (url: string, headers: Record<string, string> = {}) =>
  edge.http.instance.inject({ url, headers });

test('a caller who is too fast gets 429 with the wait, and others are not touched', async () => {
  const anonymous = [];
  for (let i = 0; i < 4; i++) anonymous.push(await call('/models/simple'));
  assert.deepEqual(
    anonymous.map(({ statusCode }) => statusCode),
    [200, 200, 200, 429],
  );
  const refused = anonymous[3] ?? assert.fail();
  assert.equal(refused.json().code, 'rate_limited');
  assert.ok(Number(refused.headers['retry-after-ms']) > 0);
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  const operator = await call('/reports/data', { 'x-admin-token': ADMIN_TOKEN });
  assert.equal(operator.statusCode, 200);
});

test('paths that are exempt are never counted', async () => {
  for (let i = 0; i < 10; i++) assert.equal((await call('/health')).statusCode, 200);
});

test('a wrong credential names nobody: guessing many empties the bucket of the address', async () => {
  for (let i = 0; i < 3; i++) await call('/reports/data', { 'x-admin-token': `guess ${i}` });
  const next = await call('/reports/data', { 'x-admin-token': 'guess 4' });
  assert.equal(next.statusCode, 429);
});

test('a virtual key is measured by itself, under whichever header it comes', async () => {
  const rules = { label: 'ann', note: null, origin: 'operator', allowUnmetered: false } as const;
  const { token } = await edge.accounts.keys.issue(rules);
  // The bucket of the address is emptied first: whoever else is there shares it.
  for (let i = 0; i < 4; i++) await call('/models/simple');
  const statuses = [];
  for (const headers of [{ 'api-key': token }, { 'x-api-key': token }, { 'api-key': token }]) {
    statuses.push((await call('/user/balance', headers)).statusCode);
  }
  assert.deepEqual(statuses, [200, 200, 200]);
  assert.equal((await call('/user/balance', { 'x-api-key': token })).statusCode, 429);
});

test('the public statistics count by themselves, and say in each answer what is left', async () => {
  const { token } = await edge.accounts.tokens.issue({ userId: null, name: 'x', expiresAt: null });
  const read = () => call('/api/v1/nothing', { authorization: `Bearer ${token}` });
  const replies = [await read(), await read(), await read()];
  assert.deepEqual(
    replies.map(({ headers }) => headers['ratelimit']),
    ['"default";r=1;t=60', '"default";r=0;t=60', '"default";r=0;t=60'],
  );
  for (const { headers } of replies)
    assert.equal(headers['ratelimit-policy'], '"default";q=2;w=60');
  const last = replies[2] ?? assert.fail();
  assert.deepEqual([last.statusCode, last.json().code], [429, 'rate_limited']);
  assert.equal(last.headers['retry-after'], '60');
  const other = await call('/api/v1/nothing', { 'x-admin-token': ADMIN_TOKEN });
  assert.equal(other.statusCode, 404);
});

test('the public statistics count under every spelling of their address', async () => {
  const { token } = await edge.accounts.tokens.issue({ userId: null, name: 'y', expiresAt: null });
  const { headers } = await call('/api/%76%31/stats', { authorization: `Bearer ${token}` });
  assert.equal(headers['ratelimit'], '"default";r=1;t=60');
});

test('whoever is signed in is not measured by the rate of programs', async () => {
  const own = await openTestEdge({
    settings: {
      rateGuard: {
        ...{ perMinute: 1, burst: 1, exempt: [] },
        reading: { requests: 1, seconds: 60 },
      },
    },
  });
  const { cookie } = await register(own);
  for (let i = 0; i < 20; i++) {
    assert.equal((await speakTo(own).get('/api/auth/me', cookie)).statusCode, 200);
  }
  await own.close();
});
