import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '../../id.ts';
import { OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { register, speakTo } from '../people/people-for-tests.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

const walletOf = async (id: string) =>
  (await speakTo(edge).get(`/api/wallets/${id}`, OPERATOR)).json();
const change = (id: string, what: object) =>
  speakTo(edge).patch(`/api/wallets/${id}`, what, OPERATOR);
const book = (id: string, amount_usd: string, kind = 'credit') =>
  speakTo(edge).post(
    `/api/wallets/${id}/entries`,
    { kind, amount_usd, reason: 'a test' },
    OPERATOR,
  );

test('who never had a wallet is metered by the plan of the installation and owes nothing', async () => {
  const { id, email } = await register(edge);
  const { limits, limit_use, ...rest } = await walletOf(id);
  assert.deepEqual(rest, {
    ...{ user_id: id, username: email, has_wallet: false, kind: 'metered' },
    ...{ plan: 'flat', is_own_plan: false, flat_usd_per_mtok: '20' },
    ...{ markup: 1, is_own_markup: false },
    ...{ balance_usd: '0', held_usd: '0', available_usd: null, credits: 0 },
    ...{ budget: null, key_budgets: [] },
  });
  assert.deepEqual(new Set(Object.values(limits)), new Set([null]));
  assert.equal(limit_use.used.requests_per_day, 0);
});

test('plan, limits and budget are changed one by one, and what is left out stays', async () => {
  const { id } = await register(edge);
  await book(id, '5');
  const order = { plan: 'cost', markup: 1.25, limits: { requests_per_day: 9 } };
  assert.equal((await change(id, order)).statusCode, 200);
  const budget = { amount_usd: '2', period: 'day', zone: 'Europe/Rome' };
  const found = (await change(id, { budget })).json();
  assert.deepEqual(
    [found.kind, found.plan, found.markup, found.limits.requests_per_day, found.available_usd],
    ['prepaid', 'cost', 1.25, 9, '5'],
  );
  assert.equal(found.budget.remaining_usd, '2');
  assert.equal(edge.ledger.budgetsOf('user', id).length, 1);
  const back = (await change(id, { plan: null, markup: null, budget: null, limits: null })).json();
  assert.deepEqual(
    [back.is_own_plan, back.is_own_markup, back.budget, back.limits.requests_per_day],
    [false, false, null, null],
  );
  assert.equal(back.balance_usd, '5');
});

test('a budget that is set again keeps what was spent of it', async () => {
  const { id } = await register(edge);
  await change(id, { budget: '1' });
  const [budget] = edge.ledger.budgetsOf('user', id);
  const request = newId('req');
  const accounts = { wallet: null, budgets: [budget?.id ?? assert.fail()] };
  edge.ledger.hold({ id: request, amount: 400_000_000 as never, ...accounts });
  await edge.storage.commit([...edge.ledger.settle(request, 400_000_000 as never).writes]);
  const found = (await change(id, { budget: '3' })).json();
  assert.deepEqual([found.budget.spent_usd, found.budget.remaining_usd], ['0.4', '2.6']);
});

test('what is held is shown and cannot be spent twice', async () => {
  const { id } = await register(edge);
  await book(id, '1');
  const accounts = edge.ledger.accountsOf({ userId: id, keyId: 'vk_1' });
  edge.ledger.hold({ id: newId('req'), amount: 250_000_000 as never, ...accounts });
  const found = await walletOf(id);
  assert.deepEqual([found.balance_usd, found.held_usd, found.available_usd], ['1', '0.25', '0.75']);
});

test('to make somebody prepaid closes what cannot be metered to the keys they have', async () => {
  const request = { label: 'late', note: null, origin: 'operator', allowUnmetered: true } as const;
  const { key } = await edge.accounts.keys.issue(request);
  assert.equal((await change(key.userId, { kind: 'prepaid' })).json().kind, 'prepaid');
  assert.equal(edge.accounts.keys.find(key.id)?.allowUnmetered, false);
});

test('each line of a statement has the balance after it, on every page and beyond a snapshot', async () => {
  const { id } = await register(edge);
  for (const amount of ['1', '2', '3', '4', '5']) {
    await book(id, amount);
    if (amount === '3') for (const _ of [1, 2]) await edge.ledger.snapshot();
  }
  const balances: string[] = [];
  let cursor = '';
  do {
    const url = `/api/wallets/${id}/entries?limit=2${cursor}`;
    const { data, pagination } = (await speakTo(edge).get(url, OPERATOR)).json();
    balances.push(...data.map(({ balance_usd }: { balance_usd: string }) => balance_usd));
    cursor = pagination.has_more ? `&cursor=${encodeURIComponent(pagination.next_cursor)}` : '';
  } while (cursor !== '');
  assert.deepEqual(balances, ['15', '10', '6', '3', '1']);
});

test('a member sees their own wallet and statement, and changes neither', async () => {
  const { get, patch, post } = speakTo(edge);
  const [ann, ben] = [await register(edge), await register(edge)];
  await book(ann.id, '2');
  assert.equal((await get(`/api/wallets/${ann.id}`, ann.cookie)).json().balance_usd, '2');
  const { data } = (await get(`/api/wallets/${ann.id}/entries`, ann.cookie)).json();
  assert.equal(data[0].balance_usd, '2');
  assert.equal((await get(`/api/wallets/${ann.id}`, ben.cookie)).statusCode, 404);
  assert.equal(
    (await patch(`/api/wallets/${ann.id}`, { kind: 'metered' }, ann.cookie)).statusCode,
    403,
  );
  const gift = { kind: 'credit', amount_usd: '1', reason: 'mine' };
  assert.equal((await post(`/api/wallets/${ann.id}/entries`, gift, ann.cookie)).statusCode, 403);
});

test('a change that cannot be is refused by its field and changes nothing', async () => {
  const { id } = await register(edge);
  const before = await walletOf(id);
  const wrong = [
    {},
    { kind: 'rich' },
    { plan: 'free' },
    { markup: -1 },
    { markup: 1.0000001 },
    { limits: { requests_per_day: -1 } },
    { budget: '-1' },
    { budget: { amount_usd: '1', period: 'day', zone: 'Mars/Olympus' } },
    { balance_usd: '9' },
  ];
  for (const what of wrong) {
    assert.equal((await change(id, what)).statusCode, 422, JSON.stringify(what));
  }
  assert.deepEqual(await walletOf(id), before);
});
