import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { systemClock } from '../clock.ts';
import { openSqlite, openToRead } from '../storage/storage.ts';
import {
  createVault,
  everySecretOpens,
  findRootKey,
  type Place,
  readSeals,
  rotateRootKey,
} from './vault.ts';

const PLACE: Place = {
  purpose: 'provider-key',
  owner: null,
  row: 'pk_1',
  column: 'secret',
  boundTo: null,
};
const newKey = () => randomBytes(32).toString('base64url');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-root-key-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const databaseFile = () => at('test.db');

/** What the start would take as the root key. */
async function find(set: string | null = null, isProduction = false) {
  const seals = await readSeals(databaseFile());
  return findRootKey({ set, dataDir: folder, isProduction, seals });
}

/** A start that stores a secret and ends. */
async function storeSecret(set: string | null = null): Promise<void> {
  const { rootKey } = await find(set);
  const storage = await openSqlite({ file: databaseFile(), clock: systemClock });
  const vault = await createVault({ storage, clock: systemClock, rootKey });
  const { writes } = vault.put(PLACE, 'the secret', null);
  await storage.commit(writes);
  await storage.close();
}

/** The secret, as the next start could lend it. */
async function secretUnder(set: string | null = null): Promise<string> {
  const { rootKey } = await find(set);
  const storage = await openSqlite({ file: databaseFile(), clock: systemClock });
  try {
    const vault = await createVault({ storage, clock: systemClock, rootKey });
    return vault.use(PLACE, (secret) => secret);
  } finally {
    await storage.close();
  }
}

/** What somebody finds who looks whether everything opens. */
async function lookedAt(set: string | null = null) {
  const storage = openToRead(databaseFile());
  try {
    const { ok, figure } = await everySecretOpens(storage, { set, dataDir: folder });
    return [ok, figure];
  } finally {
    await storage.close();
  }
}

async function run(sql: string): Promise<void> {
  const storage = await openSqlite({ file: databaseFile(), clock: systemClock });
  try {
    await storage.commit([{ sql, parameters: [] }]);
  } finally {
    await storage.close();
  }
}

function rotate(to: string, set: string | null = null) {
  const from = { set, dataDir: folder, isProduction: false };
  return rotateRootKey({ ...from, databaseFile: databaseFile(), clock: systemClock }, to);
}

test('the first start makes a key that only its owner can read, and later ones find it', async () => {
  const first = await find();
  assert.equal(first.isNew, true);
  assert.equal(statSync(at('encryption-key')).mode & 0o777, 0o600);
  const second = await find();
  assert.deepEqual([second.isNew, second.rootKey], [false, first.rootKey]);
});

test('in production a key must be set, and none is made', async () => {
  await assert.rejects(find(null, true), /ENCRYPTION_KEY must be set with ENV=production/);
  assert.deepEqual(readdirSync(folder), []);
  await find();
  await assert.rejects(find(null, true), /keep it elsewhere and name it with ENCRYPTION_KEY/);
  const key = readFileSync(at('encryption-key'), 'utf8');
  assert.equal((await find(key, true)).isNew, false);
});

test('one key in any of its spellings is one key', async () => {
  const bytes = randomBytes(32);
  const spellings = (['base64', 'base64url', 'hex'] as const).map((form) => bytes.toString(form));
  const found = await Promise.all(
    [...spellings, ` ${spellings[2]?.toUpperCase()}\n`].map((key) => find(key)),
  );
  assert.equal(new Set(found.map(({ rootKey }) => rootKey.id)).size, 1);
});

test('T72 another key, a lost one and a damaged one refuse in words, and nothing is made or written', async () => {
  await storeSecret();
  const key = readFileSync(at('encryption-key'), 'utf8');
  await assert.rejects(
    find(newKey()),
    /ENCRYPTION_KEY is not the key of this database.* lies in \S+encryption-key: .*npm run rotate-key/,
  );
  for (const text of ['', 'short', 'x'.repeat(43)]) {
    writeFileSync(at('encryption-key'), text);
    await assert.rejects(find(), /must be 32 bytes|is a pattern|is missing or empty/, text);
  }
  renameSync(at('encryption-key'), at('elsewhere'));
  await assert.rejects(
    find(),
    /ENCRYPTION_KEY is not set and .* is missing or empty\. Give back the key/,
  );
  assert.ok(!existsSync(at('encryption-key')));
  assert.equal(await secretUnder(key), 'the secret');
});

test('T72 a key that anybody could guess is refused', async () => {
  const guessable = [
    'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=',
    '46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho=',
    Buffer.alloc(32).toString('base64'),
    Buffer.alloc(32, 'a').toString('hex'),
    Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('hex'),
    Buffer.from('a passphrase of thirty-two bytes').toString('base64'),
    '0123456789abcdef'.repeat(4),
  ];
  for (const key of guessable) await assert.rejects(find(key), /example|pattern|readable/, key);
  for (const key of ['x', 'z'.repeat(64), newKey().slice(1), `${newKey()}AA`]) {
    await assert.rejects(find(key), /must be 32 bytes/, key);
  }
});

