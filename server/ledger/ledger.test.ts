import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { newId } from '../id.ts';
import type { Post } from './ledger.ts';
import { budget, fund, NOON, openStage, type Stage } from './ledger-for-tests.ts';

let stage: Stage;

beforeEach(async () => {
  stage = await openStage();
});

afterEach(() => stage.close());

const credit = (change: Partial<Post> = {}): Post => ({
  account: 'usr_1',
  amount: nanos(500),
  kind: 'credit',
  reason: 'a payment',
  idempotencyKey: 'payment 1',
  ...change,
});

const balanceOf = (account: string) => stage.ledger.balance(account)?.balance;

async function afterWatermark() {
  return stage.storage.db
    .selectFrom('ledger_entries')
    .select('id')
    .where('id', '>', (c) => c.selectFrom('ledger_watermark').select('through_id'))
    .execute();
}

async function run(sql: string): Promise<void> {
  await stage.storage.commit([{ sql, parameters: [] }]);
}

test('T5: fifty parallel posts of one payment, and one later, and one after a restart, credit it once', async () => {
  await fund(stage.ledger, 'usr_1', 100);
  const answers = await Promise.all(Array.from({ length: 50 }, () => stage.ledger.post(credit())));
  answers.push(await stage.ledger.post(credit()));
  await stage.reopen();
  answers.push(await stage.ledger.post(credit()));
  assert.equal(new Set(answers.map(({ entryId }) => entryId)).size, 1);
  assert.deepEqual(new Set(answers.map(({ balance }) => balance)), new Set([600]));
  assert.equal(balanceOf('usr_1'), 600);
});

test('T6: an idempotency key that was used for something else is refused, at once and later', async () => {
  await fund(stage.ledger, 'usr_1', 100);
  await fund(stage.ledger, 'usr_2', 0);
  const others = [
    credit({ amount: nanos(501) }),
    credit({ account: 'usr_2' }),
    credit({ kind: 'refund' }),
    credit({ reason: 'another payment' }),
    credit({ requestId: 'req_1' }),
  ];
  const first = stage.ledger.post(credit());
  for (const other of others)
    await assert.rejects(stage.ledger.post(other), { code: 'idempotency_conflict' });
  await first;
  for (const other of others)
    await assert.rejects(stage.ledger.post(other), { code: 'idempotency_conflict' });
  assert.deepEqual([balanceOf('usr_1'), balanceOf('usr_2')], [600, 0]);
});

test('a credit is spendable when it is durable and not before; a debit is held from its first moment', async () => {
  const { ledger } = stage;
  await fund(ledger, 'usr_1', 100);
  const accounts = { wallet: 'usr_1', budgets: [] };
  const credited = ledger.post(credit());
  assert.equal(ledger.cover(accounts), 100);
  await credited;
  assert.equal(ledger.cover(accounts), 600);
  const debited = ledger.post(credit({ kind: 'debit', idempotencyKey: null }));
  assert.equal(ledger.cover(accounts), 100);
  assert.throws(() => ledger.hold({ id: 'req_1', amount: nanos(101), ...accounts }));
  await assert.rejects(
    ledger.post(credit({ kind: 'debit', amount: nanos(101), idempotencyKey: null })),
    {
      code: 'insufficient_quota',
    },
  );
  assert.equal((await debited).balance, 100);
  assert.equal(ledger.cover(accounts), 100);
});

test('posts under way at once are answered with the balance that each of them leads to', async () => {
  await fund(stage.ledger, 'usr_1', 100);
  const amounts = [1, -2, 4, -8];
  const posted = await Promise.all(
    amounts.map((n) => {
      const kind = n < 0 ? 'debit' : 'credit';
      return stage.ledger.post(
        credit({ kind, amount: nanos(Math.abs(n)), idempotencyKey: `${n}` }),
      );
    }),
  );
  // Each looks for its repetition first, and any of them may be answered first.
  const steps = new Map<number, number>(
    posted.map(({ balance }, i) => [balance - (amounts[i] ?? 0), balance]),
  );
  let balance = 100;
  for (const _step of amounts) balance = steps.get(balance) ?? Number.NaN;
  assert.equal(balance, 95);
});

