import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { UNKNOWN_USAGE } from '../../contract/usage.ts';
import { type Accounts, createAccounts, type VirtualKey } from '../accounts/accounts.ts';
import { systemClock } from '../clock.ts';
import { firstId } from '../id.ts';
import { usageRecord } from '../records/record-for-tests.ts';
import { createRecords, type Records, type UsageRecord } from '../records/records.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { createReports, type Reports } from './reports.ts';

let folder: string;
let storage: Storage;
let records: Records;
let accounts: Accounts;
let reports: Reports;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-callers-'));
  storage = await openSqlite({ file: join(folder, 'test.db'), clock: systemClock });
  records = createRecords({ storage, clock: systemClock });
  accounts = await createAccounts({ storage, clock: systemClock });
  reports = createReports({ storage, clock: systemClock });
});

after(async () => {
  await storage.close();
  await rm(folder, { recursive: true });
});

async function keyOf(label: string): Promise<VirtualKey> {
  const order = { label, note: null, origin: 'operator', allowUnmetered: true } as const;
  return (await accounts.keys.issue(order)).key;
}

/** Counted, because ids of one millisecond are in no order and a commit may take less. */
let happenings = 0;

async function happened(key: VirtualKey, what: Partial<UsageRecord>): Promise<void> {
  happenings += 1;
  const record = usageRecord({
    id: `${firstId('req', NOW)}${String(happenings).padStart(20, '0')}`,
    virtualKeyId: key.id,
    userId: key.userId,
    cost: nanos(1),
    charge: { amount: nanos(240_000), held: nanos(240_000), plan: 'flat' },
    startedAt: NOW,
    ...what,
  });
  await storage.commit(records.finish(record, null));
}

const NOW = systemClock.now();

test('a user is charged what the records say, to the nano-dollar, whoever else there is', async () => {
  const [ann, bob] = [await keyOf('ann'), await keyOf('bob')];
  const charge = (amount: number) => ({ amount: nanos(amount), held: nanos(amount), plan: 'cost' });
  await happened(ann, { charge: charge(1) });
  await happened(ann, { charge: charge(2), tokens: UNKNOWN_USAGE, model: null });
  await happened(ann, { charge: null, model: null, servedModel: 'served' });
  await happened(ann, { model: 'served', tokens: { ...UNKNOWN_USAGE, output: 5 }, charge: null });
  await happened(bob, { charge: charge(1_000) });
  const usage = await reports.usageOfUser(ann.userId, NOW);
  assert.deepEqual(usage.total, { requests: 4, tokens: 29, charge: 3 });
  assert.deepEqual(usage.today, usage.total);
  assert.equal(usage.mostUsedModel, 'served');
  assert.equal(usage.lastRequestAt, NOW);
});

test('a user without requests has used nothing', async () => {
  const { userId } = await keyOf('idle');
  const usage = await reports.usageOfUser(userId, NOW);
  assert.deepEqual(usage.total, { requests: 0, tokens: 0, charge: 0 });
  assert.deepEqual([usage.mostUsedModel, usage.lastRequestAt], [null, null]);
});

test('the day shows ten users by tokens and the twenty newest requests, and counts them all', async () => {
  const before = await reports.activity(NOW);
  for (let n = 1; n <= 12; n += 1) {
    const key = await keyOf(`user ${n}`);
    const tokens = { ...UNKNOWN_USAGE, input: 1_000 * n };
    for (const model of ['first', 'second']) await happened(key, { model, tokens });
  }
  const { activeUsersToday, today, topUsers, recent } = await reports.activity(NOW);
  assert.equal(activeUsersToday, before.activeUsersToday + 12);
  assert.equal(today.requests, before.today.requests + 24);
  assert.equal(today.tokens, before.today.tokens + 156_000);
  assert.deepEqual(
    topUsers.map(({ tokens }) => tokens),
    [24, 22, 20, 18, 16, 14, 12, 10, 8, 6].map((thousands) => thousands * 1_000),
  );
  assert.equal(recent.length, 20);
  assert.deepEqual(
    [recent[0]?.model, recent[1]?.model, recent[0]?.tokens],
    ['second', 'first', 12_000],
  );
});
