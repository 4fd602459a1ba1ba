import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { credentialsOf, type Headers, PASSWORD, register, speakTo } from './people-for-tests.ts';

const DAY = 86_400_000;
let now = NOW;
let edge: TestEdge;
before(async () => {
  edge = await openTestEdge({
    clock: { now: () => now },
    settings: { registration: 'invite', intranetLogin: true },
  });
});
after(() => edge.close());

const post = (url: string, payload: object, headers: Headers = {}) =>
  speakTo(edge).post(url, payload, headers);
const me = async (headers: Headers) =>
  (await speakTo(edge).get('/api/auth/me', headers)).statusCode;

async function invite(of: object = {}) {
  const reply = await post('/api/invitations', of, OPERATOR);
  assert.equal(reply.statusCode, 201, reply.body);
  return reply.json();
}

const person = (email: string, invitation: string) => ({ email, password: PASSWORD, invitation });

describe('the set-up link', () => {
  test('T41: makes the first admin, who is an operator, and is dead afterwards', async () => {
    const own = await openTestEdge();
    const { get, post: send } = speakTo(own);
    const token = own.accounts.entrance.setUpToken() ?? assert.fail();
    const owner = { email: 'owner@example.org', password: PASSWORD };
    assert.equal((await get('/api/session')).json().needs_setup, true);
    const wrong = await send('/api/setup', { ...owner, token: `${token}x` });
    assert.deepEqual([wrong.statusCode, wrong.json().code], [404, 'not_found']);
    const both = await Promise.all([
      send('/api/setup', { ...owner, token }),
      send('/api/setup', { ...owner, email: 'other@example.org', token }),
    ]);
    assert.deepEqual(both.map(({ statusCode }) => statusCode).sort(), [201, 404]);
    const made = both.find(({ statusCode }) => statusCode === 201) ?? assert.fail();
    assert.equal(made.json().user.role, 'admin');
    assert.equal((await get('/admin/balance', credentialsOf(made).cookie)).statusCode, 200);
    assert.equal((await send('/api/setup', { ...owner, token })).statusCode, 404);
    assert.equal((await get('/api/session')).json().needs_setup, false);
    assert.equal(own.accounts.entrance.setUpToken(), null);
    await own.close();
  });

  test('gives the role to an account that is there already, if its password is right', async () => {
    const own = await openTestEdge();
    const { post: send } = speakTo(own);
    const { email, id, cookie } = await register(own);
    const token = own.accounts.entrance.setUpToken() ?? assert.fail();
    const wrong = await send('/api/setup', { email, password: 'wrong one', token });
    assert.equal(wrong.statusCode, 401);
    const made = await send('/api/setup', { email, password: PASSWORD, token });
    assert.deepEqual([made.json().user.id, made.json().user.role], [id, 'admin']);
    // The role counts at once, also for a session from before.
    assert.equal((await speakTo(own).get('/admin/balance', cookie)).statusCode, 200);
    await own.close();
  });
});

describe('an invitation', () => {
  test('lets one person register, once', async () => {
    const { url, token, expires_at } = await invite();
    assert.equal(url, `http://localhost:80/register#invitation=${token}`);
    assert.equal(Date.parse(expires_at), now + 7 * DAY);
    const alone = await post('/api/auth/register', { email: 'a@example.org', password: PASSWORD });
    assert.deepEqual([alone.statusCode, alone.json().code], [403, 'switched_off']);
    const both = await Promise.all(
      ['a', 'b'].map((name) => post('/api/auth/register', person(`${name}@example.org`, token))),
    );
    assert.equal(both.filter(({ statusCode }) => statusCode === 201).length, 1);
    const late = await post('/api/auth/register', person('c@example.org', token));
    assert.deepEqual([late.statusCode, late.json().code], [404, 'not_found']);
  });

  test('can be for one address, for an admin, and not for ever', async () => {
    const { token } = await invite({ email: 'Boss@example.org', role: 'admin' });
    const other = await post('/api/auth/register', person('eve@example.org', token));
    assert.deepEqual([other.statusCode, other.json().code], [422, 'validation_failed']);
    const boss = await post('/api/auth/register', person('boss@example.org', token));
    assert.equal(boss.json().user.role, 'admin');
    const old = await invite();
    now += 7 * DAY;
    const late = await post('/api/auth/register', person('late@example.org', old.token));
    assert.equal(late.statusCode, 404);
  });

  test('is made by the operator alone, also without a body, and by nobody where registration is closed', async () => {
    const bare = { method: 'POST', url: '/api/invitations', headers: OPERATOR } as const;
    const { token } = (await edge.http.instance.inject(bare)).json();
    const empty = { email: null, role: null };
    assert.equal((await post('/api/invitations', empty, OPERATOR)).statusCode, 201);
    const reply = await post('/api/auth/register', person('plain@example.org', token));
    const { cookie } = credentialsOf(reply);
    assert.equal((await post('/api/invitations', {}, cookie)).statusCode, 403);
    const closed = await openTestEdge({ settings: { registration: 'closed' } });
    const refused = await speakTo(closed).post('/api/invitations', {}, OPERATOR);
    assert.deepEqual([refused.statusCode, refused.json().code], [403, 'switched_off']);
    await closed.close();
  });
});