test('refunds and corrections are booked with their reason and request; only a correction may be negative', async () => {
  const { ledger } = stage;
  await fund(ledger, 'usr_1', 100);
  const post = (change: Partial<Post>) => ledger.post(credit({ idempotencyKey: null, ...change }));
  await post({ kind: 'refund', amount: nanos(7), requestId: 'req_7' });
  await post({ kind: 'correction', amount: nanos(-300), reason: 'credited twice' });
  assert.equal(balanceOf('usr_1'), -193);
  const { entries } = await ledger.statement('usr_1', { limit: 9 });
  const [correction, refund] = entries.toSorted((a, b) => a.amount - b.amount);
  assert.deepEqual(
    [correction?.kind, correction?.amount, correction?.reason],
    ['correction', -300, 'credited twice'],
  );
  assert.deepEqual([refund?.kind, refund?.requestId], ['refund', 'req_7']);
});

test('what cannot be booked is refused with the field at fault and changes nothing', async () => {
  await fund(stage.ledger, 'usr_1', 100);
  const wrong: readonly [Partial<Post>, string | undefined][] = [
    [{ amount: nanos(0) }, 'amount'],
    [{ amount: nanos(-5) }, 'amount'],
    [{ amount: 1.5 as never }, 'amount'],
    [{ kind: 'debit', amount: nanos(-5) }, 'amount'],
    [{ reason: '  ' }, 'reason'],
    [{ reason: 'x'.repeat(501) }, 'reason'],
    [{ idempotencyKey: '' }, 'idempotency_key'],
  ];
  for (const [change, param] of wrong) {
    await assert.rejects(stage.ledger.post(credit(change)), {
      code: 'validation_failed',
      details: { param, sentence: `The ${param} cannot be booked.` },
    });
  }
  await assert.rejects(stage.ledger.post(credit({ amount: nanos(Number.MAX_SAFE_INTEGER) })), {
    code: 'validation_failed',
    message: /nine million dollars/,
  });
  await assert.rejects(stage.ledger.post(credit({ account: 'usr_9' })), { code: 'not_found' });
  assert.equal(balanceOf('usr_1'), 100);
});

test('wallets and budgets that make no sense are refused', async () => {
  const { ledger } = stage;
  const wallet = { userId: 'usr_1', kind: 'prepaid', plan: null, markupPpm: -1 } as const;
  await assert.rejects(ledger.defineWallet(wallet), { code: 'validation_failed' });
  for (const change of [{ id: 'usr_1' }, { zone: 'Mars/Olympus' }, { limit: -1 }, { limit: 0.5 }]) {
    await assert.rejects(ledger.defineBudget(budget(change)), { code: 'validation_failed' });
  }
  assert.deepEqual([ledger.budgets(), ledger.wallet('usr_1')], [[], null]);
});

test('a request is charged to the budgets of its key, its user and the installation, after a restart as well', async () => {
  await fund(stage.ledger, 'usr_1', 0);
  await stage.ledger.defineBudget(budget({ id: 'bud_1' }));
  await stage.ledger.defineBudget(budget({ id: 'bud_2', scope: 'user', scopeId: 'usr_1' }));
  await stage.ledger.defineBudget(budget({ id: 'bud_3', scope: 'installation', scopeId: '' }));
  await stage.ledger.defineBudget(budget({ id: 'bud_4', scopeId: 'vk_2' }));
  const expected = { wallet: 'usr_1', budgets: ['bud_1', 'bud_2', 'bud_3'] };
  assert.deepEqual(stage.ledger.accountsOf({ userId: 'usr_1', keyId: 'vk_1' }), expected);
  await stage.ledger.removeBudget('bud_2');
  await stage.ledger.removeBudget('bud_unknown');
  await stage.reopen();
  const { ledger } = stage;
  const fewer = { wallet: 'usr_1', budgets: ['bud_1', 'bud_3'] };
  assert.deepEqual(ledger.accountsOf({ userId: 'usr_1', keyId: 'vk_1' }), fewer);
  assert.deepEqual(
    ledger.budgets().map(({ id }) => id),
    ['bud_1', 'bud_3', 'bud_4'],
  );
  assert.equal(ledger.wallet('usr_1')?.kind, 'prepaid');
  assert.equal(ledger.balance('usr_9'), null);
});