test('a database without its canary opens with no key', async () => {
  const key = newKey();
  await storeSecret(key);
  await run("delete from secrets where purpose = 'canary'");
  await assert.rejects(find(key), /is not the key of this database/);
});

test('a secret that does not open is found, with the key that was set or lies in the data folder', async () => {
  await storeSecret();
  assert.deepEqual(await lookedAt(), [true, '2 secrets, 0 of them shut']);
  const next = newKey();
  writeFileSync(at('encryption-key.next'), next);
  assert.deepEqual(await lookedAt(), [true, '2 secrets, 0 of them shut']);
  assert.deepEqual(await lookedAt(next), [false, '2 secrets, 2 of them shut']);
  renameSync(at('encryption-key.next'), at('elsewhere'));
  await run("update secrets set owner = 'usr_1' where row_id = 'pk_1'");
  assert.deepEqual(await lookedAt(), [false, '2 secrets, 1 of them shut']);
  await run("update data_keys set wrapped = 'AAAA'");
  assert.deepEqual(await lookedAt(), [false, '2 secrets, 2 of them shut']);
  renameSync(at('encryption-key'), at('away'));
  const unknown = '2 secrets, not checked: ENCRYPTION_KEY is not here';
  assert.deepEqual(await lookedAt(), [true, unknown]);
});

test('T73 a rotation replaces the key in the data folder, keeps the old one, and can be run again', async () => {
  await storeSecret();
  const [old, next] = [readFileSync(at('encryption-key'), 'utf8'), newKey()];
  const done = await rotate(next);
  assert.deepEqual([done?.dataKeys, done?.secrets, done?.file], [1, 2, at('encryption-key')]);
  assert.equal(readFileSync(at('encryption-key'), 'utf8').trim(), next);
  assert.equal(statSync(at('encryption-key')).mode & 0o777, 0o600);
  assert.equal(readFileSync(at(`encryption-key.${done?.from}`), 'utf8'), old);
  assert.equal(await secretUnder(), 'the secret');
  await assert.rejects(find(old), /is not the key of this database/);
  assert.equal(await rotate(next), null);
  assert.equal(await secretUnder(next), 'the secret');
});

test('T73 a key that was set is replaced by whoever set it', async () => {
  const [old, next] = [newKey(), newKey()];
  await storeSecret(old);
  assert.equal((await rotate(next, old))?.file, null);
  await assert.rejects(secretUnder(old), /is not the key of this database/);
  assert.equal(await secretUnder(next), 'the secret');
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('encryption-key')),
    [],
  );
});

test('T73 broken off before or after its transaction, or between the two files, the next start goes on', async () => {
  await storeSecret();
  const [old, next] = [readFileSync(at('encryption-key'), 'utf8'), newKey()];
  // The next key lies beside, and nothing is wrapped under it yet.
  writeFileSync(at('encryption-key.next'), next);
  assert.equal(await secretUnder(), 'the secret');
  assert.equal(readFileSync(at('encryption-key'), 'utf8'), old);
  const done = await rotate(next);
  // Everything is wrapped under the next key, and the files are as before.
  writeFileSync(at('encryption-key.next'), next);
  writeFileSync(at('encryption-key'), old);
  assert.equal(await secretUnder(), 'the secret');
  assert.equal(readFileSync(at('encryption-key'), 'utf8'), next);
  // The old key is moved away, and the next one not yet in its place.
  renameSync(at('encryption-key'), at('encryption-key.next'));
  assert.equal(await secretUnder(), 'the secret');
  assert.ok(existsSync(at(`encryption-key.${done?.from}`)));
});

test('T73 a rotation with a wrong or weak key changes nothing', async () => {
  await assert.rejects(rotate(newKey()), /Nothing is sealed here yet/);
  await storeSecret();
  const before = readFileSync(at('encryption-key'), 'utf8');
  await assert.rejects(rotate('weak'), /The new key must be 32 bytes/);
  await assert.rejects(rotate(Buffer.alloc(32).toString('hex')), /The new key is a pattern/);
  await assert.rejects(rotate(newKey(), newKey()), /is not the key of this database/);
  assert.equal(readFileSync(at('encryption-key'), 'utf8'), before);
  assert.ok(!existsSync(at('encryption-key.next')));
  assert.equal(await secretUnder(), 'the secret');
});

test('T73 while a server works on the database, nothing is rotated', async () => {
  await storeSecret();
  const storage = await openSqlite({ file: databaseFile(), clock: systemClock });
  await assert.rejects(rotate(newKey()), /another process is using/);
  await storage.close();
  assert.equal(await secretUnder(), 'the secret');
});