describe('a reset link', () => {
  test('T41: sets a password once, and ends all sessions', async () => {
    const { token } = await invite();
    const email = 'forgetful@example.org';
    const reply = await post('/api/auth/register', person(email, token));
    const { id, cookie, jwt } = credentialsOf(reply);
    const links = [];
    for (let n = 0; n < 2; n++) {
      const made = await post(`/api/users/${id}/reset-link`, {}, OPERATOR);
      assert.equal(made.statusCode, 201);
      links.push(made.json());
    }
    const [first, second] = links;
    assert.equal(first.url, `http://localhost:80/login#reset=${first.token}`);
    const reset = { token: first.token, new_password: 'quite another one' };
    assert.equal((await post('/api/auth/reset', { ...reset, new_password: 'x' })).statusCode, 422);
    assert.equal((await post('/api/auth/reset', reset)).statusCode, 204);
    assert.deepEqual([await me(cookie), await me(jwt)], [401, 401]);
    for (const used of [first, second]) {
      const again = await post('/api/auth/reset', { ...reset, token: used.token });
      assert.equal(again.statusCode, 404);
    }
    assert.equal((await post('/api/auth/login', { email, password: PASSWORD })).statusCode, 401);
    const anew = { email, password: reset.new_password };
    assert.equal((await post('/api/auth/login', anew)).statusCode, 200);
  });

  test('gives a first password to somebody who only had a key, who signs in by name', async () => {
    const request = {
      label: 'robot',
      note: null,
      origin: 'operator',
      allowUnmetered: false,
    } as const;
    const { key } = await edge.accounts.keys.issue(request);
    const { token } = (await post(`/api/users/${key.userId}/reset-link`, {}, OPERATOR)).json();
    await post('/api/auth/reset', { token, new_password: PASSWORD });
    const reply = await post('/api/auth/login', { email: 'robot', password: PASSWORD });
    assert.equal(reply.json().user.id, key.userId);
    assert.equal((await post('/api/users/usr_1/reset-link', {}, OPERATOR)).statusCode, 404);
    assert.equal((await post('/api/users/robot/reset-link', {}, OPERATOR)).statusCode, 404);
  });

  test('is no invitation, and an invitation is no reset link', async () => {
    const { token } = await invite();
    const reset = await post('/api/auth/reset', { token, new_password: PASSWORD });
    assert.equal(reset.statusCode, 404);
  });
});

