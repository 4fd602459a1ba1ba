import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { OPERATOR, openTestEdge, type TestEdge } from './edge-for-tests.ts';

describe('what the operator asks of the installation', () => {
  let edge: TestEdge;
  before(async () => {
    edge = await openTestEdge({
      settings: {
        effective: [
          { name: 'PORT', value: '8000', isSecret: false, isSet: true },
          { name: 'ADMIN_TOKEN', value: 'canary', isSecret: true, isSet: true },
          { name: 'PROXY_LOG_PATH', value: null, isSecret: false, isSet: false },
        ],
      },
    });
  });
  after(() => edge.close());

  const get = (url: string, headers: Record<string, string> = {}) =>
    edge.http.instance.inject({ method: 'GET', url, headers });

  test('a ping is answered to anybody', async () => {
    const answer = await get('/ping');
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(answer.json(), { status: 'ok', timestamp: '2026-11-20T12:00:00.000Z' });
  });

  test('the settings are shown to the operator, and no secret to anybody', async () => {
    const answer = await get('/api/settings', OPERATOR);
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(answer.json().data, [
      { name: 'PORT', value: '8000', is_secret: false, is_set: true },
      { name: 'ADMIN_TOKEN', value: null, is_secret: true, is_set: true },
      { name: 'PROXY_LOG_PATH', value: null, is_secret: false, is_set: false },
    ]);
    assert.equal((await get('/api/settings')).statusCode, 401);
  });
});
