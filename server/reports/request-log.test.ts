import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../clock.ts';
import { firstId } from '../id.ts';
import { usageRecord } from '../records/record-for-tests.ts';
import { createRecords } from '../records/records.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { createReports, type Reports } from './reports.ts';

/** More than what is looked at before a page is known not to be full. */
const RECORDS = 2_500;
const START = Date.parse('2026-03-01T00:00:00Z');
const idOf = (index: number): string =>
  `${firstId('req', START)}${String(index).padStart(20, '0')}`;

/** Those that failed: two are old, two lie about where the first look ends, one is new. */
const FAILED = [3, 4, 499, 500, 2_498];

let folder: string;
let storage: Storage;
let reports: Reports;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-request-log-'));
  storage = await openSqlite({ file: join(folder, 'test.db'), clock: systemClock });
  const records = createRecords({ storage, clock: systemClock });
  reports = createReports({ storage, clock: systemClock });
  const all = Array.from({ length: RECORDS }, (_, index) =>
    usageRecord({
      id: idOf(index),
      startedAt: START + index,
      outcome: FAILED.includes(index) ? 'failed' : 'completed',
    }),
  );
  await storage.commit(all.flatMap((record) => records.finish(record, null)));
});

after(async () => {
  await storage.close();
  await rm(folder, { recursive: true });
});

async function pagesOf(limit: number, outcome?: 'failed'): Promise<string[][]> {
  const selection = { userId: null, names: {} };
  const filter = { start: START, end: START + RECORDS, selection, outcome };
  const pages: string[][] = [];
  let before: string | null = null;
  do {
    const page = await reports.requests(filter, { before, limit });
    pages.push(page.rows.map(({ id }) => id));
    before = page.next;
  } while (before !== null);
  return pages;
}

describe('pages of the request log', () => {
  test('have every record once, newest first, however many lie between two that are asked for', async () => {
    const failed = FAILED.toReversed().map(idOf);
    for (const limit of [1, 2, 3, 5, 50]) {
      assert.deepEqual((await pagesOf(limit, 'failed')).flat(), failed, `pages of ${limit}`);
    }
    const all = Array.from({ length: RECORDS }, (_, index) => idOf(RECORDS - 1 - index));
    assert.deepEqual((await pagesOf(400)).flat(), all);
  });

  test('are full but for the last, wherever the records lie', async () => {
    assert.deepEqual(
      (await pagesOf(2, 'failed')).map(({ length }) => length),
      [2, 2, 1],
    );
    assert.deepEqual(
      (await pagesOf(1_000)).map(({ length }) => length),
      [1_000, 1_000, 500],
    );
  });
});
