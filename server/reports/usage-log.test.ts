import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { systemClock as clock } from '../clock.ts';
import { firstId } from '../id.ts';
import { usageRecord } from '../records/record-for-tests.ts';
import { createRecords } from '../records/records.ts';
import { openSqlite } from '../storage/storage.ts';
import { usageLog, usageLogTotals } from './usage-log.ts';

const HOUR_MS = 3_600_000;
const FIRST = Date.parse('2026-11-18T21:30:00Z');

test('the totals are those of the rows, whichever have been cleared away', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-usage-log-'));
  const storage = await openSqlite({ file: join(folder, 'test.db'), clock });
  t.after(async () => {
    await storage.close();
    rmSync(folder, { recursive: true });
  });
  const records = createRecords({ storage, clock });
  const startOf = (n: number) => FIRST + n * 5 * HOUR_MS;
  for (let n = 0; n < 14; n++) {
    const startedAt = startOf(n);
    const record = usageRecord({
      ...{ id: `${firstId('req', startedAt)}${String(n).padStart(20, '0')}`, startedAt },
      ...{ providerKeyId: `pk_${n % 2}`, cost: nanos(3 ** n) },
      ...(n % 5 === 4 && ({ outcome: 'refused' } as const)),
    });
    await storage.commit(records.finish(record, null));
  }
  for (let left = 14; left >= 0; left--) {
    for (const keyId of [null, 'pk_0', 'pk_1', 'pk_of_nobody']) {
      const filter = { source: 'gateway', keyId } as const;
      const rows = await usageLog(storage.db, filter, { before: null, limit: 100 });
      const expected = { input: 0, output: 0, cost: 0 };
      for (const { input, output, cost } of rows) {
        expected.input += input;
        expected.output += output;
        expected.cost += cost ?? 0;
      }
      assert.deepEqual(await usageLogTotals(storage.db, filter), expected, `${left} ${keyId}`);
    }
    await records.prune(startOf(14), 1);
  }
});
