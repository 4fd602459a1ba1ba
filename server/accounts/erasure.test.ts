/** Whatever is under way when somebody deletes their account. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { systemClock as clock } from '../clock.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { type Accounts, createAccounts, type User, type VirtualKey } from './accounts.ts';

const PASSWORD = 'the first password';

let folder: string;
let disk: Storage;
let accounts: Accounts;
let user: User;
let key: VirtualKey;
/** What commits wait for before they reach the disk, and who is told that one waits. */
let mayCommit: Promise<void>;
let onCommit: () => void;
let commit: Storage['commit'];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-erasure-'));
  disk = await openSqlite({ file: join(folder, 'test.db'), clock });
  mayCommit = Promise.resolve();
  onCommit = () => undefined;
  commit = async (...commit) => {
    onCommit();
    await mayCommit;
    return await disk.commit(...commit);
  };
  accounts = await createAccounts({ storage: { ...disk, commit }, clock });
  const person = { email: 'zebra@example.org', password: PASSWORD, name: 'Zebra' };
  user = await accounts.entrance.register(person, null);
  const order = {
    label: user.username,
    note: null,
    origin: 'member',
    allowUnmetered: false,
  } as const;
  ({ key } = await accounts.keys.issue(order));
});

afterEach(async () => {
  await disk.close();
  rmSync(folder, { recursive: true, force: true });
});

async function erase(): Promise<void> {
  const { writes, apply } = accounts.members.erasureOf(user);
  await disk.commit(writes);
  apply();
}

const ACTS: Readonly<Record<string, () => Promise<unknown>>> = {
  'a new name': () => accounts.members.rename(user, 'Zebra again'),
  'a new password': () =>
    accounts.members.changePassword({ user, current: PASSWORD, next: 'zebra-second', keep: '' }),
  'another role': () => accounts.members.change(user, { role: 'admin' }),
  'being switched on': () => accounts.members.change(user, { isActive: true }),
  'a session': () =>
    accounts.sessions.open({ userId: user.id, kind: 'password', ip: 'zebra', userAgent: 'zebra' }),
  'an API token': () =>
    accounts.tokens.issue({ userId: user.id, name: 'zebra-token', expiresAt: null }),
  preferences: () => accounts.preferences.write(user.id, { zebra: true }),
  'another key': () =>
    accounts.keys.issue({
      ...{ label: user.username, note: 'zebra', origin: 'member', allowUnmetered: false },
    }),
  'the name of a key': () => commit([accounts.keys.change(key, { name: 'zebra-key' }).write]),
};

/** Every row that says something of people. */
async function stored(): Promise<string> {
  const tables = ['users', 'sessions', 'api_tokens', 'preferences', 'virtual_keys'] as const;
  const rows = await Promise.all(
    tables.map((table) => disk.db.selectFrom(table).selectAll().execute()),
  );
  return JSON.stringify(rows);
}

/** Lets an act come as far as its commit, and has something else happen before that reaches the disk. */
async function overtaken(
  act: () => Promise<unknown>,
  other: () => Promise<void>,
): Promise<{ outcome: Promise<unknown> }> {
  const [released, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  mayCommit = released.promise;
  onCommit = reached.resolve;
  const outcome = act();
  await reached.promise;
  mayCommit = Promise.resolve();
  await other();
  released.resolve();
  return { outcome };
}

for (const [name, act] of Object.entries(ACTS)) {
  test(`a deleted account does not get ${name} that was asked for before`, async () => {
    let left = '';
    const { outcome } = await overtaken(act, async () => {
      await erase();
      left = await stored();
    });
    const code = name === 'a session' ? 'invalid_credentials' : 'conflict';
    await assert.rejects(outcome, { code });
    assert.equal(await stored(), left);
    assert.doesNotMatch(left, /zebra/i);
    const { username, role, isActive, hasPassword } = accounts.people.find(user.id) ?? {};
    assert.deepEqual(
      [username, role, isActive, hasPassword],
      [`deleted_${user.id.slice(4)}`, 'member', false, false],
    );
    assert.deepEqual(accounts.tokens.all(), []);
    assert.deepEqual(accounts.sessions.ofUser(user.id), []);
  });
}

test('a token that is on disk just before its account is deleted opens nothing and is listed no more', async () => {
  const { writes, apply } = accounts.members.erasureOf(user);
  const { token } = await accounts.tokens.issue({ userId: user.id, name: 'late', expiresAt: null });
  await disk.commit(writes);
  apply();
  assert.equal(accounts.tokens.authenticate(token), null);
  assert.deepEqual(accounts.tokens.all(), []);
});

test('a password that was set anew stands against a change that was confirmed with the one before', async () => {
  const { token } = await accounts.entrance.resetLink(user);
  const { outcome } = await overtaken(ACTS['a new password'] ?? assert.fail, async () => {
    await accounts.entrance.resetPassword(token, 'the reset password');
  });
  await assert.rejects(outcome, { code: 'conflict' });
  const { id } = await accounts.entrance.signIn('zebra@example.org', 'the reset password');
  assert.equal(id, user.id);
});
