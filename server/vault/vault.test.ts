import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import { openVaultStage, type VaultStage } from './stage-for-tests.ts';
import { createVault, type Place, rootKeyFrom, type Vault } from './vault.ts';

const HERS: Place = {
  purpose: 'provider-key',
  owner: 'usr_1',
  row: 'pk_1',
  column: 'secret',
  boundTo: 'https://mine.example',
};
const SECRET = 'sk-canary-of-the-vault-0123456789';

const read = (vault: Vault, place: Place): string => vault.use(place, (secret) => secret);

const isUnreadable = { code: 'secret_unreadable' };

test('a secret is lent as it was stored, also after a restart', async () => {
  await using stage = await openVaultStage();
  await stage.put(HERS, SECRET);
  await stage.put({ ...HERS, column: 'other', owner: null }, 'schlüssel ☕');
  assert.equal(read(stage.vault, HERS), SECRET);
  const again = await stage.reopenAfter('select 1');
  assert.equal(read(again, HERS), SECRET);
  assert.equal(read(again, { ...HERS, column: 'other', owner: null }), 'schlüssel ☕');
});

test('the newest secret of a place is lent, and a destroyed one by nobody', async () => {
  await using stage = await openVaultStage();
  await stage.put(HERS, SECRET);
  await stage.put(HERS, 'another');
  assert.equal(read(stage.vault, HERS), 'another');
  const change = stage.vault.revoke(HERS);
  await stage.storage.commit(change.writes);
  change.apply();
  for (const vault of [stage.vault, await stage.reopenAfter('select 1')]) {
    assert.throws(() => read(vault, HERS), isUnreadable);
    assert.deepEqual(vault.list('provider-key'), []);
  }
});

test('with a user go all secrets and the data key that they lay under; those of others stay', async () => {
  await using stage = await openVaultStage();
  const his = { ...HERS, owner: 'usr_2', row: 'pk_2' };
  await stage.put(HERS, SECRET);
  await stage.put({ ...HERS, row: 'pk_3' }, 'third');
  await stage.put(his, 'his');
  const change = stage.vault.revokeAllOf('usr_1');
  await stage.storage.commit(change.writes);
  change.apply();
  for (const vault of [stage.vault, await stage.reopenAfter('select 1')]) {
    assert.deepEqual(
      vault.list('provider-key').map(({ place }) => place),
      [his],
    );
    assert.equal(read(vault, his), 'his');
  }
  const owners = await stage.storage.db.selectFrom('data_keys').select('owner').execute();
  assert.deepEqual(new Set(owners.map(({ owner }) => owner)), new Set([null, 'usr_2']));
  await stage.put(HERS, 'back again');
  assert.equal(read(stage.vault, HERS), 'back again');
});

test('twins of one owner are told, those of others and those that are welcome are not', async () => {
  await using stage = await openVaultStage();
  await stage.put(HERS, SECRET, SECRET);
  const second = { ...HERS, row: 'pk_2' };
  assert.equal(stage.vault.twinOf(second, SECRET), 'pk_1');
  assert.equal(stage.vault.twinOf(HERS, SECRET), null);
  assert.equal(stage.vault.twinOf({ ...second, owner: 'usr_2' }, SECRET), null);
  assert.equal(stage.vault.twinOf(second, `${SECRET}x`), null);
  await assert.rejects(stage.put(second, SECRET, SECRET), { code: 'conflict' });
  await stage.put(second, SECRET);
  assert.equal(read(stage.vault, second), SECRET);
});

test('two first secrets of one owner lie under one data key, whatever became of the first commit', async () => {
  await using stage = await openVaultStage();
  const first = stage.vault.put(HERS, 'lost', null);
  await stage.put({ ...HERS, row: 'pk_2' }, SECRET);
  await stage.storage.commit(first.writes);
  first.apply();
  const keys = await stage.storage.db.selectFrom('data_keys').selectAll().execute();
  assert.equal(keys.filter(({ owner }) => owner === 'usr_1').length, 1);
  const again = await stage.reopenAfter('select 1');
  assert.equal(read(again, { ...HERS, row: 'pk_2' }), SECRET);
});

