import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { Failure } from '../failure.ts';
import type { AccountSet } from './ledger.ts';
import { budget, fund, HOLD_MS, NOON, openStage, type Stage } from './ledger-for-tests.ts';

const HOUR = 3_600_000;
const WALLET: AccountSet = { wallet: 'usr_1', budgets: [] };
let stage: Stage;

beforeEach(async () => {
  stage = await openStage();
});

afterEach(() => stage.close());

function hold(id: string, amount: number, accounts: AccountSet = WALLET) {
  return stage.ledger.hold({ id, amount: nanos(amount), ...accounts });
}

function refusalOf(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof Failure);
    return error;
  }
  return assert.fail('nothing was refused');
}

/** Account by account: what is left, what is held. */
function standing(...accounts: string[]) {
  return accounts.map((account) => {
    const { balance, held } = stage.ledger.balance(account) ?? {};
    return [balance, held];
  });
}

async function threeNested(limit: number): Promise<AccountSet> {
  const { ledger } = stage;
  await ledger.defineBudget(budget({ id: 'bud_key', scope: 'key', scopeId: 'vk_1', limit }));
  await ledger.defineBudget(
    budget({ id: 'bud_user', scope: 'user', scopeId: 'usr_1', limit, period: 'month' }),
  );
  const all = { scope: 'installation', scopeId: '', period: 'forever' } as const;
  await ledger.defineBudget(budget({ id: 'bud_all', limit, ...all }));
  return ledger.accountsOf({ userId: 'usr_1', keyId: 'vk_1' });
}

test('T1, T2: of 5,000 tries for the worth of 100, over a wallet and three nested budgets, exactly 100 are admitted', async () => {
  const [price, worth] = [7_000, 700_000];
  const { ledger } = stage;
  await fund(ledger, 'usr_1', worth);
  const accounts = await threeNested(worth);
  assert.equal(accounts.budgets.length, 3);
  let [admitted, refused] = [0, 0];
  const attempt = async (n: number) => {
    try {
      hold(`req_${n}`, price, accounts);
      admitted++;
    } catch (error) {
      assert.equal((error as Failure).code, 'insufficient_quota');
      refused++;
      return;
    }
    await new Promise(setImmediate);
    await stage.settle(`req_${n}`, price);
  };
  await Promise.all(Array.from({ length: 5_000 }, (_, n) => attempt(n)));
  assert.deepEqual([admitted, refused], [100, 4_900]);
  const expected = Array.from({ length: 4 }, () => [0, 0]);
  assert.deepEqual(standing('usr_1', ...accounts.budgets), expected);
  await stage.reopen();
  assert.deepEqual(standing('usr_1', ...accounts.budgets), expected);
});

test('T3: of several first requests at once only as many pass as the budget covers', async () => {
  await stage.ledger.defineBudget(budget({ limit: 1 }));
  const accounts = stage.ledger.accountsOf({ userId: 'usr_new', keyId: 'vk_1' });
  hold('req_1', 1, accounts);
  for (let n = 2; n <= 8; n++) {
    assert.equal(refusalOf(() => hold(`req_${n}`, 1, accounts)).code, 'insufficient_quota');
  }
});

test('a hold that one account refuses leaves no trace on the others', async () => {
  await fund(stage.ledger, 'usr_1', 10_000);
  const accounts = await threeNested(10_000);
  await stage.ledger.defineBudget(
    budget({ id: 'bud_all', scope: 'installation', scopeId: '', period: 'forever', limit: 5 }),
  );
  refusalOf(() => hold('req_1', 6, accounts));
  assert.deepEqual(standing('usr_1', 'bud_key', 'bud_user', 'bud_all'), [
    [10_000, 0],
    [10_000, 0],
    [10_000, 0],
    [5, 0],
  ]);
  assert.equal(stage.ledger.openHolds(), 0);
});