describe('signing in by name alone', () => {
  const byName = (username: string, headers: Headers = {}) => post('/login', { username }, headers);

  test('gives a signed cookie that is worth nothing when it is changed, copied back or signed out', async () => {
    const reply = await byName('ann the first');
    assert.equal(reply.statusCode, 200);
    assert.deepEqual(
      [reply.json().user.username, reply.json().user.role],
      ['ann the first', 'member'],
    );
    assert.match(String(reply.headers['set-cookie']), /^proxy_username=ann%20the%20first\.ses_/);
    const { cookie, jwt } = credentialsOf(reply);
    assert.deepEqual([await me(cookie), await me(jwt)], [200, 200]);
    const forged = cookie.cookie.replace('first', 'second');
    for (const wrong of [forged, `${cookie.cookie}x`, 'proxy_username=ann', 'proxy_username=..']) {
      assert.equal(await me({ cookie: wrong }), 401, wrong);
    }
    assert.equal((await byName('ann the first')).json().user.id, reply.json().user.id);
    assert.equal((await post('/api/auth/logout', {}, cookie)).statusCode, 204);
    assert.deepEqual([await me(cookie), await me(jwt)], [401, 401]);
  });

  test('never opens an account that has a password, also when it comes later', async () => {
    const early = await byName('bob');
    const { id, cookie, jwt } = credentialsOf(early);
    const { token } = (await post(`/api/users/${id}/reset-link`, {}, OPERATOR)).json();
    await post('/api/auth/reset', { token, new_password: PASSWORD });
    assert.deepEqual([await me(cookie), await me(jwt)], [401, 401]);
    const late = await byName('bob');
    assert.deepEqual([late.statusCode, late.json().code], [403, 'forbidden']);
  });

  test('takes the e-mail of somebody with a password, in any case, for their name', async () => {
    const { token } = await invite();
    await post('/api/auth/register', person('cora@example.org', token));
    for (const name of ['cora@example.org', 'Cora@Example.ORG']) {
      assert.equal((await byName(name)).statusCode, 403, name);
    }
  });

  test('never opens the account of an admin, whose name anybody could say', async () => {
    const early = await byName('chief');
    const { id, cookie, jwt } = credentialsOf(early);
    const rank = { role: 'admin' };
    assert.equal((await speakTo(edge).patch(`/api/users/${id}`, rank, OPERATOR)).statusCode, 200);
    assert.deepEqual([await me(cookie), await me(jwt)], [401, 401]);
    assert.equal((await byName('chief')).statusCode, 403);
  });

  test('is refused where it is switched off', async () => {
    const own = await openTestEdge();
    const reply = await speakTo(own).post('/login', { username: 'ann' });
    assert.deepEqual([reply.statusCode, reply.json().code], [403, 'switched_off']);
    await own.close();
  });
});

