import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { sql } from 'kysely';
import { type Clock, systemClock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { type Accounts, createAccounts } from './accounts.ts';

const PASSWORD = 'correct horse battery';
const DAY = 86_400_000;

let folder: string;
let disk: Storage;
let accounts: Accounts;
let now: number;
/** Whether the disk takes no more. */
let isFull: boolean;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-people-'));
  now = Date.parse('2026-11-20T12:00:00Z');
  await open();
});
afterEach(async () => {
  await disk.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<void> {
  isFull = false;
  const clock: Clock = { ...systemClock, now: () => now };
  disk = await openSqlite({ file: join(folder, 'test.db'), clock });
  const storage: Storage = {
    ...disk,
    commit: (...commit) =>
      isFull ? Promise.reject(new Failure('storage_unavailable')) : disk.commit(...commit),
  };
  accounts = await createAccounts({ storage, clock });
}

async function restart(): Promise<void> {
  await disk.close();
  await open();
}

const enter = (email: string) =>
  accounts.entrance.register({ email, password: PASSWORD, name: null }, null);
const openSession = (userId: string) =>
  accounts.sessions.open({ userId, kind: 'password', ip: null, userAgent: null });

test('people, their sessions and tokens are there after a restart, and what has ended is not', async () => {
  const ann = await enter('ann@example.org');
  const [first, second] = [await openSession(ann.id), await openSession(ann.id)];
  const kept = await accounts.tokens.issue({ userId: ann.id, name: 'kept', expiresAt: null });
  const gone = await accounts.tokens.issue({ userId: ann.id, name: 'gone', expiresAt: null });
  await accounts.sessions.end(first.session.id);
  await accounts.tokens.revoke(gone.apiToken.id);
  await restart();
  const seen = { ...ann, lastSeenAt: second.session.lastSeenAt };
  assert.deepEqual(accounts.people.find(ann.id), seen);
  assert.deepEqual(accounts.sessions.byToken(second.token), second.session);
  assert.equal(accounts.sessions.byToken(first.token), null);
  assert.deepEqual(accounts.tokens.authenticate(kept.token)?.id, kept.apiToken.id);
  assert.equal(accounts.tokens.authenticate(gone.token), null);
  assert.equal((await accounts.entrance.signIn('Ann@Example.org', PASSWORD)).id, ann.id);
  now += 7 * DAY;
  await restart();
  assert.equal(accounts.sessions.byToken(second.token), null);
});

test('a role, a switch and a password hold after a restart as before it', async () => {
  const [ann, ben] = [await enter('ann@example.org'), await enter('ben@example.org')];
  await accounts.members.change(ann, { role: 'admin' });
  await accounts.members.change(ben, { isActive: false });
  const { token } = await accounts.entrance.resetLink(ann);
  await accounts.entrance.resetPassword(token, 'quite another one');
  await restart();
  assert.equal(accounts.people.find(ann.id)?.role, 'admin');
  assert.equal(accounts.entrance.setUpToken(), null);
  await assert.rejects(accounts.entrance.signIn('ben@example.org', PASSWORD), {
    code: 'invalid_credentials',
  });
  await assert.rejects(accounts.entrance.signIn('ann@example.org', PASSWORD), {
    code: 'invalid_credentials',
  });
  await accounts.entrance.signIn('ann@example.org', 'quite another one');
  await assert.rejects(accounts.entrance.resetPassword(token, PASSWORD), { code: 'not_found' });
});

test('each start has another set-up token, as long as nobody is an admin', async () => {
  const before = accounts.entrance.setUpToken() ?? assert.fail();
  await restart();
  const after = accounts.entrance.setUpToken() ?? assert.fail();
  assert.notEqual(after, before);
  const owner = { email: 'owner@example.org', password: PASSWORD, name: null };
  await assert.rejects(accounts.entrance.setUp(owner, before), { code: 'not_found' });
  assert.equal((await accounts.entrance.setUp(owner, after)).role, 'admin');
  await restart();
  assert.equal(accounts.entrance.setUpToken(), null);
});

test('nothing that opens anything lies in the database', async () => {
  const ann = await enter('ann@example.org');
  const secrets = [
    PASSWORD,
    (await openSession(ann.id)).token,
    (await accounts.tokens.issue({ userId: ann.id, name: 'x', expiresAt: null })).token,
    (await accounts.entrance.invite({ email: null, role: 'member' })).token,
    (await accounts.entrance.resetLink(ann)).token,
    accounts.entrance.setUpToken() ?? assert.fail(),
  ];
  const tables = await disk.db.introspection.getTables();
  const rows = tables.map(({ name }) => sql`select * from ${sql.table(name)}`.execute(disk.db));
  const stored = JSON.stringify((await Promise.all(rows)).map((result) => result.rows));
  for (const secret of secrets) assert.ok(!stored.includes(secret));
});

test('with a full disk nobody is half made, and what ends has ended all the same', async () => {
  const ann = await enter('ann@example.org');
  const { token, session } = await openSession(ann.id);
  isFull = true;
  await assert.rejects(enter('ben@example.org'), { code: 'storage_unavailable' });
  await assert.rejects(openSession(ann.id), { code: 'storage_unavailable' });
  await assert.rejects(accounts.members.rename(ann, 'Ann'), { code: 'storage_unavailable' });
  assert.equal(accounts.people.find(ann.id)?.name, null);
  await assert.rejects(accounts.sessions.end(session.id), { code: 'storage_unavailable' });
  assert.equal(accounts.sessions.byToken(token), null);
  isFull = false;
  await enter('ben@example.org');
});

test('a fifty-first session ends the oldest, and those that have run out are swept away', async () => {
  const ann = await enter('ann@example.org');
  const tokens: string[] = [];
  for (let n = 0; n < 51; n++) tokens.push((await openSession(ann.id)).token);
  const open = () => tokens.map((token) => accounts.sessions.byToken(token) !== null);
  assert.deepEqual(open(), [false, ...Array.from({ length: 50 }, () => true)]);
  now += DAY;
  await accounts.sessions.sweep();
  assert.equal((await disk.db.selectFrom('sessions').selectAll().execute()).length, 0);
});