test('a refusal names rule, scope, and the figures of that moment', async () => {
  await fund(stage.ledger, 'usr_1', 1_000);
  hold('req_1', 600);
  const wallet = refusalOf(() => hold('req_2', 401));
  assert.equal(wallet.kind.status, 402);
  assert.equal(wallet.kind.retryable, false);
  assert.deepEqual(wallet.details.refusal, {
    rule: 'wallet',
    scope: 'user',
    balance: '0.000001',
    held: '0.0000006',
    needed: '0.000000401',
    limit: null,
    reset: null,
  });
  assert.match(
    wallet.message,
    /may cost up to \$0\.000000401; the wallet has \$0\.000001, and .* hold \$0\.0000006 of it/,
  );
  await stage.ledger.defineBudget(budget({ limit: 50 }));
  const one = refusalOf(() => hold('req_3', 51, { wallet: null, budgets: ['bud_1'] }));
  assert.deepEqual(one.details.refusal, {
    rule: 'budget',
    scope: 'key',
    balance: '0.00000005',
    held: '0',
    needed: '0.000000051',
    limit: '0.00000005',
    reset: '2026-11-22T00:00:00.000Z',
  });
  assert.match(
    one.message,
    /the daily budget of this key .* begins anew at 2026-11-22T00:00:00\.000Z/,
  );
});

test('T4: release and settle give back exactly what was held, so nothing is refused that is covered', async () => {
  await fund(stage.ledger, 'usr_1', 1_000);
  const accounts = await threeNested(1_000);
  for (let n = 0; n < 500; n++) {
    hold(`req_${n}`, 1_000, accounts);
    if (n % 2 === 0) assert.equal(stage.ledger.release(`req_${n}`), true);
    else assert.deepEqual(stage.ledger.settle(`req_${n}`, nanos(0)).writes, []);
  }
  assert.equal(stage.ledger.cover(accounts), 1_000);
  hold('req_last', 1_000, accounts);
  await stage.settle('req_last', 400);
  assert.deepEqual(standing('usr_1', 'bud_key'), [
    [600, 0],
    [600, 0],
  ]);
  assert.equal(stage.ledger.cover(accounts), 600);
  assert.equal(stage.ledger.release('req_last'), false);
});

test('the same request again gets the first answer, also after its end; another amount is a conflict', async () => {
  await fund(stage.ledger, 'usr_1', 1_000);
  const first = hold('req_1', 600);
  assert.equal(hold('req_1', 600), first);
  assert.deepEqual(standing('usr_1'), [[1_000, 600]]);
  assert.equal(refusalOf(() => hold('req_1', 601)).code, 'hold_conflict');
  await stage.settle('req_1', 600);
  assert.equal(hold('req_1', 600), first);
  assert.deepEqual(standing('usr_1'), [[400, 0]]);
  assert.equal(refusalOf(() => hold('req_1', 600, { wallet: null, budgets: [] })).kind.status, 409);
});

test('T7: a request that is settled again gets the same answer and is charged once', async () => {
  await fund(stage.ledger, 'usr_1', 1_000);
  hold('req_1', 600);
  const first = await stage.settle('req_1', 250);
  assert.equal(first.writes.length, 1);
  for (let n = 0; n < 5; n++) {
    const { writes, ...same } = stage.ledger.settle('req_1', nanos(250));
    assert.deepEqual([writes, same], [[], { charged: 250, balanceAfter: 750, excess: 0 }]);
  }
  await stage.storage.commit(first.writes);
  assert.equal(refusalOf(() => stage.ledger.settle('req_1', nanos(251))).code, 'hold_conflict');
  await stage.reopen();
  assert.deepEqual(standing('usr_1'), [[750, 0]]);
});

test('what costs more than was held is charged whole, and flagged', async () => {
  await fund(stage.ledger, 'usr_1', 1_000);
  hold('req_1', 600);
  const settled = await stage.settle('req_1', 1_100);
  assert.deepEqual([settled.charged, settled.balanceAfter, settled.excess], [1_100, -100, 500]);
  const { entries } = await stage.ledger.statement('usr_1', { limit: 1 });
  assert.equal(entries[0]?.reason, 'beyond hold by 500');
  refusalOf(() => hold('req_2', 1));
  assert.equal(stage.ledger.cover(WALLET), 0);
});

