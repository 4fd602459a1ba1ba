import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN_TOKEN, openTestEdge, type TestEdge } from './edge-for-tests.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge({
    settings: { rateGuard: { perMinute: 60, burst: 3, exempt: ['/health'] } },
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
