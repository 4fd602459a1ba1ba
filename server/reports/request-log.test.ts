import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../clock.ts';
import { firstId } from '../id.ts';
import { usageRecord } from '../records/record-for-tests.ts';
import { createRecords } from '../records/records.ts';
import { openSqlite, type Storage, type Write } from '../storage/storage.ts';
import { createReports, type Reports } from './reports.ts';

/** More than what is looked at before a page is known not to be full. */
const RECORDS = 20_500;
const START = Date.parse('2026-03-01T00:00:00Z');
const idOf = (index: number): string =>
  `${firstId('req', START)}${String(index).padStart(20, '0')}`;

/** Those that failed: two are old, two lie about where the first look ends, one is new. */
const FAILED = [3, 4, 499, 500, 20_498];

let folder: string;
let storage: Storage;
let reports: Reports;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-request-log-'));
  storage = await openSqlite({ file: join(folder, 'test.db'), clock: systemClock });
  const records = createRecords({ storage, clock: systemClock });
  reports = createReports({ storage, clock: systemClock });
  const first = usageRecord({ id: idOf(0), startedAt: START });
  await storage.commit(records.finish(first, null));
  const row = await storage.db.selectFrom('usage_records').selectAll().executeTakeFirstOrThrow();
  await storage.commit([copiesOf(Object.keys(row))]);
});

after(async () => {
  await storage.close();
  await rm(folder, { recursive: true });
});

/** All others, one each millisecond: told to the database one by one they would take seconds. */
function copiesOf(columns: readonly string[]): Write {
  const made: Record<string, string> = {
    id: `substr(r.id, 1, length(r.id) - 20) || printf('%020d', n.value)`,
    started_at: 'r.started_at + n.value',
    outcome: `iif(n.value in (${FAILED.join(', ')}), 'failed', r.outcome)`,
  };
  return {
    sql: `insert into usage_records (${columns.join(', ')})
      select ${columns.map((name) => made[name] ?? `r.${name}`).join(', ')}
      from usage_records as r cross join json_each(?) as n`,
    parameters: [JSON.stringify(Array.from({ length: RECORDS - 1 }, (_, index) => index + 1))],
  };
}

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
      [...Array<number>(20).fill(1_000), 500],
    );
  });
});