test('a metered wallet refuses nothing and is charged all the same', async () => {
  const { ledger } = stage;
  await ledger.defineWallet({
    userId: 'usr_1',
    kind: 'metered',
    plan: 'cost',
    markupPpm: 1_200_000,
  });
  assert.equal(ledger.cover(WALLET), null);
  hold('req_1', 5_000_000);
  assert.equal((await stage.settle('req_1', 700)).excess, 0);
  const unheld = ledger.settle('req_2', nanos(300), WALLET);
  assert.deepEqual([unheld.writes.length, unheld.balanceAfter, unheld.excess], [1, -1_000, 0]);
  assert.equal(ledger.balance('usr_1')?.available, null);
  assert.throws(() => ledger.settle('req_3', nanos(1)), { code: 'internal' });
});

test('a caller without wallet and budgets is bounded by nothing', () => {
  const accounts = stage.ledger.accountsOf({ userId: 'usr_9', keyId: 'vk_9' });
  assert.deepEqual(accounts, { wallet: null, budgets: [] });
  assert.equal(stage.ledger.cover(accounts), null);
  hold('req_1', Number.MAX_SAFE_INTEGER, accounts);
  assert.deepEqual(stage.ledger.settle('req_1', nanos(5)).writes, []);
});

test('a wallet that does not exist holds nothing', () => {
  assert.throws(() => hold('req_1', 0), { code: 'internal' });
});

test('the sweeper takes back what is older than its time, says so, and a late end is charged all the same', async () => {
  await fund(stage.ledger, 'usr_1', 1_000);
  hold('req_1', 600);
  stage.time.now += 1;
  hold('req_2', 300);
  stage.time.now = NOON + HOLD_MS - 1;
  assert.deepEqual(stage.ledger.sweep(), []);
  stage.time.now = NOON + HOLD_MS;
  const [swept, ...others] = stage.ledger.sweep();
  assert.deepEqual([swept?.id, swept?.amount, others], ['req_1', 600, []]);
  assert.deepEqual(standing('usr_1'), [[1_000, 300]]);
  const late = await stage.settle('req_1', 600);
  assert.deepEqual([late.balanceAfter, late.excess], [400, 600]);
  assert.deepEqual(standing('usr_1'), [[400, 300]]);
});

test('T78: a clock that is set, by however much, takes nothing from requests under way', async () => {
  await fund(stage.ledger, 'usr_1', 1_000);
  hold('req_1', 600);
  for (const set of [400 * 24 * HOUR, -24 * HOUR]) {
    stage.time.now = NOON + set;
    stage.time.set = set;
    assert.deepEqual(stage.ledger.sweep(), []);
  }
  assert.deepEqual(standing('usr_1'), [[1_000, 600]]);
  stage.time.now += HOLD_MS;
  assert.equal(stage.ledger.sweep().length, 1);
});

test('T12: amounts that are no integers in range are thrown out, and sums never wrap', async () => {
  const { ledger } = stage;
  await fund(ledger, 'usr_1', 1_000);
  for (const amount of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.throws(
      () => ledger.hold({ id: 'req_x', amount: amount as never, ...WALLET }),
      RangeError,
    );
    assert.throws(() => ledger.settle('req_x', amount as never, WALLET), RangeError);
  }
  const most = Number.MAX_SAFE_INTEGER;
  await ledger.defineWallet({ userId: 'usr_1', kind: 'metered', plan: null, markupPpm: null });
  await stage.storage.commit(ledger.settle('req_1', nanos(most), WALLET).writes);
  hold('req_2', 5_000);
  assert.throws(() => ledger.settle('req_2', nanos(1_001)), RangeError);
  assert.deepEqual(standing('usr_1'), [[1_000 - most, 5_000]]);
  assert.equal((await stage.settle('req_2', 1_000)).balanceAfter, -most);
  hold('req_3', most - 1);
  assert.throws(() => hold('req_4', 2), RangeError);
  await stage.reopen();
  assert.deepEqual(standing('usr_1'), [[-most, 0]]);
});

