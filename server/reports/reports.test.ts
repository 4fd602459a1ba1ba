import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { UNKNOWN_USAGE } from '../../contract/usage.ts';
import { type Accounts, createAccounts, type VirtualKey } from '../accounts/accounts.ts';
import { systemClock } from '../clock.ts';
import { firstId, newId } from '../id.ts';
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
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-reports-'));
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

interface Happened {
  readonly key: VirtualKey;
  readonly at: string;
  readonly model?: string | null;
  readonly servedModel?: string;
  readonly input?: number | null;
  readonly output?: number | null;
  readonly cost: number | null;
  readonly costSource?: UsageRecord['costSource'];
  readonly outcome?: UsageRecord['outcome'];
}

async function happened(what: Happened): Promise<void> {
  const startedAt = Date.parse(what.at);
  const record = usageRecord({
    // Ids sort by time, and those of one millisecond in no order.
    id: `${firstId('req', startedAt)}${newId('req').slice(16)}`,
    virtualKeyId: what.key.id,
    userId: what.key.userId,
    model: what.model === undefined ? 'small' : what.model,
    servedModel: what.servedModel ?? null,
    outcome: what.outcome ?? 'completed',
    tokens: { ...UNKNOWN_USAGE, input: what.input ?? null, output: what.output ?? null },
    cost: what.cost === null ? null : nanos(what.cost),
    costSource: what.costSource ?? (what.cost === null ? 'unpriced' : 'catalogue'),
    startedAt,
  });
  await storage.commit(records.finish(record, null));
}

describe('usage of a key', () => {
  test('is all zero, with no first and last request, for a key that was never used', async () => {
    const key = await keyOf('idle');
    assert.deepEqual(await reports.usageOfKey(key.id), {
      requests: 0,
      unpricedRequests: 0,
      promptTokens: 0,
      completionTokens: 0,
      cost: 0,
      byModel: [],
      firstRequestAt: null,
      lastRequestAt: null,
    });
  });

  test('adds up by model, dearest first, and counts neither refusals nor other keys', async () => {
    const key = await keyOf('usage');
    const other = await keyOf('usage');
    await happened({ key, at: '2026-03-01T10:00:00Z', input: 10, output: 1, cost: 100 });
    await happened({ key, at: '2026-03-02T10:00:00Z', input: 20, output: 2, cost: 200 });
    await happened({ key, at: '2026-03-03T10:00:00Z', model: 'large', input: 5, cost: 900 });
    await happened({ key, at: '2026-02-01T10:00:00Z', cost: 7, outcome: 'refused' });
    await happened({ key: other, at: '2026-01-01T10:00:00Z', input: 1, output: 1, cost: 5 });
    const small = { unpricedRequests: 0, promptTokens: 30, completionTokens: 3, cost: 300 };
    const large = { unpricedRequests: 0, promptTokens: 5, completionTokens: 0, cost: 900 };
    assert.deepEqual(await reports.usageOfKey(key.id), {
      requests: 3,
      unpricedRequests: 0,
      promptTokens: 35,
      completionTokens: 3,
      cost: 1200,
      byModel: [
        { model: 'large', requests: 1, ...large },
        { model: 'small', requests: 2, ...small },
      ],
      firstRequestAt: Date.parse('2026-03-01T10:00:00Z'),
      lastRequestAt: Date.parse('2026-03-03T10:00:00Z'),
    });
  });

  test('counts an unpriced request with its tokens, a cost of 0 and apart', async () => {
    const key = await keyOf('unpriced');
    await happened({ key, at: '2026-03-01T10:00:00Z', input: 10, output: 1, cost: null });
    await happened({ key, at: '2026-03-01T11:00:00Z', input: 10, output: 1, cost: 0 });
    const usage = await reports.usageOfKey(key.id);
    assert.equal(usage.requests, 2);
    assert.equal(usage.unpricedRequests, 1);
    assert.equal(usage.promptTokens, 20);
    assert.equal(usage.cost, 0);
  });

  test('counts neither a free call nor a request that failed before anything was served', async () => {
    const key = await keyOf('freeloader');
    const nothingOwed = { key, cost: 0, costSource: 'none' } as const;
    await happened({ ...nothingOwed, at: '2019-03-01T10:00:00Z', model: null });
    await happened({ ...nothingOwed, at: '2019-03-02T10:00:00Z', outcome: 'failed' });
    assert.equal((await reports.usageOfKey(key.id)).requests, 0);
    const range = { start: '2019-03-01', end: '2019-03-02' };
    assert.deepEqual((await reports.costByUser(range, null)).byUser, []);
    await happened({ key, at: '2019-03-02T11:00:00Z', cost: 0, costSource: 'local' });
    const usage = await reports.usageOfKey(key.id);
    assert.equal(usage.requests, 1);
    assert.equal(usage.firstRequestAt, Date.parse('2019-03-02T11:00:00Z'));
    assert.equal((await reports.costByUser(range, null)).byUser[0]?.requests, 1);
  });

  test('names a model by what was served, or unknown, where the request named none', async () => {
    const key = await keyOf('nameless');
    await happened({ key, at: '2026-03-01T10:00:00Z', model: null, servedModel: 'x', cost: 2 });
    await happened({ key, at: '2026-03-01T10:00:00Z', model: null, cost: 1 });
    const { byModel } = await reports.usageOfKey(key.id);
    assert.deepEqual(
      byModel.map(({ model }) => model),
      ['x', 'unknown'],
    );
  });
});

