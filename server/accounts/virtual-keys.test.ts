import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { systemClock } from '../clock.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { type Accounts, createAccounts, type KeyRequest } from './accounts.ts';
import { newToken, tokenHash } from './token.ts';

let folder: string;
let storage: Storage;
let accounts: Accounts;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-accounts-'));
  await open();
});

afterEach(async () => {
  await storage.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<void> {
  storage = await openSqlite({ file: join(folder, 'test.db'), clock: systemClock });
  accounts = await createAccounts({ storage, clock: systemClock });
}

async function reopen(): Promise<void> {
  await storage.close();
  await open();
}

const requestFor = (label: string, more: Partial<KeyRequest> = {}): KeyRequest => ({
  label,
  note: null,
  origin: 'operator',
  allowUnmetered: true,
  ...more,
});

test('a token opens its own key and no other opens any', async () => {
  const { key, token } = await accounts.keys.issue(requestFor('ann'));
  await accounts.keys.issue(requestFor('bob'));
  assert.equal(accounts.keys.authenticate(token)?.id, key.id);
  assert.equal(accounts.keys.authenticate(token)?.label, 'ann');
  assert.equal(accounts.keys.authenticate(newToken()), null);
  assert.equal(accounts.keys.authenticate(key.id), null);
  assert.equal(accounts.keys.authenticate(''), null);
  assert.equal(key.prefix, token.slice(0, 11));
  assert.equal(key.last4, token.slice(-4));
});

test('many first keys of one name at once belong to one user', async () => {
  const issued = await Promise.all(
    Array.from({ length: 20 }, () => accounts.keys.issue(requestFor('ann'))),
  );
  assert.equal(new Set(issued.map(({ key }) => key.userId)).size, 1);
  assert.equal(new Set(issued.map(({ key }) => key.id)).size, 20);
  const users = await storage.db.selectFrom('users').selectAll().execute();
  assert.equal(users.length, 1);
  assert.equal(users[0]?.id, issued[0]?.key.userId);
  assert.equal(accounts.keys.activeOf('ann')?.length, 20);
});

test('T44: a revoked key is closed before the disk knows of it', async () => {
  const { token } = await accounts.keys.issue(requestFor('ann'));
  const revoking = accounts.keys.revoke(token);
  assert.equal(accounts.keys.authenticate(token), null);
  await revoking;
  assert.deepEqual(accounts.keys.activeOf('ann'), []);
});

test('revoking twice, by token or by id, gives the same answer', async () => {
  const { key, token } = await accounts.keys.issue(requestFor('ann'));
  const first = await accounts.keys.revoke(token);
  const second = await accounts.keys.revoke(key.id);
  assert.notEqual(first?.revokedAt, null);
  assert.deepEqual(second, first);
  const [row] = await storage.db.selectFrom('virtual_keys').selectAll().execute();
  assert.equal(row?.revoked_at, first?.revokedAt);
});

test('what nobody issued cannot be found or revoked', async () => {
  assert.equal(accounts.keys.find('vk_unknown'), null);
  assert.equal(accounts.keys.find(newToken()), null);
  assert.equal(await accounts.keys.revoke('vk_unknown'), null);
  assert.equal(accounts.keys.activeOf('nobody'), null);
});

test('keys, revocations and all their fields survive a restart', async () => {
  const plain = await accounts.keys.issue(requestFor('ann', { note: 'for the laptop' }));
  const other = await accounts.keys.issue(
    requestFor('bob', { origin: 'self-service', allowUnmetered: false }),
  );
  const gone = await accounts.keys.issue(requestFor('ann'));
  const revoked = await accounts.keys.revoke(gone.token);
  await reopen();
  assert.deepEqual(accounts.keys.authenticate(plain.token), plain.key);
  assert.deepEqual(accounts.keys.authenticate(other.token), other.key);
  assert.equal(accounts.keys.authenticate(gone.token), null);
  assert.deepEqual(accounts.keys.find(gone.token), revoked);
  const again = await accounts.keys.issue(requestFor('ann'));
  assert.equal(again.key.userId, plain.key.userId);
});

test('a name whose first key could not be stored gets its key later, for good', async () => {
  let isFull = true;
  const failing: Storage = {
    ...storage,
    commit: (...commit) =>
      isFull ? Promise.reject(new Error('disk full')) : storage.commit(...commit),
  };
  const others = await createAccounts({ storage: failing, clock: systemClock });
  await assert.rejects(others.keys.issue(requestFor('bob')), /disk full/);
  assert.equal(others.keys.activeOf('bob'), null);
  assert.deepEqual(others.people.all(), []);
  isFull = false;
  const { key, token } = await others.keys.issue(requestFor('bob'));
  await reopen();
  assert.deepEqual(accounts.keys.authenticate(token), key);
  assert.equal(accounts.keys.activeOf('bob')?.length, 1);
});

test('a new name stays claimed while one of the acts that claimed it is under way', async () => {
  const first = Promise.withResolvers<void>();
  const failing = accounts.keys.issue(requestFor('ann'), async () => {
    await first.promise;
    throw new Error('called off');
  });
  const other = accounts.keys.issue(requestFor('ann'), async () => {
    first.resolve();
    await assert.rejects(failing, /called off/);
    return [];
  });
  const { key } = await other;
  assert.equal(accounts.people.find('ann')?.id, key.userId);
  await assert.rejects(
    accounts.keys.issue(requestFor('ann'), () => Promise.reject(new Error('called off'))),
    /called off/,
  );
  assert.equal(accounts.people.find('ann')?.id, key.userId);
});

test('a name or e-mail that should be new is refused if somebody has it, or is about to', async () => {
  const ann = requestFor('ann', { newUser: { email: 'Ann@example.com' } });
  const both = await Promise.allSettled([accounts.keys.issue(ann), accounts.keys.issue(ann)]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  const mail = requestFor('bob', { newUser: { email: 'ann@EXAMPLE.com' } });
  await assert.rejects(accounts.keys.issue(mail), { code: 'conflict' });
  await assert.rejects(accounts.keys.issue(ann), { code: 'conflict' });
  await reopen();
  assert.equal(accounts.people.find('ann')?.email, 'ann@example.com');
  assert.equal(accounts.people.find('bob'), null);
});

test('a key opens nothing before what was prepared for it stands, and is called off if that fails', async () => {
  let token = '';
  const failing = accounts.keys.issue(requestFor('ann'), async (key) => {
    assert.equal(accounts.keys.find(key.id), null);
    throw new Error('no wallet');
  });
  await assert.rejects(failing, /no wallet/);
  assert.equal(accounts.people.find('ann'), null);
  const { db } = storage;
  ({ token } = await accounts.keys.issue(requestFor('ann'), async (key) => [
    db.updateTable('virtual_keys').set({ note: 'prepared' }).where('id', '=', key.id).compile(),
  ]));
  await reopen();
  assert.equal(accounts.keys.authenticate(token)?.note, 'prepared');
});

test('users are found by id and by name, with all their keys in order', async () => {
  const first = (await accounts.keys.issue(requestFor('ann'))).key;
  const second = (await accounts.keys.issue(requestFor('ann'))).key;
  await accounts.keys.issue(requestFor('bob'));
  await accounts.keys.revoke(first.id);
  for (const moment of ['now', 'after a restart']) {
    const ann = accounts.people.find('ann');
    assert.deepEqual(accounts.people.find(first.userId), ann, moment);
    assert.deepEqual(
      accounts.keys.ofUser(first.userId).map(({ id }) => id),
      [first.id, second.id],
    );
    assert.deepEqual(
      accounts.people.all().map(({ username }) => username),
      ['ann', 'bob'],
    );
    await reopen();
  }
  assert.deepEqual(accounts.keys.ofUser('usr_nobody'), []);
});

test('what cannot be metered is closed for all keys of one user, at once and for good', async () => {
  const first = (await accounts.keys.issue(requestFor('ann'))).key;
  const second = (await accounts.keys.issue(requestFor('ann'))).key;
  const other = (await accounts.keys.issue(requestFor('bob'))).key;
  const closing = accounts.keys.forbidUnmetered(first.userId);
  assert.equal(accounts.keys.find(second.id)?.allowUnmetered, false);
  await closing;
  await reopen();
  const allowed = [first, second, other].map(({ id }) => accounts.keys.find(id)?.allowUnmetered);
  assert.deepEqual(allowed, [false, false, true]);
});

test('the files hold the hash of a token and nowhere the token', async () => {
  const { token } = await accounts.keys.issue(requestFor('ann', { note: 'a note' }));
  await storage.close();
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  const secret = token.slice(11, -4);
  assert.equal(
    files.some((bytes) => bytes.includes(secret)),
    false,
  );
  assert.equal(
    files.some((bytes) => bytes.includes(tokenHash(token))),
    true,
  );
  await open();
});
