import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { credentialsOf, type Headers, PASSWORD, register, speakTo } from './people-for-tests.ts';

let edge: TestEdge;

before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

const post = (url: string, payload: object, headers?: Headers, to = edge) =>
  speakTo(to).post(url, payload, headers);
const get = (url: string, headers?: Headers, to = edge) => speakTo(to).get(url, headers);
const member = () => register(edge);

describe('registering', () => {
  test('gives a member, an access token and a session cookie that scripts cannot read', async () => {
    const email = 'Ann@Example.org';
    const payload = { email, password: PASSWORD, name: 'Ann' };
    const reply = await post('/api/auth/register', payload);
    assert.equal(reply.statusCode, 201);
    const { user, token_type, expires_in } = reply.json();
    assert.deepEqual(
      { email: user.email, name: user.name, role: user.role, token_type, expires_in },
      {
        email: 'ann@example.org',
        name: 'Ann',
        role: 'member',
        token_type: 'bearer',
        expires_in: 1800,
      },
    );
    assert.match(
      String(reply.headers['set-cookie']),
      /^tollkeeper=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    for (const headers of [credentialsOf(reply).cookie, credentialsOf(reply).jwt]) {
      assert.deepEqual((await get('/api/auth/me', headers)).json(), user);
    }
  });

  test('refuses an e-mail that is taken, in whatever case', async () => {
    const { email } = await member();
    const again = await post('/api/auth/register', {
      email: email.toUpperCase(),
      password: PASSWORD,
    });
    assert.deepEqual([again.statusCode, again.json().code], [409, 'conflict']);
  });

  test('of one e-mail by several at once makes one user', async () => {
    const payload = { email: 'many@example.org', password: PASSWORD };
    const replies = await Promise.all([1, 2, 3, 4].map(() => post('/api/auth/register', payload)));
    assert.deepEqual(replies.map(({ statusCode }) => statusCode).sort(), [201, 409, 409, 409]);
  });

  test('refuses what is malformed, and whatever is not asked for', async () => {
    const good = { email: 'x@example.org', password: PASSWORD };
    const CASES = [
      { ...good, email: 'nobody' },
      { ...good, email: `${'a'.repeat(250)}@example.org` },
      { ...good, password: 'short' },
      { ...good, password: 'a'.repeat(1025) },
      { ...good, name: 'two\nlines' },
      { ...good, role: 'admin' },
      { ...good, is_active: true },
      { password: PASSWORD },
      {},
    ];
    for (const payload of CASES) {
      const reply = await post('/api/auth/register', payload);
      assert.equal(reply.statusCode, 422, JSON.stringify(payload));
    }
    assert.equal(edge.accounts.people.find('x@example.org'), null);
  });

  test('never takes over the name that a key was issued to', async () => {
    const label = 'label@example.org';
    const request = { label, note: null, origin: 'operator', allowUnmetered: false } as const;
    const { key } = await edge.accounts.keys.issue(request);
    const reply = await post('/api/auth/register', { email: label, password: PASSWORD });
    assert.notEqual(reply.json().user.id, key.userId);
    assert.equal(reply.json().user.username, `${label} (2)`);
  });

  test('is refused where it is by invitation or closed', async () => {
    for (const registration of ['invite', 'closed'] as const) {
      const other = await openTestEdge({ settings: { registration } });
      const payload = { email: 'x@example.org', password: PASSWORD };
      const reply = await post('/api/auth/register', payload, {}, other);
      assert.deepEqual([reply.statusCode, reply.json().code], [403, 'switched_off']);
      assert.equal((await get('/api/session', {}, other)).json().registration, registration);
      await other.close();
    }
  });
});

describe('signing in', () => {
  test('answers as registration does, with a session of its own', async () => {
    const first = await member();
    const reply = await post('/api/auth/login', { email: first.email, password: PASSWORD });
    assert.equal(reply.statusCode, 200);
    const second = credentialsOf(reply);
    assert.equal(second.id, first.id);
    assert.notEqual(second.cookie.cookie, first.cookie.cookie);
    assert.equal((await get('/api/auth/me', first.jwt)).statusCode, 200);
  });

  test('T40: says the same of an unknown name as of a wrong password', async () => {
    const { email } = await member();
    const wrong = await post('/api/auth/login', { email, password: 'wrong' });
    const unknown = await post('/api/auth/login', { email: 'who@example.org', password: 'wrong' });
    const strip = (reply: LightMyRequestResponse) => ({ ...reply.json(), request_id: null });
    assert.equal(wrong.statusCode, 401);
    assert.equal(wrong.json().code, 'invalid_credentials');
    assert.deepEqual(strip(wrong), strip(unknown));
  });

  test('T39: ends the session that the browser had before, whoever planted it', async () => {
    const planted = await member();
    const victim = await member();
    const payload = { email: victim.email, password: PASSWORD };
    const reply = await post('/api/auth/login', payload, planted.cookie);
    assert.notEqual(credentialsOf(reply).cookie.cookie, planted.cookie.cookie);
    assert.equal((await get('/api/auth/me', planted.cookie)).statusCode, 401);
    assert.equal((await get('/api/auth/me', planted.jwt)).statusCode, 401);
  });

  test('is refused for an account after ten wrong passwords, also with the right one', async () => {
    const { id, email } = await member();
    for (let n = 0; n < 10; n++) {
      const name = n % 2 === 0 ? email : id;
      const reply = await post('/api/auth/login', { email: name, password: 'wrong' });
      assert.equal(reply.statusCode, 401);
    }
    const reply = await post('/api/auth/login', { email, password: PASSWORD });
    assert.deepEqual([reply.statusCode, reply.json().code], [429, 'rate_limited']);
    assert.match(String(reply.headers['retry-after']), /^\d+$/);
  });

  test('T40: with a password of a megabyte is refused before anything is compared', async () => {
    const { email } = await member();
    for (const [length, status] of [
      [1_025, 422],
      [1_048_576, 413],
    ] as const) {
      const reply = await post('/api/auth/login', { email, password: 'x'.repeat(length) });
      assert.equal(reply.statusCode, status);
    }
  });

  test('T40: with the right password is never throttled', async () => {
    const { email } = await member();
    for (let n = 0; n < 15; n++) {
      const reply = await post('/api/auth/login', { email, password: PASSWORD });
      assert.equal(reply.statusCode, 200);
    }
  });
});

describe('signing out', () => {
  test('T38: ends cookie and access token at once, and takes the cookie back', async () => {
    const { cookie, jwt } = await member();
    const reply = await post('/api/auth/logout', {}, cookie);
    assert.deepEqual([reply.statusCode, reply.body], [204, '']);
    assert.match(String(reply.headers['set-cookie']), /^tollkeeper=; Max-Age=0;/);
    for (const headers of [cookie, jwt]) {
      assert.equal((await get('/api/auth/me', headers)).statusCode, 401);
    }
    assert.equal((await post('/api/auth/logout', {}, jwt)).statusCode, 401);
  });
});

describe('a cookie from another site', () => {
  const CASES: readonly (readonly [Headers, number])[] = [
    [{}, 204],
    [{ 'sec-fetch-site': 'same-origin' }, 204],
    [{ 'sec-fetch-site': 'none' }, 204],
    [{ origin: 'http://localhost:80' }, 204],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://localhost:80' }, 403],
    [{ origin: 'http://evil.example' }, 403],
    [{ origin: 'null' }, 403],
  ];
  for (const [headers, status] of CASES) {
    test(`with ${JSON.stringify(headers)} is ${status}`, async () => {
      const { cookie } = await member();
      const reply = await post('/api/auth/logout', {}, { ...cookie, ...headers });
      assert.equal(reply.statusCode, status);
      const still = await get('/api/auth/me', cookie);
      assert.equal(still.statusCode, status === 204 ? 401 : 200);
    });
  }

  test('cannot sign anybody in, and does not matter where the credential is in a header', async () => {
    const { email, jwt } = await member();
    const foreign = { 'sec-fetch-site': 'cross-site' };
    const reply = await post('/api/auth/login', { email, password: PASSWORD }, foreign);
    assert.deepEqual([reply.statusCode, reply.json().code], [403, 'cross_site_request']);
    assert.equal((await post('/api/auth/logout', {}, { ...jwt, ...foreign })).statusCode, 204);
  });
});

describe('a session', () => {
  const HOUR = 3_600_000;
  let now = NOW;
  let own: TestEdge;
  before(async () => {
    own = await openTestEdge({ clock: { now: () => now } });
  });
  after(() => own.close());
  const isOpen = async (headers: Headers) =>
    (await get('/api/auth/me', headers, own)).statusCode === 200;

  test('T38: ends after a day in which nobody came, and its access token after half an hour', async () => {
    const busy = await register(own);
    const idle = await register(own);
    now += HOUR / 2 - 1;
    assert.ok(await isOpen(busy.jwt));
    now += 1;
    assert.ok(!(await isOpen(busy.jwt)));
    for (let hours = 1; hours < 24; hours++) {
      now += HOUR;
      assert.ok(await isOpen(busy.cookie));
    }
    now += HOUR / 2 - 1;
    assert.ok(await isOpen(busy.cookie));
    assert.ok(await isOpen(idle.cookie));
    now += 24 * HOUR;
    assert.ok(!(await isOpen(idle.cookie)));
  });

  test('T38: ends after a week, however busy', async () => {
    const { cookie } = await register(own);
    for (let hours = 1; hours < 7 * 24; hours++) {
      now += HOUR;
      assert.ok(await isOpen(cookie), `after ${hours} hours`);
    }
    now += HOUR;
    assert.ok(!(await isOpen(cookie)));
  });

  test('is shown with the others of its owner, and each can be ended alone', async () => {
    const { get: ask, remove, post: send } = speakTo(own);
    const first = await register(own);
    const payload = { email: first.email, password: PASSWORD };
    const agent = { 'user-agent': 'Browser/1 '.repeat(100) };
    const second = credentialsOf(await send('/api/auth/login', payload, agent));
    const stranger = await register(own);
    const [older, newer] = (await ask('/api/auth/sessions', second.cookie)).json();
    assert.deepEqual([older.current, newer.current], [false, true]);
    assert.equal(newer.ip, '127.0.0.1');
    assert.equal(newer.user_agent.length, 300);
    const url = `/api/auth/sessions/${older.id}`;
    const missing = await remove('/api/auth/sessions/ses_1', null, stranger.cookie);
    const foreign = await remove(url, null, stranger.cookie);
    assert.deepEqual([foreign.statusCode, missing.statusCode], [404, 404]);
    assert.ok(await isOpen(first.cookie));
    assert.equal((await remove(url, null, second.cookie)).statusCode, 204);
    assert.ok(!(await isOpen(first.jwt)));
    assert.ok(await isOpen(second.cookie));
  });
});

describe('a profile', () => {
  test('T46: is called as its owner says, and nothing else of it can be set', async () => {
    const { jwt, id } = await member();
    const { patch } = speakTo(edge);
    assert.equal((await patch('/api/auth/me', { name: 'Ann' }, jwt)).json().name, 'Ann');
    const FIELDS = {
      ...{ id: 'usr_1', username: 'x', email: 'x@example.org', role: 'admin', is_active: false },
      ...{ password: 'x', password_hash: 'x', created_at: 1, updated_at: 1, last_seen_at: 1 },
      ...{ erased_at: 1, user_id: 'usr_1', tenant_id: 'x', is_admin: true, balance: 1 },
      ...{ constructor: {}, prototype: {}, token_hash: 'x', expires_at: 1 },
    };
    const before = edge.accounts.people.find(id);
    for (const [field, value] of Object.entries(FIELDS)) {
      const reply = await patch('/api/auth/me', { name: 'Eve', [field]: value }, jwt);
      assert.ok([400, 422].includes(reply.statusCode), `${field}: ${reply.statusCode}`);
    }
    const raw = { ...jwt, 'content-type': 'application/json' };
    const poisoned = await edge.http.instance.inject({
      ...{ method: 'PATCH', url: '/api/auth/me', headers: raw },
      payload: '{"name":"Eve","__proto__":{"role":"admin"}}',
    });
    assert.equal(poisoned.statusCode, 400);
    assert.deepEqual(
      { ...edge.accounts.people.find(id), lastSeenAt: 0 },
      { ...before, lastSeenAt: 0 },
    );
    assert.equal((await patch('/api/auth/me', { name: null }, jwt)).json().name, null);
  });

  test('T38: changes its password with the current one, and all other sessions end', async () => {
    const first = await member();
    const payload = { email: first.email, password: PASSWORD };
    const second = credentialsOf(await post('/api/auth/login', payload));
    const change = { current_password: PASSWORD, new_password: 'another long one' };
    const wrong = await post('/api/auth/password', { ...change, current_password: 'x' }, first.jwt);
    assert.deepEqual([wrong.statusCode, wrong.json().code], [403, 'forbidden']);
    const done = await post('/api/auth/password', change, first.cookie);
    assert.deepEqual([done.statusCode, done.body], [204, '']);
    assert.equal((await get('/api/auth/me', first.cookie)).statusCode, 200);
    for (const headers of [second.cookie, second.jwt]) {
      assert.equal((await get('/api/auth/me', headers)).statusCode, 401);
    }
    assert.equal((await post('/api/auth/login', payload)).statusCode, 401);
    const anew = { ...payload, password: change.new_password };
    assert.equal((await post('/api/auth/login', anew)).statusCode, 200);
  });
});

test('whoever comes is told who they are and how one comes in', async () => {
  const { id, cookie } = await member();
  const { user, ...rest } = (await get('/api/session', cookie)).json();
  assert.equal(user.id, id);
  const expected = {
    ...{ registration: 'open', intranet_login: false, self_service_keys: false },
    dashboard_public: false,
    ...{ needs_setup: true, version: '1.2.3' },
  };
  assert.deepEqual(rest, { signed_in: true, ...expected });
  for (const headers of [{}, OPERATOR, { cookie: 'tollkeeper=gone' }]) {
    const visit = (await get('/api/session', headers)).json();
    assert.deepEqual(visit, { signed_in: false, user: null, ...expected });
  }
});