describe('users in the hands of the operator', () => {
  const users = async (query = '') =>
    (await speakTo(edge).get(`/api/users${query}`, OPERATOR)).json();
  const change = (id: string, what: object) =>
    speakTo(edge).patch(`/api/users/${id}`, what, OPERATOR);

  test('are listed by pages and found by a part of their names', async () => {
    await speakTo(edge).post(
      '/admin/create_user',
      { username: 'rich%_one', email: 'rich@example.org', initial_credits: 100 },
      OPERATOR,
    );
    const { data } = await users('?q=%25_ONE');
    assert.equal(data.length, 1);
    const { id, created_at, ...rest } = data[0];
    assert.match(`${id} ${created_at}`, /^usr_\w+ 2026/);
    assert.deepEqual(rest, {
      ...{ username: 'rich%_one', email: 'rich@example.org', name: null, role: 'member' },
      ...{ is_active: true, has_password: false, has_wallet: true, is_prepaid: true },
      ...{ balance_usd: '0.002', credits: 100, keys: 1, last_seen_at: null },
      ...{ spend_usd: null, requests: null },
    });
    const all = (await users()).data;
    const pages = [];
    for (let cursor = ''; ; ) {
      const page = await users(`?limit=2${cursor}`);
      pages.push(...page.data);
      if (!page.pagination.has_more) break;
      cursor = `&cursor=${page.pagination.next_cursor}`;
    }
    assert.deepEqual(pages, all);
    assert.deepEqual(await users('?limit=1&format=json'), all);
    const file = await speakTo(edge).get('/api/users?q=%25_ONE&format=csv', OPERATOR);
    const [head = '', row = ''] = file.body.split('\r\n');
    assert.deepEqual(head.split(','), Object.keys(all[0]));
    assert.match(row, /,rich%_one,rich@example\.org,,member,/);
  });

  test('T38: who is switched off has no session, key or token any more, until switched on', async () => {
    const reply = await post(
      '/api/auth/register',
      person('off@example.org', (await invite()).token),
    );
    const { id, cookie, jwt } = credentialsOf(reply);
    const issued = await post('/api/tokens', { name: 'x' }, cookie);
    const request = { label: 'off@example.org', note: null, origin: 'operator' } as const;
    const { token } = await edge.accounts.keys.issue({ ...request, allowUnmetered: false });
    const opens = () => [
      edge.accounts.keys.authenticate(token) !== null,
      edge.accounts.tokens.authenticate(issued.json().token) !== null,
    ];
    assert.deepEqual(opens(), [true, true]);
    assert.equal((await change(id, { is_active: false })).json().is_active, false);
    assert.deepEqual([await me(cookie), await me(jwt)], [401, 401]);
    assert.deepEqual(opens(), [false, false]);
    const login = { email: 'off@example.org', password: PASSWORD };
    assert.equal((await post('/api/auth/login', login)).statusCode, 401);
    await change(id, { is_active: true });
    assert.deepEqual(opens(), [true, true]);
    assert.equal(await me(cookie), 401);
    assert.equal((await post('/api/auth/login', login)).statusCode, 200);
  });

  test('T44: keep at least one admin, whose role counts at once', async () => {
    const own = await openTestEdge();
    const { get, patch } = speakTo(own);
    const [first, second] = [await register(own), await register(own)];
    const rank = (id: string, role: string) => patch(`/api/users/${id}`, { role }, OPERATOR);
    assert.equal((await get('/api/users', first.jwt)).statusCode, 403);
    assert.equal((await rank(first.id, 'admin')).json().role, 'admin');
    assert.equal((await get('/api/users', first.jwt)).statusCode, 200);
    for (const what of [{ role: 'member' }, { is_active: false }]) {
      const last = await patch(`/api/users/${first.id}`, what, first.jwt);
      assert.deepEqual([last.statusCode, last.json().code], [409, 'conflict']);
    }
    await rank(second.id, 'admin');
    assert.equal((await rank(first.id, 'member')).statusCode, 200);
    assert.equal((await get('/api/users', first.jwt)).statusCode, 403);
    await own.close();
  });

  test('are put in order by what they spent, and each comes once over all pages', async () => {
    const own = await openTestEdge();
    const people = [await register(own), await register(own), await register(own)];
    const key = (userId: string) => ({ id: `vk_${userId}`, userId });
    for (const [index, { id }] of people.entries()) {
      for (let n = 0; n < index; n++) await own.record(key(id));
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const url = `/api/users?sort=-spend&start=2026-11-01&limit=1${cursor}`;
      const page = (await speakTo(own).get(url, OPERATOR)).json();
      for (const { id, spend_usd, requests } of page.data)
        seen.push(`${id} ${spend_usd} ${requests}`);
      cursor = page.pagination.has_more ? `&cursor=${page.pagination.next_cursor}` : '';
    } while (cursor !== '');
    assert.deepEqual(
      seen,
      people.map(({ id }, n) => `${id} ${['0', '0.000021', '0.000042'][n]} ${n}`).reverse(),
    );
    await own.close();
  });

  test('whatever they are called, each comes once over all pages', async () => {
    const own = await openTestEdge();
    const { get, post } = speakTo(own);
    const long = ['名', '字'].map((letter) => letter.repeat(128));
    for (const username of ['a"b', 'a#b', 'a\\b', '"a"', '7', ...long]) {
      await post('/admin/create_user', { username }, OPERATOR);
    }
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = (await get(`/api/users?sort=name&limit=1${cursor}`, OPERATOR)).json();
      seen.push(...page.data.map(({ username }: { username: string }) => username));
      if (!page.pagination.has_more) break;
      cursor = `&cursor=${page.pagination.next_cursor}`;
    }
    assert.deepEqual(seen.slice(0, 5), ['"a"', '7', 'a"b', 'a#b', 'a\\b']);
    assert.deepEqual(seen.slice(5).sort(), long.sort());
    await own.close();
  });

  test('are deleted for good, their keys with them, but never by themselves', async () => {
    const own = await openTestEdge();
    const { get, remove, patch } = speakTo(own);
    const [chief, other] = [await register(own), await register(own)];
    await patch(`/api/users/${chief.id}`, { role: 'admin' }, OPERATOR);
    const self = await remove(`/api/users/${chief.id}`, null, chief.cookie);
    assert.deepEqual([self.statusCode, self.json().code], [409, 'conflict']);
    const last = await remove(`/api/users/${chief.id}`, null, OPERATOR);
    assert.deepEqual([last.statusCode, last.json().code], [409, 'conflict']);
    assert.equal((await remove(`/api/users/${other.id}`, null, chief.cookie)).statusCode, 204);
    assert.equal((await get('/api/auth/me', other.cookie)).statusCode, 401);
    const { data } = (await get('/api/users', OPERATOR)).json();
    assert.deepEqual(
      data.map(({ id }: { id: string }) => id),
      [chief.id],
    );
    assert.equal((await remove(`/api/users/${other.id}`, null, OPERATOR)).statusCode, 404);
    assert.ok(!(await own.everythingStored()).includes(other.email));
    await own.close();
  });

  test('cannot be given anything else', async () => {
    const { data } = await users('?limit=1');
    for (const what of [{}, { role: 'owner' }, { email: 'x@example.org' }, { is_active: 1 }]) {
      assert.equal((await change(data[0].id, what)).statusCode, 422, JSON.stringify(what));
    }
    assert.equal((await change('usr_1', { role: 'admin' })).statusCode, 404);
  });
});
