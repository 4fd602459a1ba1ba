import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Clock, systemClock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { type Backups, createBackups } from './backups.ts';
import { openSqlite, openToRead, type Storage } from './storage.ts';

const DAY_MS = 86_400_000;

describe('backups of the database', () => {
  const root = mkdtempSync(join(tmpdir(), 'tollkeeper-backups-'));
  const file = join(root, 'live.db');
  const folder = join(root, 'backups');
  let now = Date.parse('2026-11-20T12:00:00Z');
  const clock: Clock = { ...systemClock, now: () => now };
  let storage: Storage;
  let backups: Backups;
  before(async () => {
    storage = await openSqlite({ file, clock });
    backups = createBackups({ file, folder, clock });
  });
  after(async () => {
    await storage.close();
    rmSync(root, { recursive: true, force: true });
  });

  const insertPrice = (id: string) =>
    storage.db
      .insertInto('prices')
      .values({ id, source: 'test', rates: '{}', first_used_at: 0 })
      .compile();

  async function pricesIn(path: string): Promise<readonly string[]> {
    const copy = openToRead(path);
    const rows = await copy.db.selectFrom('prices').select('id').orderBy('id').execute();
    await copy.close();
    return rows.map(({ id }) => id);
  }

  test('a copy holds all that was committed before it and nothing that came after', async () => {
    await storage.commit([insertPrice('before')]);
    const made = await backups.make('manual');
    await storage.commit([insertPrice('later')]);
    assert.equal(made.name, 'tollkeeper-2026-11-20T12-00-00Z-manual.db');
    assert.deepEqual(await pricesIn(join(folder, made.name)), ['before']);
    assert.deepEqual(await pricesIn(file), ['before', 'later']);
  });

  test('writes go on while a copy is made, and the copy is of one moment', async () => {
    const making = backups.make('manual');
    const writes = Array.from({ length: 20 }, (_, index) =>
      storage.commit([insertPrice(`n${index}`)]),
    );
    await Promise.all(writes);
    const made = await making;
    const copied = (await pricesIn(join(folder, made.name))).filter((id) => id.startsWith('n'));
    const expected = Array.from({ length: copied.length }, (_, index) => `n${index}`).sort();
    assert.deepEqual(copied, expected);
  });

  test('only the owner may read a copy and its folder', () => {
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const name of readdirSync(folder)) {
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    }
  });

  test('copies of one second have names of their own, and no half one is left', async () => {
    const made = await Promise.all([backups.make('reset'), backups.make('reset')]);
    assert.equal(new Set(made.map(({ name }) => name)).size, 2);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.partial')),
      [],
    );
    assert.equal(backups.list().length, 4);
  });

  test('a copy that cannot be made is an error and leaves nothing', async () => {
    const nowhere = createBackups({ file: join(root, 'missing.db'), folder, clock });
    const names = readdirSync(folder);
    await assert.rejects(
      nowhere.make('manual'),
      (error) => error instanceof Failure && error.code === 'storage_unavailable',
    );
    assert.deepEqual(readdirSync(folder), names);
  });

  test('T21 a copy that would fill the disk is not begun, for meanwhile nobody else could write', async () => {
    const large = join(root, 'large.db');
    const { bavail, bsize } = statfsSync(root);
    writeFileSync(large, '');
    // It takes no room itself.
    truncateSync(large, bavail * bsize);
    const names = readdirSync(folder);
    await assert.rejects(
      createBackups({ file: large, folder, clock }).make('manual'),
      (error: Failure) =>
        error.code === 'storage_unavailable' && /too little room/.test(error.message),
    );
    rmSync(large);
    assert.deepEqual(readdirSync(folder), names);
  });

  test('a folder that cannot be made is an error in words', async () => {
    const inFile = createBackups({ file, folder: join(file, 'backups'), clock });
    await assert.rejects(
      inFile.make('manual'),
      (error) => error instanceof Failure && error.code === 'storage_unavailable',
    );
  });

  test('once a day, the oldest daily ones making room, and no other kind', async () => {
    const rule = { intervalMs: DAY_MS, keep: 2 };
    const others = backups.list().length;
    const first = await backups.makeIfDue(rule);
    assert.equal(first?.kind, 'daily');
    now += DAY_MS - 1_000;
    assert.equal(await backups.makeIfDue(rule), null);
    for (let day = 0; day < 3; day++) {
      now += DAY_MS;
      await backups.makeIfDue(rule);
    }
    const daily = backups.list().filter(({ kind }) => kind === 'daily');
    assert.equal(daily.length, 2);
    assert.ok(daily.every(({ at }) => now - at <= DAY_MS));
    assert.equal(backups.list().length, others + 2);
  });

  test('a copy that a clock ahead of time has dated puts off no other, and makes room for it', async () => {
    const rule = { intervalMs: DAY_MS, keep: 2 };
    const daily = () => backups.list().filter(({ kind }) => kind === 'daily');
    const today = now;
    now = Date.parse('2030-01-01T00:00:00Z');
    await backups.makeIfDue(rule);
    now += DAY_MS;
    const ahead = await backups.makeIfDue(rule);
    now = today + DAY_MS;
    const made = await backups.makeIfDue(rule);
    assert.equal(made?.at, now);
    assert.deepEqual(daily(), [ahead, made]);
    assert.equal(await backups.makeIfDue(rule), null);
    now += DAY_MS;
    const next = await backups.makeIfDue(rule);
    assert.deepEqual(daily(), [next, made]);
  });

  test('what a crash left of a copy goes with the next daily one, and one under way stays', async () => {
    const stem = (at: number) =>
      `tollkeeper-${new Date(at).toISOString().slice(0, 19).replaceAll(':', '-')}Z-manual.db`;
    const [old, young] = [stem(now - 2 * DAY_MS), stem(now - 1_000)];
    for (const name of [old, `${old}.partial`, young, `${young}.partial`]) {
      writeFileSync(join(folder, name), name.endsWith('.partial') ? 'half a copy' : '');
    }
    now += DAY_MS / 2;
    await backups.makeIfDue({ intervalMs: 1_000, keep: 2 });
    const left = readdirSync(folder).filter(
      (name) => name.startsWith(old) || name.startsWith(young),
    );
    assert.deepEqual(left.sort(), [young, `${young}.partial`].sort());
    for (const name of left) rmSync(join(folder, name));
  });

  test('what else lies in the folder is left alone and is no backup', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    chmodSync(join(folder, 'notes.txt'), 0o600);
    now += DAY_MS;
    await backups.makeIfDue({ intervalMs: DAY_MS, keep: 1 });
    assert.ok(readdirSync(folder).includes('notes.txt'));
    assert.ok(backups.list().every(({ name }) => name !== 'notes.txt'));
  });
});
