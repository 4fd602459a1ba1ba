import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../clock.ts';
import { assertDurable, bindable, Connection, isEnvironmentFault } from './connection.ts';
import {
  DatabaseInUse,
  DatabaseUnusable,
  openSqlite,
  openToRead,
  type Storage,
  type Write,
} from './storage.ts';

let folder: string;
let file: string;
let open: Storage[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-storage-'));
  file = join(folder, 'test.db');
  open = [];
});

afterEach(async () => {
  for (const storage of open) await storage.close();
  rmSync(folder, { recursive: true, force: true });
});

async function openHere(onState?: (state: 'ok' | 'failing') => void): Promise<Storage> {
  const storage = await openSqlite({
    file,
    clock: systemClock,
    ...(onState === undefined ? {} : { onState }),
  });
  open.push(storage);
  return storage;
}

async function close(storage: Storage): Promise<void> {
  open = open.filter((other) => other !== storage);
  await storage.close();
}

const userWrite = (id: string, username = id): Write => ({
  sql: 'insert into users (id, username, created_at) values (?, ?, 1)',
  parameters: [id, username],
});

async function userIds(storage: Storage): Promise<string[]> {
  const rows = await storage.db.selectFrom('users').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

/** Whether the bytes of the text stand anywhere in the files of the database. */
function isOnDisk(text: string): boolean {
  return [file, `${file}-wal`].some((name) => readFileSync(name).includes(text));
}

describe('a commit that erases', () => {
  /** So long that each fills pages of its own, which become free as a whole. */
  const preferences = (id: string): string => `zebra-of-${id}-`.repeat(2_000);

  async function storeTwo(storage: Storage): Promise<void> {
    const sql = 'insert into preferences (user_id, chosen, updated_at) values (?, ?, 1)';
    const ids = ['usr_ann', 'usr_ben'];
    await storage.commit([
      ...ids.map((id) => userWrite(id, `zebra-name-of-${id}`)),
      ...ids.map((id) => ({ sql, parameters: [id, preferences(id)] })),
    ]);
  }

  const eraseAnn: Write[] = [
    { sql: 'delete from preferences where user_id = ?', parameters: ['usr_ann'] },
    { sql: "update users set username = 'gone' where id = ?", parameters: ['usr_ann'] },
  ];

  test('leaves nothing of it in the files, be it in the log or in a free page', async () => {
    const storage = await openHere();
    await storeTwo(storage);
    await storage.commit(eraseAnn, { erases: true });
    assert.equal(isOnDisk('zebra-of-usr_ann'), false);
    assert.equal(isOnDisk('zebra-name-of-usr_ann'), false);
    assert.equal(isOnDisk('zebra-name-of-usr_ben'), true);
  });

  test('is done with by the next one where somebody was reading meanwhile', async () => {
    const storage = await openHere();
    await storeTwo(storage);
    const reader = new DatabaseSync(file, { readOnly: true });
    reader.exec('begin');
    reader.prepare('select count(*) from users').get();
    await storage.commit(eraseAnn, { erases: true });
    assert.equal(isOnDisk('zebra-of-usr_ann'), true);
    reader.exec('rollback');
    reader.close();
    await storage.commit([userWrite('usr_cora')]);
    assert.equal(isOnDisk('zebra-of-usr_ann'), false);
    assert.deepEqual(await userIds(storage), ['usr_ann', 'usr_ben', 'usr_cora']);
  });
});

describe('an open database', () => {
  test('shows to a read what was acknowledged before', async () => {
    const storage = await openHere();
    for (let i = 0; i < 50; i++) {
      await storage.commit([userWrite(`u${i}`)]);
      const found = await storage.db
        .selectFrom('users')
        .select('username')
        .where('id', '=', `u${i}`)
        .executeTakeFirst();
      assert.equal(found?.username, `u${i}`);
    }
  });

  test('writes all of a commit or none of it, and the rest of its batch', async () => {
    const storage = await openHere();
    const [first, second, third] = await Promise.allSettled([
      storage.commit([userWrite('a')]),
      storage.commit([userWrite('b'), userWrite('c', 'a')]),
      storage.commit([userWrite('d')]),
    ]);
    assert.equal(first.status, 'fulfilled');
    assert.equal(second.status === 'rejected' && second.reason.code, 'conflict');
    assert.equal(third.status, 'fulfilled');
    assert.deepEqual(await userIds(storage), ['a', 'd']);
    assert.equal(storage.state(), 'ok');
  });

  test('undoes a commit that changed another number of rows than expected', async () => {
    const storage = await openHere();
    const rename: Write = {
      sql: 'update users set username = ? where id = ?',
      parameters: ['new', 'nobody'],
      rows: 1,
    };
    await assert.rejects(storage.commit([userWrite('a'), rename]), { code: 'conflict' });
    assert.deepEqual(await userIds(storage), []);
  });

  test('lets nobody write past its queue', async () => {
    const storage = await openHere();
    const insert = storage.db.insertInto('users').values({ id: 'a', username: 'a', created_at: 1 });
    await assert.rejects(insert.execute(), { code: 'storage_unavailable' });
    await assert.rejects(
      storage.db.transaction().execute(async () => undefined),
      /storage\.commit/,
    );
    assert.deepEqual(await userIds(storage), []);
  });

  test('is refused to a second process, and free again when the first has closed', async () => {
    const storage = await openHere();
    const door = new URL('./storage.ts', import.meta.url).href;
    const clock = new URL('../clock.ts', import.meta.url).href;
    const second = `
      const { openSqlite } = await import(${JSON.stringify(door)});
      const { systemClock } = await import(${JSON.stringify(clock)});
      const storage = await openSqlite({ file: ${JSON.stringify(file)}, clock: systemClock });
      await storage.close();
      console.log('opened');`;
    const script = join(folder, 'second.mjs');
    writeFileSync(script, second);
    const run = () => spawnSync(process.execPath, [script], { encoding: 'utf8' });
    const refused = run();
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /another process is using/);
    await storage.commit([userWrite('a')]);
    await close(storage);
    assert.equal(run().stdout, 'opened\n');
  });

  test('and its companions may be read by their owner alone', async () => {
    const storage = await openHere();
    await storage.commit([userWrite('a')]);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) {
      assert.equal(statSync(name).mode & 0o777, 0o600, name);
    }
  });
});

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;

