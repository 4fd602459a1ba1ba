import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { type Accounts, createAccounts } from '../accounts/accounts.ts';
import { systemClock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { createLedger, type Ledger } from '../ledger/ledger.ts';
import { createLimits, type Limits } from '../limits/limits.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { type Administration, createAdministration } from './administration.ts';

const clock = systemClock;
let folder: string;
let disk: Storage;
let accounts: Accounts;
let ledger: Ledger;
let limits: Limits;
let administration: Administration;
/** How many commits the disk still takes before it is full. */
let commitsLeft: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-administration-'));
  await open();
});

afterEach(async () => {
  await disk.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<void> {
  commitsLeft = Number.POSITIVE_INFINITY;
  disk = await openSqlite({ file: join(folder, 'test.db'), clock });
  const storage: Storage = {
    ...disk,
    commit(...commit) {
      commitsLeft -= 1;
      if (commitsLeft < 0) return Promise.reject(new Failure('storage_unavailable'));
      return disk.commit(...commit);
    },
  };
  accounts = await createAccounts({ storage, clock });
  ledger = await createLedger({ storage, clock, holdMs: 60_000 });
  limits = await createLimits({ storage, clock });
  administration = createAdministration({
    storage,
    clock,
    accounts,
    ledger,
    limits,
    providerKeys: { find: () => null, removeAllOf: () => ({ writes: [], apply: () => undefined }) },
    flatPriceUsdPerMtok: '20',
    defaultPlan: { plan: 'flat', markupPpm: 1_000_000 },
    selfServiceBudgetUsd: '0.5',
  });
}

async function reopen(): Promise<void> {
  await disk.close();
  await open();
}

const ANN = { username: 'ann', email: null, credits: 100 };

test('a new user has wallet, credits, limits and key also after a restart', async () => {
  const { key, token, credits } = await administration.createUser(ANN);
  await reopen();
  assert.equal(credits, 100);
  assert.deepEqual(accounts.keys.authenticate(token), key);
  assert.equal(ledger.balance(key.userId)?.available, 2_000_000);
  assert.equal(limits.get('user', key.userId).tokens_per_minute, 10_000);
});

test('wherever making a user breaks off, no key is open without its wallet and limits', async () => {
  let commits = 0;
  for (; ; commits += 1) {
    commitsLeft = commits;
    const order = { ...ANN, username: `ann ${commits}` };
    const outcome = await administration.createUser(order).catch((error: Failure) => error);
    commitsLeft = Number.POSITIVE_INFINITY;
    if (!(outcome instanceof Failure)) break;
    assert.equal(outcome.code, 'storage_unavailable');
    await reopen();
    const user = accounts.people.find(order.username);
    if (user === null) continue;
    // The key is there, prepaid and without credit: nobody has its secret, and the name takes another.
    assert.equal(ledger.balance(user.id)?.available, 0);
    assert.equal(limits.get('user', user.id).tokens_per_minute, 10_000);
    await assert.rejects(administration.createUser(order), { code: 'conflict' });
  }
  assert.equal(commits, 3);
});

test('a self-service key is bounded by its own budget and limits, also after a restart', async () => {
  const issue = () => administration.issueSelfServiceKey({ username: 'bob', note: null });
  const [first, second] = [await issue(), await issue()];
  for (const moment of ['at once', 'after a restart']) {
    for (const { key } of [first, second]) {
      const { budgets } = ledger.accountsOf({ userId: key.userId, keyId: key.id });
      assert.equal(budgets.length, 1, moment);
      assert.equal(ledger.balance(budgets[0] ?? '')?.available, 500_000_000);
      assert.equal(limits.get('key', key.id).requests_per_minute, 60);
    }
    assert.equal(limits.get('user', first.key.userId).requests_per_minute, null);
    await reopen();
  }
});

test('an operator’s key that breaks off before it is stored opens nothing', async () => {
  const order = { label: 'dan', note: null, allowUnmetered: null };
  const budget = { limit: nanos(5), period: 'day', zone: null } as const;
  commitsLeft = 2;
  const issuing = administration.issueOperatorKey({ ...order, budget, credits: 5 });
  await assert.rejects(issuing, { code: 'storage_unavailable' });
  commitsLeft = Number.POSITIVE_INFINITY;
  assert.equal(accounts.people.find('dan'), null);
});

test('a key whose credits its wallet cannot take is not made', async () => {
  const { key } = await administration.createUser({ ...ANN, credits: 4e11 });
  const order = { label: 'ann', note: null, budget: null, allowUnmetered: null };
  await assert.rejects(administration.issueOperatorKey({ ...order, credits: 4e11 }), {
    code: 'validation_failed',
  });
  assert.deepEqual(
    accounts.keys.ofUser(key.userId).map(({ id }) => id),
    [key.id],
  );
});

test('the plan of a metered wallet stays when it becomes prepaid', async () => {
  const order = { label: 'eve', note: null, credits: null, budget: null, allowUnmetered: null };
  const { key } = await administration.issueOperatorKey(order);
  const { userId } = key;
  await ledger.defineWallet({ userId, kind: 'metered', plan: 'cost', markupPpm: 1_200_000 });
  await administration.issueOperatorKey({ ...order, credits: 5 });
  const expected = { userId, kind: 'prepaid', plan: 'cost', markupPpm: 1_200_000 };
  assert.deepEqual(ledger.wallet(userId), expected);
  assert.equal(accounts.keys.find(key.id)?.allowUnmetered, false);
});

test('whoever is shown by a key is shown by the newest that is open', async () => {
  const { key } = await administration.createUser(ANN);
  const order = { label: 'ann', note: null, credits: null, budget: null, allowUnmetered: null };
  const second = (await administration.issueOperatorKey(order)).key;
  const shown = () => administration.find(key.userId).key?.id;
  assert.equal(shown(), second.id);
  await accounts.keys.revoke(second.id);
  assert.equal(shown(), key.id);
  await accounts.keys.revoke(key.id);
  assert.equal(shown(), second.id);
});

const METERED = { note: null, credits: null, budget: null, allowUnmetered: null } as const;

test('of two changes of a key at once none is lost, and there is one budget', async () => {
  const { key } = await administration.issueOperatorKey({ ...METERED, label: 'fay' });
  const budgetOf = (limit: number) => ({ limit: nanos(limit), period: 'day', zone: null }) as const;
  await Promise.all([
    administration.keys.change(key, 'operator', {
      limits: { requests_per_minute: 7 },
      budget: budgetOf(5),
    }),
    administration.keys.change(key, 'operator', {
      limits: { tokens_per_minute: 9 },
      budget: budgetOf(6),
    }),
  ]);
  const { requests_per_minute, tokens_per_minute } = limits.get('key', key.id);
  assert.deepEqual([requests_per_minute, tokens_per_minute], [7, 9]);
  assert.deepEqual(
    ledger.budgetsOf('key', key.id).map(({ limit }) => limit),
    [6],
  );
});

test('of changes of a user at once none is lost', async () => {
  const { key } = await administration.issueOperatorKey({ ...METERED, label: 'gil' });
  const { user } = administration.find(key.id);
  await Promise.all([
    administration.setLimits({ user, key: null, limits: { requests_per_minute: 7 } }),
    administration.setLimits({ user, key: null, limits: { tokens_per_minute: 9 } }),
    administration.addCredits({ to: user, credits: 5, idempotencyKey: null }),
    administration.wallets.change(user, { plan: 'cost' }),
    administration.wallets.change(user, { markupPpm: 1_500_000 }),
  ]);
  const { requests_per_minute, tokens_per_minute } = limits.get('user', user.id);
  assert.deepEqual([requests_per_minute, tokens_per_minute], [7, 9]);
  const wallet = { userId: user.id, kind: 'prepaid', plan: 'cost', markupPpm: 1_500_000 };
  assert.deepEqual(ledger.wallet(user.id), wallet);
});

test('a key that is issued while its user becomes prepaid may not use what cannot be metered', async () => {
  const { key } = await administration.issueOperatorKey({ ...METERED, label: 'hal' });
  const { user } = administration.find(key.id);
  const [one, other] = await Promise.all([
    administration.issueOperatorKey({ ...METERED, label: 'hal' }),
    administration.keys.issue('hal', 'operator', {}),
    administration.addCredits({ to: user, credits: 5, idempotencyKey: null }),
  ]);
  for (const { id } of [key, one.key, other.key]) {
    assert.equal(accounts.keys.find(id)?.allowUnmetered, false);
  }
});

test('a member who deletes the account while a key of theirs waits its turn is not made anew by it', async () => {
  const { key } = await administration.issueOperatorKey({ ...METERED, label: 'lou' });
  const { user } = administration.find(key.id);
  const limited = administration.setLimits({ user, key: null, limits: { requests_per_day: 7 } });
  const issued = administration.keys.issue('lou', 'member', {});
  const [, outcome] = await Promise.allSettled([
    administration.eraseAccount(user),
    issued,
    limited,
  ]);
  assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'not_found');
  assert.equal(accounts.people.find('lou'), null);
});

test('who asks for a key of a name that is made prepaid at this moment is refused', async () => {
  const [made, asked] = await Promise.allSettled([
    administration.createUser({ ...ANN, username: 'ida' }),
    administration.issueSelfServiceKey({ username: 'ida', note: null }),
  ]);
  assert.equal(made.status, 'fulfilled');
  assert.equal(asked.status, 'rejected');
});

test('a credit that cannot be booked opens no wallet, whose owner would be refused everything', async () => {
  const other = (await administration.createUser(ANN)).key;
  await administration.addCredits({
    ...{ to: administration.find(other.id).user, credits: 5, idempotencyKey: 'used' },
  });
  const { key } = await administration.issueOperatorKey({ ...METERED, label: 'joe' });
  const { user: to } = administration.find(key.id);
  const credit = { to, kind: 'credit', reason: 'x', requestId: null } as const;
  const none = { idempotencyKey: null };
  await assert.rejects(administration.book({ ...credit, ...none, amount: nanos(-5) }), {
    code: 'validation_failed',
  });
  await assert.rejects(administration.book({ ...credit, ...none, amount: nanos(5), reason: ' ' }), {
    code: 'validation_failed',
  });
  await assert.rejects(administration.addCredits({ to, credits: 5, idempotencyKey: 'used' }), {
    code: 'idempotency_conflict',
  });
  assert.equal(ledger.wallet(to.id), null);
  assert.equal(accounts.keys.find(key.id)?.allowUnmetered, true);
});

test('the first credit of a user books once, however often it is sent at once', async () => {
  const { key } = await administration.issueOperatorKey({ ...METERED, label: 'kim' });
  const { user: to } = administration.find(key.id);
  const add = () => administration.addCredits({ to, credits: 5, idempotencyKey: 'first' });
  const all = await Promise.all([add(), add(), add()]);
  assert.deepEqual(
    all.map(({ credits }) => credits),
    [5, 5, 5],
  );
});