describe('cost by user', () => {
  test('has every day of the range, with a running total, and nothing for an empty range', async () => {
    const report = await reports.costByUser({ start: '2020-02-28', end: '2020-03-01' }, null);
    assert.deepEqual(report, {
      byUser: [],
      daily: [
        { date: '2020-02-28', cost: 0, cumulativeCost: 0 },
        { date: '2020-02-29', cost: 0, cumulativeCost: 0 },
        { date: '2020-03-01', cost: 0, cumulativeCost: 0 },
      ],
      dailyByUser: [],
    });
  });

  test('counts from the first to the last millisecond of UTC days, both ends included', async () => {
    const key = await keyOf('edges');
    await happened({ key, at: '2021-01-09T23:59:59.999Z', cost: 1_000 });
    await happened({ key, at: '2021-01-10T00:00:00.000Z', cost: 1 });
    await happened({ key, at: '2021-01-11T23:59:59.999Z', cost: 20 });
    await happened({ key, at: '2021-01-12T00:00:00.000Z', cost: 1_000 });
    const { daily } = await reports.costByUser({ start: '2021-01-10', end: '2021-01-11' }, null);
    assert.deepEqual(daily, [
      { date: '2021-01-10', cost: 1, cumulativeCost: 1 },
      { date: '2021-01-11', cost: 20, cumulativeCost: 21 },
    ]);
  });

  test('joins the keys of one user, puts the dearest first, and fills every day of everybody', async () => {
    const [ann, annToo, bob] = [await keyOf('ann'), await keyOf('ann'), await keyOf('bob')];
    await happened({ key: ann, at: '2022-05-01T01:00:00Z', input: 3, output: 4, cost: 10 });
    await happened({ key: annToo, at: '2022-05-01T02:00:00Z', input: 3, cost: 5 });
    await happened({ key: bob, at: '2022-05-02T02:00:00Z', input: 1, output: 1, cost: 40 });
    await happened({ key: bob, at: '2022-05-02T03:00:00Z', input: 1, cost: null });
    await happened({ key: bob, at: '2022-05-02T03:00:00Z', cost: 9, outcome: 'refused' });
    const report = await reports.costByUser({ start: '2022-05-01', end: '2022-05-02' }, null);
    assert.deepEqual(report.byUser, [
      { label: 'bob', requests: 2, unpricedRequests: 1, tokens: 3, cost: 40 },
      { label: 'ann', requests: 2, unpricedRequests: 0, tokens: 10, cost: 15 },
    ]);
    assert.deepEqual(report.dailyByUser, [
      { date: '2022-05-01', label: 'bob', cost: 0 },
      { date: '2022-05-01', label: 'ann', cost: 15 },
      { date: '2022-05-02', label: 'bob', cost: 40 },
      { date: '2022-05-02', label: 'ann', cost: 0 },
    ]);
    assert.equal(report.daily.at(-1)?.cumulativeCost, 55);
  });

  test('keeps the figures of a user who is gone, under the id', async () => {
    const key = { ...(await keyOf('leaver')), userId: 'usr_gone' };
    await happened({ key, at: '2023-05-01T01:00:00Z', cost: 10 });
    const { byUser } = await reports.costByUser({ start: '2023-05-01', end: '2023-05-01' }, null);
    assert.deepEqual(
      byUser.map(({ label }) => label),
      ['usr_gone'],
    );
  });
});