/** Files of this process can grow no further than this: for SQLite the disk is full. */
function limitFiles(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
}

describe('a disk that takes no more', { skip: hasPrlimit ? false : 'needs prlimit' }, () => {
  test('is told to every writer, reads go on, and what was to be kept is written when it can be', async () => {
    const recovered = Promise.withResolvers<void>();
    const states: string[] = [];
    const storage = await openHere((state) => {
      states.push(state);
      if (state === 'ok') recovered.resolve();
    });
    await storage.commit([userWrite('before')]);
    limitFiles(statSync(`${file}-wal`).size);
    try {
      const refused = { code: 'storage_unavailable' };
      const [kept, dropped] = await Promise.allSettled([
        storage.commit([userWrite('kept')], { keep: true }),
        storage.commit([userWrite('dropped')]),
      ]);
      assert.equal(kept.status === 'rejected' && kept.reason.code, refused.code);
      assert.equal(dropped.status === 'rejected' && dropped.reason.code, refused.code);
      assert.equal(storage.state(), 'failing');
      assert.deepEqual(await userIds(storage), ['before']);
    } finally {
      limitFiles('unlimited');
    }
    await recovered.promise;
    assert.equal(storage.state(), 'ok');
    assert.deepEqual(states, ['failing', 'ok']);
    assert.deepEqual(await userIds(storage), ['before', 'kept']);
    await storage.commit([userWrite('after')]);
    assert.deepEqual(await userIds(storage), ['after', 'before', 'kept']);
  });
});

describe('closing', () => {
  test('writes what is still queued', async () => {
    const storage = await openHere();
    const commits = Array.from({ length: 200 }, (_, i) => storage.commit([userWrite(`u${i}`)]));
    await close(storage);
    await Promise.all(commits);
    assert.equal((await userIds(await openHere())).length, 200);
  });
});

describe('what was deleted', () => {
  test('is not left in the free space of the file', async () => {
    const storage = await openHere();
    const many = Array.from({ length: 50 }, (_, i) => userWrite(`u${i}`, `name-${i}-of-somebody`));
    await storage.commit(many);
    await close(storage);
    const bytes = () => readFileSync(file, 'latin1');
    assert.ok(bytes().includes('name-17-of-somebody'));
    const again = await openHere();
    await again.commit([{ sql: 'delete from users where id = ?', parameters: ['u17'] }]);
    await close(again);
    assert.ok(!bytes().includes('name-17-of-somebody'));
    assert.ok(bytes().includes('name-18-of-somebody'));
  });
});

