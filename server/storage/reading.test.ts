import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { systemClock } from '../clock.ts';
import { openSqlite, type Storage } from './storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-reading-'));
let storage: Storage;

before(async () => {
  storage = await openSqlite({
    file: join(folder, 'test.db'),
    clock: systemClock,
    questionMs: 100,
  });
});
after(async () => {
  await storage.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Counts up to so many; the long one takes a good part of a second, and a question here may take a tenth. */
const counting = (most: number) => sql<{ n: number }>`
  with recursive c(n) as (select 1 union all select n + 1 from c where n < ${most})
  select count(*) as n from c`;
const LONG = 3_000_000;

const write = (n: number) => ({
  sql: 'insert into storage_probe (id, at) values (?, 0)',
  parameters: [n],
});

describe('a question to the database', () => {
  test('T59: that takes too long is given up as unavailable, in words, and no write is lost by it', async () => {
    const lost = assert.rejects(counting(LONG).execute(storage.questions), {
      code: 'storage_unavailable',
      message: /takes the database too long/,
    });
    await Promise.all([storage.commit([write(2)]), storage.commit([write(3)])]);
    await lost;
    const rows = await storage.db
      .selectFrom('storage_probe' as never)
      .selectAll()
      .execute();
    assert.equal(rows.length, 2);
  });

  test('T59: given up in every thread, leaves threads that answer the next ones', async () => {
    const long = [1, 2, 3].map((more) => counting(LONG + more).execute(storage.questions));
    const ends = await Promise.allSettled(long);
    assert.deepEqual(new Set(ends.map(({ status }) => status)), new Set(['rejected']));
    const { rows } = await counting(10).execute(storage.db);
    assert.deepEqual(rows, [{ n: 10 }]);
  });

  test('whose thread cannot start is answered by the one there is, or is refused in words if there is none', async (t) => {
    const file = join(folder, 'gone.db');
    const other = await openSqlite({ file, clock: systemClock, questionMs: 100 });
    t.after(() => other.close());
    rmSync(file);
    const found = await Promise.all([1, 2].map((n) => counting(n).execute(other.db)));
    assert.deepEqual(
      found.map(({ rows }) => rows[0]?.n),
      [1, 2],
    );
    await assert.rejects(counting(LONG).execute(other.questions), { code: 'storage_unavailable' });
    const refusal = { code: 'storage_unavailable', message: /cannot be read now/ };
    await assert.rejects(counting(3).execute(other.db), refusal);
  });

  test('may take as long as it needs where nobody waits for it', async () => {
    const { rows } = await counting(LONG + 9).execute(storage.db);
    assert.deepEqual(rows, [{ n: LONG + 9 }]);
  });

  test('asked by many at once is asked once more at most, and knows what was written before', async () => {
    const count = () =>
      storage.db
        .selectFrom('storage_probe' as never)
        .selectAll()
        .execute();
    const before = (await count()).length;
    for (let n = 10; n < 30; n++) {
      const many = Array.from({ length: 5 }, count);
      await storage.commit([write(n)]);
      assert.equal((await count()).length, before + n - 9);
      await Promise.all(many);
    }
  });

  test('is answered with bytes, with text and with nothing alike', async () => {
    const { rows } =
      await sql`select x'00ff' as bytes, 'é"' as text, null as none, 1.5 as number`.execute(
        storage.db,
      );
    assert.deepEqual(rows, [
      { bytes: new Uint8Array([0, 255]), text: 'é"', none: null, number: 1.5 },
    ]);
  });

  test('that was asked before the end is answered before the end', async () => {
    const file = join(folder, 'closing.db');
    const other = await openSqlite({ file, clock: systemClock });
    const asked = Array.from({ length: 9 }, (_, n) => counting(1_000 + n).execute(other.db));
    // They are asked when the builder of queries has had its turn.
    await setImmediate();
    await other.close();
    const found = await Promise.all(asked);
    assert.deepEqual(
      found.map(({ rows }) => rows[0]?.n),
      asked.map((_, n) => 1_000 + n),
    );
  });
});