test('T16: holds that a crash left open are taken up again, booked ones are not, and the balances are the same', async () => {
  const { ledger } = stage;
  await fund(ledger, 'usr_1', 1_000);
  await ledger.defineBudget(budget({ limit: 1_000 }));
  const accounts = ledger.accountsOf({ userId: 'usr_1', keyId: 'vk_1' });
  const budgetOnly = { wallet: null, budgets: ['bud_1'] };
  const holds = [
    ledger.hold({ id: 'req_1', amount: nanos(100), ...accounts }),
    ledger.hold({ id: 'req_2', amount: nanos(200), ...accounts }),
    ledger.hold({ id: 'req_3', amount: nanos(300), ...budgetOnly }),
  ];
  await stage.settle('req_1', 60);
  await stage.settle('req_3', 5);
  const before = ['usr_1', 'bud_1'].map((id) => ledger.balance(id));
  await stage.reopen();
  const notes = JSON.parse(JSON.stringify(holds)) as typeof holds;
  const gone = {
    ...notes[1],
    id: 'req_4',
    wallet: 'usr_gone',
    budgets: ['bud_gone'],
  } as (typeof holds)[0];
  const open = await stage.ledger.restore([...notes, gone]);
  assert.deepEqual(
    open.map(({ id }) => id),
    ['req_2', 'req_4'],
  );
  assert.deepEqual(
    ['usr_1', 'bud_1'].map((id) => stage.ledger.balance(id)),
    before,
  );
  await stage.ledger.restore(open);
  assert.equal(stage.ledger.balance('usr_1')?.held, 200);
  await stage.settle('req_2', 150);
  assert.deepEqual([balanceOf('usr_1'), balanceOf('bud_1')], [790, 785]);
});

test('a hold that a crash left open is booked on its budget, though that was removed meanwhile', async () => {
  await stage.ledger.defineBudget(budget({ limit: 1_000 }));
  const accounts = { wallet: null, budgets: ['bud_1'] };
  const hold = stage.ledger.hold({ id: 'req_1', amount: nanos(100), ...accounts });
  await stage.ledger.removeBudget('bud_1');
  await stage.reopen();
  await stage.ledger.restore([hold]);
  const { writes, charged } = await stage.settle('req_1', 60);
  assert.deepEqual([writes.length, charged], [1, 60]);
  assert.equal(balanceOf('bud_1'), 940);
});

test('snapshots change no balance, whatever is booked late, twice or out of order, and spare the entries before them', async () => {
  const { ledger } = stage;
  await fund(ledger, 'usr_1', 10_000);
  await ledger.defineBudget(budget({ limit: 10_000 }));
  const accounts = ledger.accountsOf({ userId: 'usr_1', keyId: 'vk_1' });
  const ids = Array.from({ length: 6 }, () => newId('req')).sort();
  for (const id of ids) ledger.hold({ id, amount: nanos(10), ...accounts });
  const settle = async (n: number) => stage.settle(ids[n] ?? '', n + 1);
  await settle(3);
  await ledger.snapshot();
  const before = await settle(1);
  await ledger.snapshot();
  assert.deepEqual(await afterWatermark(), []);
  const after = await settle(0);
  await stage.storage.commit([...before.writes, ...after.writes]);
  await settle(5);
  await ledger.post(credit());
  await stage.reopen();
  const expected = [10_000 + 500 - 4 - 2 - 1 - 6, 10_000 - 4 - 2 - 1 - 6];
  assert.deepEqual([balanceOf('usr_1'), balanceOf('bud_1')], expected);
  await stage.ledger.snapshot();
  assert.deepEqual(await afterWatermark(), []);
  await stage.reopen();
  assert.deepEqual([balanceOf('usr_1'), balanceOf('bud_1')], expected);
});