describe('the schema', () => {
  test('is left untouched by a migration that fails half-way', async () => {
    const before = new DatabaseSync(file);
    // The migration makes its first tables, then meets this one.
    before.exec('create table prices (id text)');
    before.close();
    const isPlain = (error: Error) =>
      error instanceof DatabaseUnusable && /migrated: .*prices/.test(error.message);
    await assert.rejects(openHere(), isPlain);
    const after = new DatabaseSync(file);
    const names = after.prepare("select name from sqlite_schema where type = 'table'").all();
    after.close();
    const left = names.map(({ name }) => String(name)).filter((name) => !/^kysely_/.test(name));
    assert.deepEqual(left, ['prices']);
  });

  test('of a newer version is refused in words, with nothing changed', async () => {
    await close(await openHere());
    const newer = new DatabaseSync(file);
    newer.exec("insert into kysely_migration values ('9999-yet-to-come', '2030-01-01')");
    newer.close();
    const isPlain = (error: Error) =>
      error instanceof DatabaseUnusable && /a newer version .*9999-yet-to-come/.test(error.message);
    await assert.rejects(openHere(), isPlain);
  });

  test('is made once and found again by the next start', async () => {
    const first = await openHere();
    await first.commit([userWrite('a')]);
    await close(first);
    assert.deepEqual(await userIds(await openHere()), ['a']);
  });
});

describe('what may be stored', () => {
  test('is text, numbers, bytes and null', () => {
    const values = ['text', 1, 1.5, 2n, null, new Uint8Array([1])];
    assert.equal(bindable(values), values);
  });

  for (const value of [undefined, true, {}, [], new Date(0), () => 1, Symbol('s')]) {
    test(`is never ${value === undefined ? 'undefined' : Object.prototype.toString.call(value)}`, () => {
      assert.throws(() => bindable([1, value]), TypeError);
    });
  }

  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`is never ${value}, which would be stored as null or as no integer`, () => {
      assert.throws(() => bindable([value]), new TypeError(`${value} cannot be stored`));
    });
  }

  test('is checked before anything is queued', async () => {
    const storage = await openHere();
    const bad: Write = { sql: 'insert into users values (?, ?, ?)', parameters: ['a', 'a', true] };
    await assert.rejects(storage.commit([userWrite('b'), bad]), TypeError);
    assert.deepEqual(await userIds(storage), []);
  });
});

describe('durability', () => {
  test('is refused to a connection whose settings drifted', () => {
    const connection = new Connection(file, 'writer');
    assertDurable(connection.database);
    connection.database.exec('pragma synchronous = normal');
    assert.throws(() => assertDurable(connection.database), /synchronous=1/);
    connection.database.exec('pragma synchronous = full; pragma journal_mode = delete');
    assert.throws(() => assertDurable(connection.database), /journal_mode=delete/);
    connection.close();
  });

  test('is asked of who writes: a file that was left empty, or brought back otherwise, opens', async () => {
    writeFileSync(file, '');
    const look = async () => {
      const looking = openToRead(file);
      await looking.close();
    };
    await look();
    await close(await openHere());
    const other = new DatabaseSync(file);
    other.exec('pragma journal_mode = delete');
    other.close();
    await look();
    await openHere();
  });

  test('a lock that cannot be taken for another reason is not said to be taken', async () => {
    mkdirSync(`${file}.lock`);
    await assert.rejects(
      openHere(),
      (error) => error instanceof DatabaseUnusable && !(error instanceof DatabaseInUse),
    );
  });

  test('tells a fault of the machine from a broken rule', () => {
    const failing = (errcode: number) => Object.assign(new Error('failed'), { errcode });
    for (const code of [5, 10, 13, 14, 10 | (3 << 8)]) {
      assert.equal(isEnvironmentFault(failing(code)), true, String(code));
    }
    for (const code of [1, 19, 19 | (8 << 8), 20]) {
      assert.equal(isEnvironmentFault(failing(code)), false, String(code));
    }
    assert.equal(isEnvironmentFault(new Error('no code')), false);
    assert.equal(isEnvironmentFault(null), false);
  });
});
