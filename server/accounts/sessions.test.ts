import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { sql } from 'kysely';
import { systemClock as clock } from '../clock.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { type Accounts, createAccounts } from './accounts.ts';

let folder: string;
let disk: Storage;
let accounts: Accounts;
/** What the row of a new session waits for. */
let mayOpen: Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-sessions-'));
  disk = await openSqlite({ file: join(folder, 'test.db'), clock });
  mayOpen = Promise.resolve();
  const storage: Storage = {
    ...disk,
    async commit(writes, options) {
      if (writes.some(({ sql }) => sql.startsWith('insert into "sessions"'))) await mayOpen;
      return await disk.commit(writes, options);
    },
  };
  accounts = await createAccounts({ storage, clock });
});

afterEach(async () => {
  await disk.close();
  rmSync(folder, { recursive: true, force: true });
});

test('who signs in with a password that is changed at this moment gets no session', async () => {
  const current = 'the first password';
  const email = 'ann@example.com';
  const { entrance, members, sessions } = accounts;
  const user = await entrance.register({ email, password: current, name: null }, null);
  const { promise, resolve: letOpen } = Promise.withResolvers<void>();
  mayOpen = promise;
  const { id: userId } = await entrance.signIn(email, current);
  const opening = sessions.open({ userId, kind: 'password', ip: null, userAgent: null });
  await members.changePassword({ user, current, next: 'the second password', keep: '' });
  letOpen();
  await assert.rejects(opening, { code: 'invalid_credentials' });
  assert.deepEqual(sessions.ofUser(userId), []);
  assert.deepEqual(await disk.db.selectFrom('sessions').selectAll().execute(), []);
});

test('however many sessions run out at once, all of them are cleared away', async () => {
  const person = { email: 'bob@example.com', password: 'long enough', name: null };
  const { id: userId } = await accounts.entrance.register(person, null);
  const at = clock.now();
  const insert = sql`
    insert into sessions
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 40000)
    select 'ses_' || n, ${userId}, 'hash ' || n, 'password', ${at}, ${at}, ${at + 60_000}, null, null
    from numbers`.compile(disk.db);
  await disk.commit([insert]);
  let now = at;
  const { sessions } = await createAccounts({ storage: disk, clock: { ...clock, now: () => now } });
  assert.equal(sessions.ofUser(userId).length, 40_000);
  now += 60_000;
  await sessions.sweep();
  assert.deepEqual(await disk.db.selectFrom('sessions').select('id').limit(1).execute(), []);
});