test('T78: each period has its own books, wherever the clock goes', async () => {
  const { ledger, time } = stage;
  await ledger.defineBudget(budget({ zone: 'Europe/Berlin', limit: 100 }));
  const accounts = ledger.accountsOf({ userId: 'usr_1', keyId: 'vk_1' });
  const midnight = Date.parse('2026-11-22T00:00:00+01:00');
  time.now = midnight - 1;
  hold('req_1', 90, accounts);
  await stage.settle('req_1', 90);
  assert.equal(ledger.balance('bud_1')?.resetsAt, midnight);
  assert.equal(ledger.cover(accounts), 10);
  time.now = midnight;
  assert.equal(ledger.cover(accounts), 100);
  hold('req_2', 70, accounts);
  await stage.settle('req_2', 70);
  time.now = midnight - 600_000;
  assert.equal(ledger.cover(accounts), 10);
  await stage.reopen();
  assert.equal(stage.ledger.cover(accounts), 10);
  time.now = midnight;
  assert.equal(stage.ledger.cover(accounts), 30);
  await stage.reopen();
  time.now = midnight - 1;
  assert.equal(stage.ledger.cover(accounts), 10);
  time.now = midnight + 86_400_000;
  assert.equal(stage.ledger.cover(accounts), 100);
});

test('T79: what begins in one period and ends in the next is booked where it began, whatever was changed meanwhile', async () => {
  const { ledger, time } = stage;
  await ledger.defineBudget(budget({ limit: 100 }));
  const accounts = ledger.accountsOf({ userId: 'usr_1', keyId: 'vk_1' });
  hold('req_1', 100, accounts);
  hold('req_free', 0, accounts);
  time.now += 12 * HOUR;
  hold('req_2', 100, accounts);
  await ledger.defineBudget(budget({ limit: 40 }));
  await stage.settle('req_1', 60);
  await ledger.removeBudget('bud_1');
  await stage.settle('req_2', 80);
  const { entries } = await ledger.statement('bud_1', { limit: 10 });
  assert.deepEqual(entries.map(({ period, amount }) => [period, amount]).sort(), [
    ['2026-11-21', -60],
    ['2026-11-22', -80],
  ]);
  assert.equal(ledger.cover(accounts), null);
  await ledger.defineBudget(budget({ limit: 100 }));
  assert.equal(ledger.cover(accounts), 20);
});

test('a lowered limit holds for the next request, another zone keeps what was spent, another period begins anew', async () => {
  const { ledger } = stage;
  await ledger.defineBudget(budget({ limit: 100 }));
  const caller = { userId: 'usr_1', keyId: 'vk_1' };
  hold('req_1', 60, ledger.accountsOf(caller));
  await stage.settle('req_1', 60);
  await ledger.defineBudget(budget({ limit: 50 }));
  assert.equal(ledger.cover(ledger.accountsOf(caller)), 0);
  await ledger.defineBudget(budget({ limit: 100, zone: 'Europe/Berlin' }));
  assert.equal(ledger.cover(ledger.accountsOf(caller)), 40);
  assert.equal(ledger.balance('bud_1')?.resetsAt, Date.parse('2026-11-22T00:00:00+01:00'));
  await ledger.defineBudget(budget({ limit: 100, period: 'month' }));
  assert.equal(ledger.cover(ledger.accountsOf(caller)), 100);
});

test('a repetition is still known after two thousand other requests', async () => {
  await fund(stage.ledger, 'usr_1', 1_000);
  const first = hold('req_first', 10);
  stage.ledger.settle('req_first', nanos(10));
  for (let n = 0; n < 2_000; n++) {
    hold(`req_${n}`, 1);
    stage.ledger.release(`req_${n}`);
  }
  assert.equal(hold('req_first', 10), first);
  assert.deepEqual(stage.ledger.settle('req_first', nanos(10)).writes, []);
});

test('a request whose hold was released holds anew or is refused; it never goes uncovered', async () => {
  await fund(stage.ledger, 'usr_1', 1_000);
  hold('req_1', 600);
  stage.ledger.release('req_1');
  hold('req_2', 500);
  assert.equal(refusalOf(() => hold('req_1', 600)).code, 'insufficient_quota');
  hold('req_1', 400);
  assert.deepEqual(standing('usr_1'), [[1_000, 900]]);
  assert.equal((await stage.settle('req_1', 400)).excess, 0);
  assert.deepEqual(standing('usr_1'), [[600, 500]]);
});
