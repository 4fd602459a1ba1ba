/** T22: a connection whose commits could be lost with the power is refused, because nothing else would tell. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { assertDurable, Connection } from '../../server/storage/connection.ts';

describe('T22 durability', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-t22-'));
  const file = join(folder, 'x.db');
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const mode of ['writer', 'reader'] as const) {
    test(`T22 a ${mode} has synchronous=2 and journal_mode=wal`, () => {
      new Connection(file, 'writer').close();
      const { database } = new Connection(file, mode);
      assert.equal(database.prepare('pragma synchronous').get()?.['synchronous'], 2);
      assert.equal(database.prepare('pragma journal_mode').get()?.['journal_mode'], 'wal');
      assertDurable(database);
      database.close();
    });
  }

  for (const level of ['off', 'normal']) {
    test(`T22 a connection that drifted to synchronous=${level} is refused by name`, () => {
      const { database } = new Connection(file, 'writer');
      database.exec(`pragma synchronous = ${level}`);
      assert.throws(() => assertDurable(database), /not durable: synchronous=/);
      database.close();
    });
  }

  for (const mode of ['delete', 'truncate', 'persist', 'memory']) {
    test(`T22 a connection that drifted to journal_mode=${mode} is refused by name`, () => {
      const { database } = new Connection(join(folder, `${mode}.db`), 'writer');
      database.exec(`pragma journal_mode = ${mode}`);
      assert.throws(() => assertDurable(database), new RegExp(`not durable: journal_mode=${mode}`));
      database.close();
    });
  }
});