test('an entry whose commit waits until a snapshot has passed is in the balance of the next start', async () => {
  const { ledger } = stage;
  await fund(ledger, 'usr_1', 100);
  const [low = '', high = ''] = [newId('req'), newId('req')].sort();
  for (const id of [low, high])
    ledger.hold({ id, amount: nanos(10), wallet: 'usr_1', budgets: [] });
  const waiting = ledger.settle(low, nanos(3));
  await stage.settle(high, 5);
  await ledger.snapshot();
  await stage.storage.commit(waiting.writes);
  await ledger.snapshot();
  await stage.reopen();
  assert.equal(balanceOf('usr_1'), 92);
});

test('I7: the database refuses to change, delete or replace an entry', async () => {
  await fund(stage.ledger, 'usr_1', 100);
  const { entryId } = await stage.ledger.post(credit());
  await assert.rejects(run('update ledger_entries set amount = 1'), {
    details: { detail: 'ledger entries are never changed: book a correction instead' },
  });
  const deleted = {
    details: { detail: 'ledger entries are never deleted: book a correction instead' },
  };
  await assert.rejects(run('delete from ledger_entries'), deleted);
  const replace = `replace into ledger_entries (id, account_id, contra_id, amount, kind, at)
    values ('${entryId}', 'usr_1', 'grants', 9, 'credit', 0)`;
  await assert.rejects(run(replace), deleted);
  await stage.reopen();
  assert.equal(balanceOf('usr_1'), 600);
});

test('the database takes no amount that is no integer, and no transfer that moves nothing', async () => {
  const insert = (amount: string, contra = 'grants') =>
    run(`insert into ledger_entries (id, account_id, contra_id, amount, kind, at)
      values ('le_1', 'usr_1', '${contra}', ${amount}, 'credit', 0)`);
  await assert.rejects(insert('1.5'), { code: 'conflict' });
  await assert.rejects(insert("'ten'"), { code: 'conflict' });
  await assert.rejects(insert('0'), { code: 'conflict' });
  await assert.rejects(insert('1', 'usr_1'), { code: 'conflict' });
});

test('a statement gives all entries of an account once, newest first, page by page', async () => {
  const { ledger, time } = stage;
  await fund(ledger, 'usr_1', 10_000);
  await fund(ledger, 'usr_2', 10_000);
  const expected: number[] = [];
  for (let n = 1; n <= 25; n++) {
    // Several entries share an instant, as they do under load.
    if (n % 4 === 0) time.now += 1;
    const id = newId('req');
    ledger.hold({ id, amount: nanos(n), wallet: 'usr_1', budgets: [] });
    await stage.settle(id, n);
    expected.push(-n);
    if (n % 10 === 0) expected.push(n * 100);
    if (n % 10 === 0) await ledger.post(credit({ amount: nanos(n * 100), idempotencyKey: null }));
  }
  const seen: number[] = [];
  const times: number[] = [];
  let cursor: string | null = null;
  do {
    const page = await ledger.statement('usr_1', { limit: 7, cursor });
    assert.ok(page.entries.length <= 7);
    for (const { amount, at } of page.entries) {
      seen.push(amount);
      times.push(at);
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  assert.deepEqual(seen.sort(), [...expected, 10_000].sort());
  assert.deepEqual(
    times,
    times.toSorted((a, b) => b - a),
  );
  assert.equal(times.at(-1), NOON);
});

test('an entry of a request names the request, and a cursor that is none is refused', async () => {
  await fund(stage.ledger, 'usr_1', 100);
  stage.ledger.hold({ id: 'req_1', amount: nanos(5), wallet: 'usr_1', budgets: [] });
  stage.time.now += 1;
  await stage.settle('req_1', 5);
  const { entries } = await stage.ledger.statement('usr_1', { limit: 1 });
  assert.deepEqual(entries, [
    {
      id: 'req_1/0',
      amount: -5,
      kind: 'charge',
      reason: null,
      requestId: 'req_1',
      at: NOON + 1,
      period: null,
      balanceAfter: 95,
    },
  ]);
  for (const cursor of ['x', '1', '~', "1'~"]) {
    await assert.rejects(stage.ledger.statement('usr_1', { limit: 1, cursor }), {
      code: 'validation_failed',
    });
  }
});
