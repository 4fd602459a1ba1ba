import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { make } from '../access-table-for-tests.ts';
import { OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { PASSWORD, type Person, register, speakTo } from './people-for-tests.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

const leave = ({ email, cookie }: Person, change: object = {}) =>
  speakTo(edge).remove('/api/auth/me', { password: PASSWORD, confirm: email, ...change }, cookie);

async function usersCounted(): Promise<number[]> {
  const { get } = speakTo(edge);
  const balances = (await get('/admin/balance', OPERATOR)).json();
  assert.equal(balances.users.length, balances.total_users);
  return [balances.total_users, (await get('/admin/monitor', OPERATOR)).json().data.total_users];
}

test('an account is deleted only with its password and its e-mail typed once more', async () => {
  const person = await register(edge);
  const CASES = [
    [{ password: 'wrong' }, 403, 'forbidden'],
    [{ confirm: 'other@example.org' }, 422, 'validation_failed'],
    [{ confirm: undefined }, 422, 'validation_failed'],
    [{ password: undefined }, 422, 'validation_failed'],
  ] as const;
  for (const [change, status, code] of CASES) {
    const reply = await leave(person, change);
    assert.deepEqual([reply.statusCode, reply.json().code], [status, code]);
  }
  assert.equal((await speakTo(edge).get('/api/auth/me', person.cookie)).statusCode, 200);
});

test('a deleted account leaves no secret and nothing personal, and its books under a pseudonym', async () => {
  const { get, post } = speakTo(edge);
  const email = 'zebra-person@example.org';
  const payload = { email, password: PASSWORD, name: 'Zebra Person' };
  const came = await post('/api/auth/register', payload, { 'user-agent': 'zebra-browser' });
  const cookie = { cookie: String(came.headers['set-cookie']).split(';', 1)[0] ?? '' };
  const jwt = { authorization: `Bearer ${came.json().access_token}` };
  const { id } = came.json().user;
  const person = { id, email, cookie, jwt };
  const issued = await post('/api/virtual-keys', { name: 'zebra-key', note: 'zebra-note' }, cookie);
  const token = (await post('/api/tokens', { name: 'zebra-token' }, cookie)).json();
  const providerKey = await make(edge, 'provider key', person);
  const described = { description: 'zebra of my own' };
  const { patch } = speakTo(edge);
  assert.equal((await patch(`/api/keys/${providerKey}`, described, cookie)).statusCode, 200);
  const credit = { kind: 'credit', amount_usd: '3.5', reason: 'gift' };
  assert.equal((await post(`/api/wallets/${id}/entries`, credit, OPERATOR)).statusCode, 201);
  await edge.record({ id: issued.json().id, userId: id });

  await edge.accounts.preferences.write(id, { zebra: 'view' });

  const countedBefore = await usersCounted();
  const reply = await leave(person);
  assert.deepEqual([reply.statusCode, reply.body], [204, '']);
  assert.deepEqual(
    await usersCounted(),
    countedBefore.map((count) => count - 1),
  );
  assert.match(String(reply.headers['set-cookie']), /^tollkeeper=; Max-Age=0/);
  for (const headers of [cookie, jwt]) {
    assert.equal((await get('/api/auth/me', headers)).statusCode, 401);
  }
  assert.equal((await post('/api/auth/login', { email, password: PASSWORD })).statusCode, 401);
  assert.equal(edge.accounts.keys.authenticate(issued.json().secret), null);
  assert.equal(edge.accounts.tokens.authenticate(token.token), null);
  assert.equal(edge.providerKeys.find(providerKey)?.isActive ?? false, false);
  assert.throws(() => edge.providerKeys.use({ id: providerKey }, (secret) => secret));

  const traces = (await edge.everythingStored()).match(/.{0,200}zebra.{0,40}/g);
  assert.deepEqual(traces, null);
  const acts: { action: string; ip: string | null }[] = (
    await get(`/api/audit?user_id=${id}`, OPERATOR)
  ).json().data;
  assert.equal(acts[0]?.action, 'DELETE /api/auth/me');
  assert.deepEqual(
    acts.filter(({ ip }) => ip !== null),
    [],
  );
  const { username } = edge.accounts.people.find(id) ?? assert.fail();
  assert.equal(username, `deleted_${id.slice(4)}`);
  const statement = (await get(`/api/wallets/${id}/entries`, OPERATOR)).json();
  assert.equal(statement.data[0].amount_usd, '3.5');
  const usage = (await get(`/admin/usage/${issued.json().id}`, OPERATOR)).json();
  assert.deepEqual([usage.label, usage.requests], [username, 1]);
  const listed = (await get('/api/users?limit=1000', OPERATOR)).body;
  assert.ok(!listed.includes(id));
  // The address is free for somebody new, who is somebody else.
  const anew = await post('/api/auth/register', { email, password: PASSWORD });
  assert.notEqual(anew.json().user.id, id);
});

test('nothing is given to the pseudonym that a deleted account left', async () => {
  const { post } = speakTo(edge);
  const person = await register(edge);
  const [key] = await Promise.all([
    post('/api/virtual-keys', { name: 'k' }, person.cookie),
    post('/admin/add_credits', { user_id: person.id, credits: 5 }, OPERATOR),
  ]);
  assert.equal((await leave(person)).statusCode, 204);
  const { username } = edge.accounts.people.find(person.id) ?? assert.fail();
  for (const [url, body, status] of [
    ['/admin/keys', { label: username }, 409],
    ['/admin/add_credits', { user_id: person.id, credits: 5 }, 404],
    ['/admin/add_credits', { api_key: key.json().id, credits: 5 }, 404],
    ['/admin/limit', { user_id: username, rate_limits: { requests_per_day: 5 } }, 404],
  ] as const) {
    const reply = await post(url, body, OPERATOR);
    assert.equal(reply.statusCode, status, `${url} ${reply.body}`);
  }
});

test('the only admin cannot leave, and two of them are not both let go', async (t) => {
  const own = await openTestEdge();
  t.after(() => own.close());
  const [first, second] = [await register(own), await register(own)];
  for (const { id } of [first, second]) {
    await speakTo(own).patch(`/api/users/${id}`, { role: 'admin' }, OPERATOR);
  }
  const go = ({ email, cookie }: Person) =>
    speakTo(own).remove('/api/auth/me', { password: PASSWORD, confirm: email }, cookie);
  const both = await Promise.all([go(first), go(second)]);
  assert.deepEqual(both.map(({ statusCode }) => statusCode).sort(), [204, 409]);
});
