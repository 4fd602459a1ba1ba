import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { UNKNOWN_USAGE } from '../../contract/usage.ts';
import { type Clock, systemClock } from '../clock.ts';
import { firstId } from '../id.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { usageRecord } from './record-for-tests.ts';
import { createRecords, type Records, type UsageRecord } from './records.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-11-20T12:30:30Z');

let folder: string;
let storage: Storage;
let records: Records;
let now: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-admitted-'));
  now = NOW;
  const clock: Clock = { ...systemClock, now: () => now };
  storage = await openSqlite({ file: join(folder, 'test.db'), clock });
  records = createRecords({ storage, clock });
});

afterEach(async () => {
  await storage.close();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;

/** A request of 12 tokens, on disk. */
async function begun(startedAt: number, what: Partial<UsageRecord> = {}): Promise<void> {
  const id = `${firstId('req', startedAt)}${String(count++).padStart(20, '0')}`;
  await storage.commit(records.finish(usageRecord({ id, startedAt, ...what }), null));
}

/** Requests and tokens from an instant on, by key. */
async function since(start: number): Promise<Record<string, readonly [number, number]>> {
  const sums: Record<string, [number, number]> = {};
  for (const { keyId, at, requests, tokens } of await records.admittedToday()) {
    if (at < start) continue;
    const sum = sums[keyId] ?? [0, 0];
    sums[keyId] = sum;
    sum[0] += requests;
    sum[1] += tokens;
  }
  return sums;
}

test('what was admitted today is told for the minute, the hour and the day, in a row for each hour', async () => {
  await begun(Date.parse('2026-11-19T23:59:59Z'));
  for (let request = 0; request < 40; request++) await begun(NOW - 5 * HOUR + request * MINUTE);
  await begun(NOW - 20 * MINUTE, { virtualKeyId: 'vk_2', userId: 'usr_2' });
  await begun(NOW - 10 * MINUTE);
  await begun(NOW - 10_000);
  await begun(NOW - 5_000);
  assert.deepEqual(await since(NOW - 30_000), { vk_1: [2, 24] });
  assert.deepEqual(await since(NOW - 30 * MINUTE - 30_000), { vk_1: [3, 36], vk_2: [1, 12] });
  assert.deepEqual(await since(0), { vk_1: [43, 43 * 12], vk_2: [1, 12] });
  assert.equal((await records.admittedToday()).length, 5);
});

test('what was refused or cost nothing was not admitted', async () => {
  await begun(NOW - HOUR, { outcome: 'refused', costSource: 'none' });
  await begun(NOW - 1_000, { outcome: 'refused', costSource: 'none' });
  await begun(NOW - 1_000, { costSource: 'none' });
  await begun(NOW - 1_000, { cost: null, costSource: 'unpriced', tokens: UNKNOWN_USAGE });
  assert.deepEqual(await since(0), { vk_1: [1, 0] });
});

test('a clock that was set back between two starts loses nothing of the minute before', async () => {
  await begun(NOW - 20 * MINUTE);
  await begun(NOW);
  now = NOW - 3 * HOUR;
  assert.deepEqual(await since(NOW - 30_000), { vk_1: [1, 12] });
  assert.deepEqual(await since(0), { vk_1: [2, 24] });
});
