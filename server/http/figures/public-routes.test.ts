import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';

describe('self-service switched off', () => {
  let edge: TestEdge;
  before(async () => {
    edge = await openTestEdge();
  });
  after(() => edge.close());

  test('refuses both calls with 403, whatever the body', async () => {
    for (const payload of [{ username: 'ann' }, {}]) {
      const reply = await edge.http.instance.inject({
        method: 'POST',
        url: '/public/keys',
        payload,
      });
      assert.equal(reply.statusCode, 403);
      assert.equal(reply.json().code, 'switched_off');
    }
    const list = await edge.http.instance.inject({ url: '/public/keys/ann' });
    assert.equal(list.statusCode, 403);
  });
});

describe('self-service switched on', () => {
  let edge: TestEdge;
  let now = NOW;
  before(async () => {
    edge = await openTestEdge({ settings: { selfServiceKeys: true }, clock: { now: () => now } });
  });
  after(() => edge.close());

  const ask = (payload: object) =>
    edge.http.instance.inject({ method: 'POST', url: '/public/keys', payload });

  test('issues a key that is shown once, then lists it by its first and last four characters', async () => {
    const issued = await ask({ username: 'Ann Ω/?#', note: 'laptop' });
    assert.equal(issued.statusCode, 201);
    const { id, token, ...rest } = issued.json();
    assert.deepEqual(rest, { username: 'Ann Ω/?#', note: 'laptop' });

    const url = `/public/keys/${encodeURIComponent('Ann Ω/?#')}`;
    const list = await edge.http.instance.inject({ url });
    assert.equal(list.statusCode, 200);
    assert.equal(list.headers['cache-control'], 'no-store');
    assert.deepEqual(list.json(), {
      username: 'Ann Ω/?#',
      keys: [
        {
          id,
          masked: `${token.slice(0, 4)}...${token.slice(-4)}`,
          note: 'laptop',
          created_at: '2026-11-20T12:00:00.000Z',
        },
      ],
    });
    assert.ok(!list.body.includes(token));
  });

  test('lists no key that opens nothing: switched off, expired, revoked, or of a user who is switched off', async () => {
    const username = 'closer';
    const ids: string[] = [];
    for (let count = 0; count < 4; count++) ids.push((await ask({ username })).json().id);
    const [off, late, gone, open] = ids;
    const listed = async () => {
      const { keys } = (
        await edge.http.instance.inject({ url: `/public/keys/${username}` })
      ).json();
      return keys.map(({ id }: { id: string }) => id);
    };
    const act = (method: 'PATCH' | 'DELETE', url: string, payload?: object) =>
      edge.http.instance.inject({ method, url, headers: OPERATOR, ...(payload && { payload }) });
    await act('PATCH', `/api/virtual-keys/${off}`, { is_active: false });
    const soon = new Date(now + 1_000).toISOString();
    await act('PATCH', `/api/virtual-keys/${late}`, { expires_at: soon });
    await act('DELETE', `/api/virtual-keys/${gone}`);
    assert.deepEqual(await listed(), [late, open]);
    now += 1_000;
    assert.deepEqual(await listed(), [open]);
    const { userId } = edge.accounts.keys.find(open ?? '') ?? assert.fail();
    await act('PATCH', `/api/users/${userId}`, { is_active: false });
    assert.deepEqual(await listed(), []);
    const another = await ask({ username });
    assert.deepEqual([another.statusCode, another.json().code], [403, 'forbidden']);
  });

  test('bounds a key by the default limits and a monthly budget of its own', async () => {
    const { id } = (await ask({ username: 'bounded' })).json();
    const key = edge.accounts.keys.find(id);
    const userId = key?.userId ?? '';
    assert.equal(key?.allowUnmetered, false);
    const { limits } = edge.limits.standing(id, userId);
    assert.deepEqual(limits, {
      requests_per_minute: 60,
      requests_per_hour: 1_000,
      requests_per_day: 10_000,
      tokens_per_minute: 10_000,
      tokens_per_hour: 100_000,
      tokens_per_day: 1_000_000,
    });
    const { budgets } = edge.ledger.accountsOf({ userId, keyId: id });
    assert.equal(budgets.length, 1);
    const [budget] = edge.ledger.budgets().filter(({ scopeId }) => scopeId === id);
    assert.deepEqual([budget?.limit, budget?.period], [5_000_000_000, 'month']);
  });

  test('issues no key to the name of somebody whose credits it would spend', async () => {
    await edge.http.instance.inject({
      method: 'POST',
      url: '/admin/create_user',
      headers: OPERATOR,
      payload: { username: 'rich', initial_credits: 5 },
    });
    const reply = await ask({ username: 'rich' });
    assert.equal(reply.statusCode, 403);
    assert.equal(reply.json().code, 'forbidden');
    assert.equal(edge.accounts.keys.activeOf('rich')?.length, 1);
  });

  test('issues no key to the name of somebody with a password', async () => {
    const { user } = (
      await edge.http.instance.inject({
        method: 'POST',
        url: '/api/auth/register',
        payload: { email: 'person@example.org', password: 'correct horse battery' },
      })
    ).json();
    const username = edge.accounts.people.find(user.id)?.username ?? '';
    for (const name of [username, 'Person@Example.ORG']) {
      const reply = await ask({ username: name });
      assert.deepEqual([reply.statusCode, reply.json().code], [403, 'forbidden'], name);
    }
    assert.deepEqual(edge.accounts.keys.activeOf(username), []);
    assert.equal(edge.accounts.keys.activeOf('Person@Example.ORG'), null);
  });

  test('finds a name of 128 characters however long its encoding', async () => {
    const username = '€'.repeat(128);
    await ask({ username });
    const list = await edge.http.instance.inject({
      url: `/public/keys/${encodeURIComponent(username)}`,
    });
    assert.equal(list.json().keys.length, 1);
  });

  test('answers 404 for a name that nobody has', async () => {
    const reply = await edge.http.instance.inject({ url: '/public/keys/nobody' });
    assert.equal(reply.statusCode, 404);
  });

  test('answers 422 for a body without a name or with a field that it does not know', async () => {
    assert.equal((await ask({})).statusCode, 422);
    assert.equal((await ask({ username: 'a', allow_unmetered: true })).statusCode, 422);
  });
});
