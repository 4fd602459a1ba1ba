import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { register, speakTo } from '../people/people-for-tests.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

const URL = '/api/virtual-keys';

test('a file has all keys of a filter, whatever fits on a page; a member has their own', async () => {
  const { get, post } = speakTo(edge);
  const ella = await register(edge);
  const limits = { requests_per_minute: 7 };
  const budget = { amount_usd: '2.5', period: 'week' };
  const rules = { models: ['gpt-4*', 'o3'], limits, budget };
  const issued = await post(URL, { user_id: ella.id, name: '=1+1', ...rules }, OPERATOR);
  await post(URL, { user_id: ella.id, name: 'other' }, OPERATOR);
  const somebody = { username: 'somebody else', user_id: null, allow_unmetered: null };
  assert.equal((await post(URL, somebody, OPERATOR)).statusCode, 201);
  const found = `${URL}?user_id=${ella.id}&limit=1`;
  const file = (await get(`${found}&format=json`, OPERATOR)).json();
  assert.deepEqual((await get(`${URL}?format=json`, ella.cookie)).json(), file);
  const [other, bounded] = file;
  assert.deepEqual([other.name, other.budget_usd, other.models], ['other', null, null]);
  const { name, models, requests_per_minute, budget_usd, budget_period } = bounded;
  assert.deepEqual(
    [name, models, requests_per_minute, budget_usd, budget_period],
    ['=1+1', 'gpt-4* o3', 7, '2.5', 'week'],
  );
  const csv = (await get(`${found}&format=csv`, OPERATOR)).body;
  const [head = '', , row = ''] = csv.split('\r\n');
  assert.deepEqual(Object.keys(bounded).sort(), head.split(',').sort());
  assert.match(row, /,'=1\+1,/);
  assert.ok(!csv.includes(issued.json().secret));
  assert.equal((await get(`${URL}?format=xml`, OPERATOR)).statusCode, 422);
});

test('keys are put in order by name or last use, page by page, each once', async () => {
  const { get, post } = speakTo(edge);
  const sam = await register(edge);
  for (const name of ['beta', 'Alpha', 'gamma', 'delta']) {
    await post(URL, { user_id: sam.id, name }, OPERATOR);
  }
  const names = async (sort: string, limit: number): Promise<string[]> => {
    const found: string[] = [];
    for (let cursor = ''; ; ) {
      const { data, pagination } = (
        await get(`${URL}?sort=${sort}&limit=${limit}${cursor}`, sam.cookie)
      ).json();
      found.push(...data.map(({ name }: { name: string }) => name));
      if (!pagination.has_more) return found;
      cursor = `&cursor=${pagination.next_cursor}`;
    }
  };
  const byName = ['Alpha', 'beta', 'delta', 'gamma'];
  for (const limit of [1, 2, 3, 50]) {
    assert.deepEqual(await names('name', limit), byName);
    assert.deepEqual(await names('-name', limit), byName.toReversed());
    assert.deepEqual(await names('created', limit), ['beta', 'Alpha', 'gamma', 'delta']);
    // None was used: what is left is the order in which they were made.
    assert.deepEqual(await names('-used', limit), ['delta', 'gamma', 'Alpha', 'beta']);
  }
  const foreign = (await post(URL, { username: 'a stranger' }, OPERATOR)).json();
  for (const wrong of ['sort=size', 'cursor=vk_nowhere', `cursor=${foreign.id}`]) {
    assert.equal((await get(`${URL}?${wrong}`, sam.cookie)).statusCode, 422, wrong);
  }
});
