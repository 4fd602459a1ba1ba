import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type DatabaseConnection,
  type Dialect,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely';
import { nanos } from '../../contract/money.ts';
import { COST_SOURCES, OUTCOMES } from '../../contract/usage.ts';
import { type Clock, systemClock } from '../clock.ts';
import { up as rollUps } from '../storage/migrations/0010-roll-ups.ts';
import { up as spent } from '../storage/migrations/0015-spent.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { usageRecord } from './record-for-tests.ts';
import { createRecords, type Records, rollUpsAgree, type UsageRecord } from './records.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const clock: Clock = { ...systemClock, now: () => NOW };

let folder: string;
let storage: Storage;
let records: Records;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-roll-up-'));
  storage = await openSqlite({ file: join(folder, 'test.db'), clock });
  records = createRecords({ storage, clock });
});

afterEach(async () => {
  await storage.close();
  rmSync(folder, { recursive: true, force: true });
});

const recordOf = (id: string, more: Partial<UsageRecord> = {}): UsageRecord =>
  usageRecord({ id, startedAt: NOW, ttftMs: 120, durationMs: 500, ...more });

const commit = (record: UsageRecord) => storage.commit(records.finish(record, null));

async function wrong(): Promise<readonly string[]> {
  const findings = await rollUpsAgree(storage);
  return findings.filter(({ ok }) => !ok).map(({ name }) => name);
}

async function run(...statements: string[]): Promise<void> {
  await storage.commit(statements.map((text) => ({ sql: text, parameters: [] })));
}

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const tokens = some(fc.nat(1_000_000));

/** Any record, also such as never happen: few names and few ids, so that sums meet and records repeat. */
const anyRecord: fc.Arbitrary<UsageRecord> = fc
  .record({
    id: fc.nat(25).map((n) => `req_${n}`),
    more: fc.record({
      virtualKeyId: fc.constantFrom('vk_1', 'vk_2'),
      userId: fc.constantFrom('usr_1', 'usr_2'),
      providerId: fc.constantFrom(null, 'local', 'other'),
      providerKeyId: fc.constantFrom(null, 'pk_1', 'pk_2'),
      model: fc.constantFrom(null, '', 'small', 'two\nlines'),
      servedModel: fc.constantFrom(null, 'small', 'served'),
      outcome: fc.constantFrom(...OUTCOMES),
      costSource: fc.constantFrom(...COST_SOURCES),
      cost: some(fc.nat(1_000_000_000).map(nanos)),
      charge: some(fc.nat(1_000_000_000)).map((amount) =>
        amount === null ? null : { amount: nanos(amount), held: nanos(amount), plan: 'cost' },
      ),
      tokens: fc.record({
        input: tokens,
        cachedInput: tokens,
        cacheWrite5m: tokens,
        cacheWrite1h: tokens,
        output: tokens,
        reasoning: tokens,
      }),
      startedAt: fc.integer({ min: NOW - 200_000_000, max: NOW }),
      ttftMs: some(fc.oneof(fc.nat(200_000), fc.constantFrom(50, 51, 71, 72, 51_200, 51_201))),
    }),
  })
  .map(({ id, more }) => recordOf(id, more));

/** A commit that the schema refuses after its record was written: nothing of it may stay. */
const refusedCommit = { sql: 'insert into users (id) values (null)', parameters: [] };