/** T33: each is what an attacker who can write to the database would try. */
const TAMPERINGS: readonly { what: string; sql: string; at?: Place }[] = [
  {
    what: 'another row',
    sql: "update secrets set sealed = (select sealed from secrets where row_id = 'pk_1') where row_id = 'pk_2'",
    at: { ...HERS, row: 'pk_2' },
  },
  {
    what: 'another column',
    sql: "update secrets set column_name = 'note' where row_id = 'pk_1'",
    at: { ...HERS, column: 'note' },
  },
  {
    what: 'another purpose',
    sql: "update secrets set purpose = 'webhook' where row_id = 'pk_1'",
    at: { ...HERS, purpose: 'webhook' },
  },
  {
    what: 'another owner',
    sql: "update secrets set owner = 'usr_2' where row_id = 'pk_1'",
    at: { ...HERS, owner: 'usr_2' },
  },
  {
    what: 'another address',
    sql: "update secrets set bound_to = 'https://other.example' where row_id = 'pk_1'",
    at: { ...HERS, boundTo: 'https://other.example' },
  },
  {
    what: 'another owner, with the data key',
    sql: "update data_keys set owner = 'usr_2' where owner = 'usr_1'",
  },
  {
    what: 'the data key of another owner',
    sql: "update secrets set data_key_id = (select id from data_keys where owner = 'usr_2') where row_id = 'pk_1'",
  },
  {
    what: 'a data key in the place of another',
    sql: "update data_keys set wrapped = (select wrapped from data_keys where owner = 'usr_2') where owner = 'usr_1'",
  },
];

async function withTwoOwners(stage: VaultStage): Promise<void> {
  await stage.put(HERS, SECRET);
  await stage.put({ ...HERS, row: 'pk_2' }, 'second');
  await stage.put({ ...HERS, owner: 'usr_2', row: 'pk_3' }, 'third');
}

for (const { what, sql, at = HERS } of TAMPERINGS) {
  test(`T33 what was moved to ${what} does not open`, async () => {
    await using stage = await openVaultStage();
    await withTwoOwners(stage);
    const vault = await stage.reopenAfter(sql);
    assert.throws(() => read(vault, at), isUnreadable);
  });
}

test('T33 a flipped bit anywhere, a cut tag and a cut text do not open', async () => {
  await using stage = await openVaultStage();
  await stage.put(HERS, SECRET);
  const { sealed } = await stage.storage.db
    .selectFrom('secrets')
    .select('sealed')
    .where('row_id', '=', 'pk_1')
    .executeTakeFirstOrThrow();
  const bytes = Buffer.from(sealed, 'base64url');
  const forged: Buffer[] = [4, 8, 12, 15].map((tag) => bytes.subarray(0, bytes.length - 16 + tag));
  forged.push(Buffer.alloc(0), bytes.subarray(1), bytes.subarray(0, 12));
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    forged.push(flipped);
  }
  const texts = [...forged.map((one) => one.toString('base64url')), `${sealed}=`, `${sealed} `];
  for (const text of texts) {
    const sql = "update secrets set sealed = ? where row_id = 'pk_1'";
    const vault = await stage.reopenAfter(sql, text);
    assert.throws(() => read(vault, HERS), isUnreadable, text);
  }
});

test('rotation wraps the data keys under the new root key and changes nothing else', async () => {
  await using stage = await openVaultStage();
  await withTwoOwners(stage);
  await stage.put({ ...HERS, row: 'pk_9' }, 'twin', 'twin');
  const { db } = stage.storage;
  const secrets = () => db.selectFrom('secrets').selectAll().execute();
  const before = await secrets();
  const next = rootKeyFrom(randomBytes(32));
  assert.deepEqual(await stage.vault.rotate(next), { dataKeys: 3, secrets: 5 });
  assert.deepEqual(await secrets(), before);
  const keys = await db.selectFrom('data_keys').select('root_key_id').execute();
  assert.ok(keys.every(({ root_key_id }) => root_key_id === next.id));
  assert.equal(read(stage.vault, HERS), SECRET);

  const deps = { storage: stage.storage, clock: systemClock };
  const again = await createVault({ ...deps, rootKey: next });
  assert.equal(read(again, HERS), SECRET);
  assert.equal(again.twinOf(HERS, 'twin'), 'pk_9');
  await assert.rejects(createVault({ ...deps, rootKey: stage.rootKey }), isUnreadable);
});

test('rotation stops at a secret that does not open, and then nothing has changed', async () => {
  await using stage = await openVaultStage();
  await withTwoOwners(stage);
  const vault = await stage.reopenAfter("update secrets set sealed = 'AAAA' where row_id = 'pk_3'");
  await assert.rejects(vault.rotate(rootKeyFrom(randomBytes(32))), isUnreadable);
  assert.equal(read(await stage.reopenAfter('select 1'), HERS), SECRET);
});

test('nothing of a secret or of a data key is in the file', async () => {
  await using stage = await openVaultStage();
  await stage.put(HERS, SECRET, SECRET);
  for (const file of [stage.file, `${stage.file}-wal`]) {
    const text = readFileSync(file).toString('latin1');
    for (const form of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      assert.ok(!text.includes(Buffer.from(SECRET).toString(form)), `${file} as ${form}`);
    }
  }
});
