import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OPERATOR, openTestEdge, type TestEdge } from './edge-for-tests.ts';
import { type Headers, PASSWORD, register, speakTo } from './people/people-for-tests.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

interface Entry {
  readonly actor: string;
  readonly user_id: string | null;
  readonly action: string;
  readonly subject: string | null;
  readonly status: number;
  readonly ip: string;
}

async function entries(query = ''): Promise<Entry[]> {
  return (await speakTo(edge).get(`/api/audit${query}`, OPERATOR)).json().data;
}

/** The newest entry, without its id, time and request. */
async function last(): Promise<object> {
  const [{ actor, user_id, action, subject, status, ip } = assert.fail()] =
    await entries('?limit=1');
  return { actor, user_id, action, subject, status, ip };
}

test('every act is on record with who did it, about what, and how it ended', async () => {
  const { post, patch, remove } = speakTo(edge);
  const ip = '127.0.0.1';
  const { id, email, cookie } = await register(edge);
  const action = 'POST /api/auth/register';
  const oneself = { actor: 'person', user_id: id, subject: id, ip };
  assert.deepEqual(await last(), { ...oneself, action, status: 201 });

  await post('/api/auth/login', { email, password: 'wrong' });
  const login = { ...oneself, action: 'POST /api/auth/login' };
  assert.deepEqual(await last(), { ...login, actor: 'nobody', user_id: null, status: 401 });
  await post('/api/auth/login', { email, password: PASSWORD });
  assert.deepEqual(await last(), { ...login, status: 200 });

  const token = (await post('/api/tokens', { name: 'x' }, cookie)).json();
  const person = { actor: 'person', user_id: id, ip };
  const issue = { ...person, action: 'POST /api/tokens', subject: token.id, status: 201 };
  assert.deepEqual(await last(), issue);
  await remove(`/api/tokens/${token.id}`, null, cookie);
  assert.deepEqual(await last(), { ...issue, action: 'DELETE /api/tokens/:id', status: 204 });

  await patch(`/api/users/${id}`, { role: 'admin' }, cookie);
  const change = { action: 'PATCH /api/users/:id', subject: id, ip };
  assert.deepEqual(await last(), { ...person, ...change, status: 403 });
  await patch(`/api/users/${id}`, { role: 'admin' }, OPERATOR);
  assert.deepEqual(await last(), { actor: 'operator', user_id: null, ...change, status: 200 });
  await post('/api/auth/logout', {}, cookie);
  const out = { ...person, action: 'POST /api/auth/logout', subject: null, status: 204 };
  assert.deepEqual(await last(), out);
});

test('what reads, and what a mistake came to, is not on record', async () => {
  const before = (await entries()).length;
  const { cookie } = await register(edge);
  await speakTo(edge).get('/api/auth/me', cookie);
  await speakTo(edge).get('/api/auth/me');
  await speakTo(edge).post('/api/tokens', {}, cookie);
  await speakTo(edge).patch('/api/tokens', {}, cookie);
  assert.equal((await entries()).length, before + 1);
});

test('a key that a path names by its secret is never written down', async () => {
  const { token } = (await speakTo(edge).post('/admin/keys', { label: 'ann' }, OPERATOR)).json();
  await speakTo(edge).post(`/admin/keys/${token}/revoke`, {}, OPERATOR);
  const [entry] = await entries('?limit=1');
  assert.equal(entry?.action, 'POST /admin/keys/:key/revoke');
  assert.ok(!(await edge.everythingStored()).includes(token));
});

test('the list is narrowed to an act, a thing, a kind of things and a time, and a file has the same', async () => {
  const { post, remove, get } = speakTo(edge);
  const { id, cookie } = await register(edge);
  const token = (await post('/api/tokens', { name: 'x' }, cookie)).json();
  await post('/api/virtual-keys', { name: 'k' }, cookie);
  await remove(`/api/tokens/${token.id}`, null, cookie);
  const actions = async (query: string) =>
    (await entries(`?user_id=${id}&${query}`)).map(({ action }) => action);
  const taken = 'DELETE /api/tokens/:id';
  assert.deepEqual(await actions(`subject=${token.id}`), [taken, 'POST /api/tokens']);
  assert.deepEqual(await actions('kind=api_token'), [taken, 'POST /api/tokens']);
  assert.deepEqual(await actions('kind=virtual_key'), ['POST /api/virtual-keys']);
  assert.deepEqual(await actions(`kind=api_token&action=${encodeURIComponent(taken)}`), [taken]);
  assert.deepEqual(await actions('kind=provider_key'), []);
  // With the registration, which was their own act.
  assert.equal((await actions('start=2026-11-20&end=2026-11-20')).length, 4);
  assert.deepEqual(await actions('start=2026-11-21'), []);
  assert.deepEqual(await actions('end=2026-11-19'), []);
  assert.deepEqual(await actions('end=2026-11-20T12:00:00Z'), []);
  const known = (await get('/api/audit/actions', OPERATOR)).json().data;
  assert.deepEqual(known, known.toSorted());
  assert.ok(known.includes(taken) && known.includes('POST /api/virtual-keys'));

  const query = `/api/audit?user_id=${id}&kind=api_token`;
  const shown = (await get(query, OPERATOR)).json().data;
  const { username } = (await get('/api/auth/me', cookie)).json();
  assert.deepEqual(
    shown.map(({ user }: { user: string }) => user),
    [username, username],
  );
  assert.deepEqual((await get(`${query}&format=json`, OPERATOR)).json(), shown);
  assert.deepEqual(
    shown.map(({ summary }: { summary: string }) => summary),
    ['Revoke an API token', 'Issue an API token'],
  );
  const file = await get(`${query}&format=csv`, OPERATOR);
  const lines = file.body.trim().split('\r\n');
  assert.equal(lines[0], 'id,at,actor,user_id,user,action,subject,status,ip,request_id,summary');
  assert.equal(lines.length, 3);
  assert.match(String(file.headers['content-disposition']), /audit\.csv/);
  const backwards = 'start=2026-11-20&end=2026-11-19';
  for (const wrong of ['kind=moon', 'start=yesterday', 'format=xml', backwards]) {
    assert.equal((await get(`/api/audit?${wrong}`, OPERATOR)).statusCode, 422, wrong);
  }
});

test('the list goes page by page, for one person or one kind of act, to the operator alone', async () => {
  const { id, cookie } = await register(edge);
  const headers: Headers = cookie;
  for (let n = 0; n < 5; n++) await speakTo(edge).post('/api/tokens', { name: 'x' }, headers);
  const mine = await entries(`?user_id=${id}`);
  // With the registration.
  assert.equal(mine.length, 6);
  assert.equal((await entries(`?user_id=${id}&action=DELETE%20/api/tokens/:id`)).length, 0);
  const pages: Entry[] = [];
  for (let cursor = ''; ; ) {
    const url = `/api/audit?user_id=${id}&limit=2${cursor}`;
    const page = (await speakTo(edge).get(url, OPERATOR)).json();
    pages.push(...page.data);
    if (!page.pagination.has_more) break;
    cursor = `&cursor=${page.pagination.next_cursor}`;
  }
  assert.deepEqual(pages, mine);
  assert.equal((await speakTo(edge).get('/api/audit', cookie)).statusCode, 403);
});