describe('the sums of hours and days', () => {
  test('are those of the records, whatever is written, twice, refused, or in one batch with it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(anyRecord, fc.boolean()), { maxLength: 40 }),
        async (steps) => {
          await run(
            'delete from usage_hourly',
            'delete from usage_daily',
            'delete from usage_records',
          );
          const commits = steps.map(([record, isRefused]) =>
            storage.commit([
              ...records.finish(record, null),
              ...(isRefused ? [refusedCommit] : []),
            ]),
          );
          await Promise.allSettled(commits);
          assert.deepEqual(await wrong(), []);
          const { rows } = await sql<{ kept: number; summed: number }>`
            select (select count(*) from usage_records) as kept,
              (select coalesce(sum(requests + unowed + refused), 0) from usage_daily where cut = 0) as summed
          `.execute(storage.db);
          assert.equal(rows[0]?.summed, rows[0]?.kept);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('add a record once, however often it is written', async () => {
    await Promise.all([commit(recordOf('req_1')), commit(recordOf('req_1'))]);
    await commit(recordOf('req_1', { cost: nanos(5) }));
    const row = await storage.db
      .selectFrom('usage_daily')
      .select(['requests', 'cost_nanos', 'input_tokens', 'ttft_03'])
      .where('cut', '=', 0)
      .executeTakeFirst();
    assert.deepEqual({ ...row }, { requests: 1, cost_nanos: 21_000, input_tokens: 10, ttft_03: 1 });
  });

  test('put a request into the hour and day in which it started', async () => {
    const late = Date.parse('2026-11-19T23:59:59.999Z');
    await commit(recordOf('req_1', { startedAt: late }));
    await commit(recordOf('req_2', { startedAt: late + 1 }));
    const bucketsOf = async (table: 'usage_hourly' | 'usage_daily', length: number) => {
      const rows = await storage.db
        .selectFrom(table)
        .select('bucket')
        .where('cut', '=', 1)
        .execute();
      return rows.map(({ bucket }) => bucket * length);
    };
    const midnight = late + 1;
    assert.deepEqual(await bucketsOf('usage_hourly', 3_600_000), [midnight - 3_600_000, midnight]);
    assert.deepEqual(await bucketsOf('usage_daily', 86_400_000), [midnight - 86_400_000, midnight]);
  });

  test('are filled from the records that were there before the sums', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 40 }), async (all) => {
        await run('delete from usage_records');
        await Promise.all(all.map(commit));
        await run(
          ...['usage_hourly', 'usage_daily', 'usage_cells'].map((table) => `drop table ${table}`),
          'drop view usage_measures',
        );
        await migrate(rollUps);
        await migrate(spent);
        assert.deepEqual(await wrong(), []);
      }),
      { numRuns: 20 },
    );
  });

  test('that differ from the records, or are missing, or have none, are found', async () => {
    await commit(recordOf('req_1'));
    await commit(recordOf('req_2', { startedAt: NOW + 90_000_000 }));
    assert.deepEqual(await wrong(), []);
    const hour = ['each hour is the sum of its usage records'];
    const day = ['each day is the sum of its usage records'];
    for (const [broken, mended, found] of [
      ['update usage_hourly set ttft_03 = 7', 'update usage_hourly set ttft_03 = 1', hour],
      ['update usage_daily set cost_nanos = 1', 'update usage_daily set cost_nanos = 21000', day],
      [
        "update usage_records set model = 'x' where id = 'req_2'",
        "update usage_records set model = 'small' where id = 'req_2'",
        [...hour, ...day],
      ],
    ] as const) {
      await run(broken);
      assert.deepEqual(await wrong(), found);
      await run(mended);
      assert.deepEqual(await wrong(), []);
    }
    await run('delete from usage_daily where cut = 3');
    assert.deepEqual(await wrong(), day);
  });

  test('outlive the records that retention takes away, and are still checked from there on', async () => {
    await commit(recordOf('req_1', { startedAt: NOW - 86_400_000 }));
    await commit(recordOf('req_2'));
    await commit(recordOf('req_3'));
    await run("delete from usage_records where id in ('req_1', 'req_2')");
    assert.deepEqual(await wrong(), []);
    await run('update usage_daily set requests = 0');
    assert.deepEqual(await wrong(), ['each day is the sum of its usage records']);
  });
});

describe('what was spent', () => {
  test('is the charge of a record, or its cost where nobody was charged, of a key or all of a user, also of what was cleared away', async () => {
    const today = Math.floor(NOW / 86_400_000);
    const charge = { amount: nanos(5), held: nanos(9), plan: 'flat' };
    const long = { startedAt: NOW - 40 * 86_400_000 };
    await commit(recordOf('req_1', { ...long, virtualKeyId: 'vk_1', cost: nanos(1_000) }));
    await commit(recordOf('req_2', { virtualKeyId: 'vk_1', cost: nanos(100), charge }));
    await commit(recordOf('req_3', { virtualKeyId: 'vk_2', cost: nanos(70) }));
    await commit(recordOf('req_4', { virtualKeyId: 'vk_2', cost: null }));
    await commit(recordOf('req_5', { userId: 'usr_2', cost: nanos(4_000) }));
    const isRight = async () => {
      const user = { userId: 'usr_1' };
      assert.deepEqual(await records.spentSince(user, [0, today - 39, today + 1]), [1_075, 75, 0]);
      assert.deepEqual(
        await records.spentSince({ ...user, keyId: 'vk_1' }, [0, today]),
        [1_005, 5],
      );
      assert.deepEqual(await records.spentSince({ userId: 'usr_3' }, [0]), [0]);
    };
    await isRight();
    await run("delete from usage_records where id <> 'req_4'");
    await isRight();
  });

  test('is nothing before there is a record', async () => {
    assert.deepEqual(await records.spentSince({ userId: 'usr_1' }, [0, 1]), [0, 0]);
  });
});

/** Runs a migration on the open database, which takes writes by `commit` alone. */
async function migrate(migration: (db: Kysely<unknown>) => Promise<void>): Promise<void> {
  class Committing extends DummyDriver {
    override async acquireConnection(): Promise<DatabaseConnection> {
      return {
        async executeQuery({ sql: text, parameters }) {
          await storage.commit([{ sql: text, parameters }]);
          return { rows: [] };
        },
        streamQuery() {
          throw new Error('a migration streams nothing');
        },
      };
    }
  }
  const dialect: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new Committing(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  await migration(new Kysely<unknown>({ dialect }));
}
