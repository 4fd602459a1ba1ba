import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { type Clock, systemClock } from '../clock.ts';
import { usageRecord } from '../records/record-for-tests.ts';
import { createRecords, type Records } from '../records/records.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { createReports, named, type Reports, type Series, spanOf } from './reports.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-20T12:30:00Z');

let folder: string;
let now: number;
let storage: Storage;
let records: Records;
let reports: Reports;
let count: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-sums-'));
  now = NOW;
  count = 0;
  const clock: Clock = { ...systemClock, now: () => now };
  storage = await openSqlite({ file: join(folder, 'test.db'), clock });
  records = createRecords({ storage, clock });
  reports = createReports({ storage, clock });
});
afterEach(async () => {
  await storage.close();
  rmSync(folder, { recursive: true });
});

async function spend(startedAt: number, cost: number, userId = 'usr_1'): Promise<void> {
  const id = `req_${startedAt.toString(16).padStart(12, '0')}${String(++count).padStart(20, '0')}`;
  const record = usageRecord({ id, startedAt, userId, cost: nanos(cost) });
  await storage.commit(records.finish(record, null));
}

const span = () =>
  spanOf({ start: '2026-11-10', end: '2026-11-20', zone: 'UTC', bucket: 'day' }, now);
const selection = { userId: null, names: {} };

/** What every kind of question says was spent. */
async function spent(): Promise<readonly number[]> {
  const order = { span: span(), selection, metric: 'spend', groups: ['model'], top: 5 } as const;
  const chart = await reports.chart(order);
  const days = await reports.costByUser({ start: '2026-11-10', end: '2026-11-20' }, null);
  const key = await reports.usageOfKey('vk_1');
  const cost = (series: Series | undefined) =>
    series === undefined ? 0 : named(series.measures, series.total).cost_nanos;
  return [
    ...[cost(chart.total), cost(chart.series[0])],
    ...[cost(await reports.total(order)), days.daily.at(-1)?.cumulativeCost ?? 0],
    key.cost,
  ];
}

const all = (cost: number) => [cost, cost, cost, cost, cost];

/** Behind our back, as no part of the product does it. */
function falsify(day: number): void {
  const database = new DatabaseSync(join(folder, 'test.db'));
  database.prepare('update usage_daily set cost_nanos = 1000 where bucket = ?').run(day / DAY_MS);
  database.close();
}

const day = (date: string) => Date.parse(`${date}T00:00:00Z`);

test('days that have ended are read once, the one that goes on each time', async () => {
  await spend(NOW - 3 * DAY_MS, 5);
  await spend(NOW, 7);
  assert.deepEqual(await spent(), all(12));
  falsify(day('2026-11-17'));
  await spend(NOW, 20);
  assert.deepEqual(await spent(), all(32), 'the day that ended is remembered');
  falsify(day('2026-11-20'));
  assert.deepEqual(await spent(), all(1_005), 'this one is not');
});

test('what is recorded in a day that has ended is seen at once', async () => {
  await spend(NOW - 3 * DAY_MS, 5);
  assert.deepEqual(await spent(), all(5));
  await spend(NOW - 3 * DAY_MS, 6);
  assert.deepEqual(await spent(), all(11));
  await spend(NOW - 4 * DAY_MS, 7);
  assert.deepEqual(await spent(), all(18));
});

test('a stream that ends after midnight is seen, and the day after it begins to be remembered later', async () => {
  now = day('2026-11-21') + 60_000;
  const span = { start: '2026-11-10', end: '2026-11-20' };
  const cost = async () => (await reports.costByUser(span, null)).daily.at(-1)?.cumulativeCost;
  await spend(day('2026-11-21') - 1_000, 5);
  assert.equal(await cost(), 5);
  falsify(day('2026-11-20'));
  assert.equal(await cost(), 1_000, 'it has only just ended');
  now += 300_000;
  assert.equal(await cost(), 1_000);
  await spend(day('2026-11-21') - 500, 3);
  assert.equal(await cost(), 1_003);
});

test('everything is found again by whoever asks while it is read', async () => {
  for (let n = 0; n < 5; n++) await spend(NOW - n * DAY_MS, 2);
  const found = await Promise.all(Array.from({ length: 20 }, spent));
  assert.deepEqual(found, Array(20).fill(all(10)));
});

test('a chart leaves no group less than nothing, whatever is recorded while it is read', async () => {
  let isOver = false;
  const recording = (async () => {
    for (let n = 0; n < 100; n++) await spend(NOW, 1, `usr_${n % 3}`);
    isOver = true;
  })();
  const order = { span: span(), selection, metric: 'requests', groups: ['user'], top: 1 } as const;
  while (!isOver) {
    const { series, total } = await reports.chart(order);
    const sums = series.map((one) => one.total[0] ?? 0);
    assert.ok(Math.min(0, ...sums) === 0, `${sums}`);
    assert.equal(
      sums.reduce((sum, one) => sum + one, 0),
      total.total[0] ?? 0,
    );
  }
  await recording;
});

test('questions that find nothing fill no memory: the oldest answers make room for them', async () => {
  await spend(NOW - 3 * DAY_MS, 5);
  assert.deepEqual(await spent(), all(5));
  falsify(day('2026-11-17'));
  const askForNobody = (n: number) => {
    const model = `${n}${'x'.repeat(200_000)}`;
    return reports.total({ span: span(), selection: { userId: null, names: { model } } });
  };
  await askForNobody(0);
  assert.deepEqual(await spent(), all(5), 'there is room for both');
  for (let n = 1; n < 150; n++) await askForNobody(n);
  assert.deepEqual(await spent(), all(1_000), 'what was read before is read anew');
});
