import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

let userId: string;
let token: string;
let made = 0;
beforeEach(async () => {
  made += 1;
  const payload = { username: `user ${made}`, initial_credits: 100 };
  const reply = await edge.http.instance.inject({
    method: 'POST',
    url: '/admin/create_user',
    headers: OPERATOR,
    payload,
  });
  ({ user_id: userId, api_key: token } = reply.json());
});

async function book(payload: object, headers: Record<string, string> = {}, whom = userId) {
  return await edge.http.instance.inject({
    method: 'POST',
    url: `/api/wallets/${whom}/entries`,
    headers: { ...OPERATOR, ...headers },
    payload,
  });
}

async function statement(query = '') {
  return await edge.http.instance.inject({
    url: `/api/wallets/${userId}/entries${query}`,
    headers: OPERATOR,
  });
}

describe('POST /api/wallets/{user_id}/entries', () => {
  test('books each kind, to the nano-dollar, by user or key', async () => {
    // A hundred credits are $0.002.
    const CASES = [
      ['credit', '0.000000001', '0.002000001'],
      ['debit', 0.001, '0.001000001'],
      ['refund', '0.5', '0.501000001'],
      ['correction', '-0.000000001', '0.501'],
    ] as const;
    for (const [kind, amount_usd, balance] of CASES) {
      const whom = kind === 'debit' ? token : userId;
      const reply = await book({ kind, amount_usd, reason: 'a test' }, {}, whom);
      assert.equal(reply.statusCode, 201, reply.body);
      const { entry_id, balance_usd, balance_credits } = reply.json();
      assert.match(entry_id, /^le_/);
      assert.equal(balance_usd, balance);
      assert.equal(balance_credits, Math.round(Number(balance) * 1e9) / 20_000);
    }
  });

  test('T5: fifty at once with one idempotency key book once and all get the same answer', async () => {
    const entry = { kind: 'credit', amount_usd: '1', reason: 'paid' };
    const header = { 'idempotency-key': `payment ${made}` };
    const replies = await Promise.all(Array.from({ length: 50 }, () => book(entry, header)));
    const bodies = new Set(replies.map(({ statusCode, body }) => `${statusCode} ${body}`));
    assert.equal(bodies.size, 1);
    assert.equal(replies[0]?.json().balance_usd, '1.002');
    assert.equal(edge.ledger.balance(userId)?.balance, 1_002_000_000);
    const other = await book({ ...entry, amount_usd: '2' }, header);
    assert.deepEqual([other.statusCode, other.json().code], [422, 'idempotency_conflict']);
  });

  test('a debit that does not fit is 402 with the figures, and books nothing', async () => {
    const reply = await book({ kind: 'debit', amount_usd: '0.002000001', reason: 'too much' });
    assert.equal(reply.statusCode, 402);
    assert.deepEqual(reply.json().refusal, {
      rule: 'wallet',
      scope: 'user',
      balance: '0.002',
      held: '0',
      needed: '0.002000001',
      limit: null,
      reset: null,
    });
    assert.equal(edge.ledger.balance(userId)?.balance, 2_000_000);
  });

  test('a credit opens a wallet for a user without one; other kinds are 404 there', async () => {
    const { key } = await edge.accounts.keys.issue({
      label: `metered ${made}`,
      note: null,
      origin: 'operator',
      allowUnmetered: true,
    });
    const entry = { amount_usd: 1, reason: 'first' };
    assert.equal((await book({ ...entry, kind: 'refund' }, {}, key.userId)).statusCode, 404);
    assert.equal((await book({ ...entry, kind: 'credit' }, {}, key.userId)).statusCode, 201);
    assert.equal((await book({ ...entry, kind: 'credit' }, {}, 'usr_nobody')).statusCode, 404);
  });

  test('refuses wrong entries with 422 and books nothing', async () => {
    const good = { kind: 'credit', amount_usd: '1', reason: 'why' };
    const changes = [
      { kind: 'gift' },
      { kind: 'charge' },
      { amount_usd: 0 },
      { amount_usd: '-1' },
      { amount_usd: '0.0000000001' },
      { amount_usd: 0.1 + 0.2 },
      { amount_usd: '1e3' },
      { amount_usd: 'much' },
      { amount_usd: '99999999999' },
      { amount_usd: 1e300 },
      { amount_usd: null },
      { reason: ' ' },
      { reason: 'r'.repeat(501) },
      { note: 'unknown' },
    ];
    for (const change of changes) {
      const reply = await book({ ...good, ...change });
      assert.equal(reply.statusCode, 422, `${JSON.stringify(change)}: ${reply.body}`);
      const [field] = Object.keys(change);
      // What is not known belongs to no field.
      if (field !== 'note') assert.equal(reply.json().errors?.[0]?.field, field, reply.body);
    }
    assert.equal(edge.ledger.balance(userId)?.balance, 2_000_000);
  });
});

describe('GET /api/wallets/{user_id}/entries', () => {
  test('pages through all entries, the newest first, each once', async () => {
    for (const n of [1, 2, 3, 4]) {
      const entry = { kind: 'credit', amount_usd: n, reason: `no. ${n}`, request_id: `req_${n}` };
      assert.equal((await book(entry)).statusCode, 201);
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const reply = await statement(`?limit=2${after}`);
      assert.equal(reply.statusCode, 200, reply.body);
      const { user_id, data, pagination } = reply.json();
      assert.equal(user_id, userId);
      assert.equal(pagination.limit, 2);
      assert.equal(pagination.has_more, pagination.next_cursor !== null);
      for (const entry of data)
        seen.push(`${entry.amount_usd} ${entry.reason} ${entry.request_id}`);
      cursor = pagination.next_cursor;
    }
    assert.deepEqual(seen.toSorted(), [
      '0.002 initial credits null',
      '1 no. 1 req_1',
      '2 no. 2 req_2',
      '3 no. 3 req_3',
      '4 no. 4 req_4',
    ]);
  });

  test('answers 404 where there is no user or wallet, and 422 for a wrong page', async () => {
    const { key } = await edge.accounts.keys.issue({
      label: `none ${made}`,
      note: null,
      origin: 'operator',
      allowUnmetered: true,
    });
    for (const whom of ['usr_nobody', key.userId]) {
      const url = `/api/wallets/${whom}/entries`;
      const reply = await edge.http.instance.inject({ url, headers: OPERATOR });
      assert.equal(reply.statusCode, 404);
    }
    for (const query of ['?limit=0', '?limit=501', '?limit=x', '?cursor=nonsense', '?page=2']) {
      assert.equal((await statement(query)).statusCode, 422, query);
    }
  });
});
