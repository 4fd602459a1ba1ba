import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Failure } from '../../failure.ts';
import type { Caller, Callers } from '../callers.ts';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { type Headers, type Person, register, speakTo } from './people-for-tests.ts';

let now = NOW;
let edge: TestEdge;
let callers: Callers;
let ann: Person;
let ben: Person;

before(async () => {
  edge = await openTestEdge({
    clock: { now: () => now },
    v1: (_scope, given) => {
      callers = given;
      return undefined;
    },
  });
  ann = await register(edge);
  ben = await register(edge);
});
after(() => edge.close());

async function issue(headers: Headers, body: object = { name: 'grafana' }) {
  const reply = await speakTo(edge).post('/api/tokens', body, headers);
  assert.equal(reply.statusCode, 201, reply.body);
  return reply.json();
}

const list = async (headers: Headers) =>
  (await speakTo(edge).get('/api/tokens', headers)).json().data;
const revoke = (id: string, headers: Headers) =>
  speakTo(edge).remove(`/api/tokens/${id}`, null, headers);

/** Whom a reading call meets, or the code of the refusal. */
async function reader(headers: Headers, guard: 'reader' | 'member' = 'reader') {
  try {
    return await callers[guard]({ headers, cookies: {}, protocol: 'http' });
  } catch (error) {
    assert.ok(error instanceof Failure);
    return error.code;
  }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('a token is shown once, and afterwards only by its ends', async () => {
  const issued = await issue(ann.cookie);
  assert.match(issued.token, /^tkr_[0-9A-Za-z]{49}$/);
  const { token, ...rest } = issued;
  const listed = await speakTo(edge).get('/api/tokens', ann.jwt);
  assert.ok(!listed.body.includes(token));
  const masked = `${token.slice(0, 11)}...${token.slice(-4)}`;
  const more = { masked, user_id: ann.id, last_used_at: null };
  assert.deepEqual(listed.json().data, [{ ...rest, ...more }]);
  assert.equal((await revoke(issued.id, ann.jwt)).statusCode, 204);
});

test('T45: it reads with the eyes of its owner, in any header, and opens nothing else', async () => {
  const { token } = await issue(ann.cookie);
  const expected: Caller = { kind: 'member', userId: ann.id };
  const everywhere: Headers[] = [bearer(token), { 'x-api-key': token }, { 'x-admin-token': token }];
  for (const headers of everywhere) {
    assert.deepEqual(await reader(headers), expected);
    assert.equal(await reader(headers, 'member'), 'forbidden');
    for (const url of ['/api/tokens', '/api/auth/me', '/admin/balance']) {
      assert.equal((await speakTo(edge).get(url, headers)).statusCode, 403, url);
    }
    assert.notEqual((await speakTo(edge).get('/user/balance', headers)).statusCode, 200);
  }
  const used = (await list(ann.cookie)).find((one: { last_used_at: unknown }) => one.last_used_at);
  assert.equal(used.last_used_at, new Date(NOW).toISOString());
  const nearly = token.slice(0, -1) + (token.endsWith('x') ? 'y' : 'x');
  assert.equal(await reader(bearer(nearly)), 'invalid_api_key');
  assert.equal(await reader({ ...bearer(token), 'x-api-key': 'other' }), 'conflicting_credentials');
});

describe('whose it is', () => {
  test('a member sees and revokes their own; another one looks missing', async () => {
    const { id, token } = await issue(ann.jwt);
    assert.ok(!(await list(ben.jwt)).some((one: { id: string }) => one.id === id));
    const foreign = await revoke(id, ben.jwt);
    const missing = await revoke('tok_1', ben.jwt);
    const strip = (text: string) => text.replace(/req_\w+/, '');
    assert.deepEqual([foreign.statusCode, missing.statusCode], [404, 404]);
    assert.equal(strip(foreign.body), strip(missing.body));
    assert.notEqual(await reader(bearer(token)), 'invalid_api_key');
    assert.equal((await revoke(id, ann.jwt)).statusCode, 204);
    assert.equal(await reader(bearer(token)), 'invalid_api_key');
  });

  test('the admin token makes one for the installation, and sees all', async () => {
    const { id, token } = await issue(OPERATOR);
    assert.deepEqual(await reader(bearer(token)), { kind: 'operator', userId: null });
    const all = await list(OPERATOR);
    assert.ok(all.some((one: { user_id: string | null }) => one.user_id === ann.id));
    assert.equal(all.find((one: { id: string }) => one.id === id).user_id, null);
    assert.equal((await revoke(id, ann.jwt)).statusCode, 404);
  });
});

test('T44: it sees what its owner may see at that moment, and nothing once the account is off', async () => {
  const owner = await register(edge);
  const { token } = await issue(owner.jwt);
  const change = (what: object) => speakTo(edge).patch(`/api/users/${owner.id}`, what, OPERATOR);
  const { id: userId } = owner;
  await change({ role: 'admin' });
  await speakTo(edge).patch(`/api/users/${ann.id}`, { role: 'admin' }, OPERATOR);
  assert.deepEqual(await reader(bearer(token)), { kind: 'operator', userId });
  await change({ role: 'member' });
  assert.deepEqual(await reader(bearer(token)), { kind: 'member', userId });
  await change({ is_active: false });
  assert.equal(await reader(bearer(token)), 'invalid_api_key');
  await speakTo(edge).patch(`/api/users/${owner.id}`, { is_active: true, role: 'admin' }, OPERATOR);
  await speakTo(edge).patch(`/api/users/${ann.id}`, { role: 'member' }, OPERATOR);
});

test('it ends when it expires, and cannot be born expired', async () => {
  const expires_at = new Date(now + 1000).toISOString();
  const { token } = await issue(ann.jwt, { name: 'short', expires_at });
  assert.notEqual(await reader(bearer(token)), 'invalid_api_key');
  now += 1000;
  assert.equal(await reader(bearer(token)), 'invalid_api_key');
  const beyond = '9999-12-31T23:59:59-05:00';
  for (const wrong of [expires_at, beyond, 'tomorrow', 5, '2026-13-01T00:00:00Z']) {
    const body = { name: 'x', expires_at: wrong };
    const reply = await speakTo(edge).post('/api/tokens', body, ann.jwt);
    assert.equal(reply.statusCode, 422);
  }
});

test('T44: distinct tokens never mean the same, however alike they look', async () => {
  const tokens = await Promise.all(
    Array.from({ length: 30 }, (_, n) => issue(n % 2 === 0 ? ann.jwt : ben.jwt)),
  );
  for (const [n, { token }] of tokens.entries()) {
    const owner = n % 2 === 0 ? ann.id : ben.id;
    assert.deepEqual(await reader(bearer(token)), { kind: 'member', userId: owner });
    for (const other of [token.slice(0, 20), `${token} `.trim() + token, token.toLowerCase()]) {
      assert.equal(await reader(bearer(other)), 'invalid_api_key');
    }
  }
});
