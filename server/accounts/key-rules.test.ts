import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Clock, systemClock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { type Accounts, createAccounts, mayUse, stateOf, type VirtualKey } from './accounts.ts';

const HOUR = 3_600_000;

let folder: string;
let now: number;
let storage: Storage;
let accounts: Accounts;
const clock: Clock = { ...systemClock, now: () => now };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-key-rules-'));
  now = Date.parse('2026-11-20T12:00:00Z');
  await open();
});

afterEach(async () => {
  await storage.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<void> {
  storage = await openSqlite({ file: join(folder, 'test.db'), clock });
  accounts = await createAccounts({ storage, clock });
}

async function reopen(): Promise<void> {
  await storage.close();
  await open();
}

async function issue(more: Partial<VirtualKey> = {}) {
  const { name = null, models = null, expiresAt = null, origin = 'operator' } = more;
  const rules = { name, models, expiresAt, origin };
  return accounts.keys.issue({ label: 'ann', note: null, allowUnmetered: false, ...rules });
}

async function change(key: VirtualKey, rules: Parameters<Accounts['keys']['change']>[1]) {
  const { write, apply } = accounts.keys.change(key, rules);
  await storage.commit([write]);
  apply();
}

/** What a secret opens: an id, `unknown`, or the words of the refusal. */
function opens(token: string): string {
  try {
    return accounts.keys.authenticate(token)?.id ?? 'unknown';
  } catch (error) {
    assert.ok(error instanceof Failure);
    assert.equal(error.code, 'invalid_api_key');
    return error.message;
  }
}

describe('what a key may do', () => {
  test('an exact name allows itself, a trailing star allows what begins so, no list allows all', () => {
    const key = { models: ['gpt-4o', 'claude-*'] };
    for (const model of ['gpt-4o', 'claude-', 'claude-opus-5']) assert.ok(mayUse(key, model));
    for (const model of ['gpt-4o-mini', 'GPT-4o', 'xclaude-1', '', null]) {
      assert.ok(!mayUse(key, model), String(model));
    }
    assert.ok(mayUse({ models: null }, null));
    assert.ok(mayUse({ models: ['*'] }, 'anything'));
    assert.ok(!mayUse({ models: [] }, 'anything'));
  });

  test('a key opens until its last instant and says afterwards when that was', async () => {
    const { key, token } = await issue({ expiresAt: now + HOUR });
    now += HOUR - 1;
    assert.equal(opens(token), key.id);
    now += 1;
    assert.equal(opens(token), 'This API key expired at 2026-11-20T13:00:00.000Z.');
    assert.equal(stateOf(key, now), 'expired');
    await reopen();
    assert.match(opens(token), /expired/);
  });

  test('a key that is switched off says so, and opens again when it is switched on', async () => {
    const { key, token } = await issue();
    await change(key, { isDisabled: true });
    assert.equal(opens(token), 'This API key is switched off.');
    await reopen();
    assert.equal(opens(token), 'This API key is switched off.');
    await change(key, { isDisabled: false });
    assert.equal(opens(token), key.id);
  });

  test('a revoked key is unknown to whoever holds its secret, also if it expired', async () => {
    const { key, token } = await issue({ expiresAt: now + HOUR });
    await accounts.keys.revoke(key.id);
    now += 2 * HOUR;
    assert.equal(opens(token), 'unknown');
  });

  test('changes touch what they name, and all survive a restart', async () => {
    const { key } = await issue({ models: ['a'], name: 'first', origin: 'member' });
    await change(key, { models: ['b', 'c*'], expiresAt: now + HOUR, pin: 'env:x' });
    await change(key, { note: 'hello', ruledBy: 'operator', allowUnmetered: true });
    await change(key, { name: null });
    const expected = accounts.keys.find(key.id);
    await reopen();
    assert.deepEqual(accounts.keys.find(key.id), expected);
    assert.deepEqual(expected, {
      ...key,
      name: null,
      models: ['b', 'c*'],
      expiresAt: now + HOUR,
      pin: 'env:x',
      note: 'hello',
      ruledBy: 'operator',
      allowUnmetered: true,
    });
  });
});

describe('rotation', () => {
  test('both secrets open the key for the grace, then the new one alone', async () => {
    const { key, token } = await issue();
    const rotated = await accounts.keys.rotate(key, HOUR);
    assert.equal(rotated.key.id, key.id);
    assert.notEqual(rotated.key.last4 + rotated.key.prefix, key.last4 + key.prefix);
    for (const moment of ['now', 'after a restart']) {
      assert.equal(opens(token), key.id, moment);
      assert.equal(opens(rotated.token), key.id, moment);
      await reopen();
    }
    now += HOUR;
    assert.equal(opens(token), 'unknown');
    assert.equal(opens(rotated.token), key.id);
  });

  test('without a grace the old secret ends at once', async () => {
    const { key, token } = await issue();
    await accounts.keys.rotate(key, 0);
    assert.equal(opens(token), 'unknown');
  });

  test('a second rotation ends the first secret, whatever grace it had', async () => {
    const { key, token: first } = await issue();
    const { token: second } = await accounts.keys.rotate(key, 24 * HOUR);
    const { token: third } = await accounts.keys.rotate(key, 24 * HOUR);
    assert.deepEqual([first, second, third].map(opens), ['unknown', key.id, key.id]);
    await reopen();
    assert.deepEqual([first, second, third].map(opens), ['unknown', key.id, key.id]);
  });

  test('of two rotations at once one is refused, and its secret opens nothing', async () => {
    const { key, token } = await issue();
    const both = await Promise.allSettled([
      accounts.keys.rotate(key, HOUR),
      accounts.keys.rotate(key, HOUR),
    ]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    assert.equal(opens(token), key.id);
  });

  test('a revocation ends both secrets, and a revoked key is not rotated', async () => {
    const { key, token } = await issue();
    const { token: second } = await accounts.keys.rotate(key, HOUR);
    await accounts.keys.revoke(key.id);
    assert.deepEqual([token, second].map(opens), ['unknown', 'unknown']);
    await assert.rejects(accounts.keys.rotate(key, HOUR), { code: 'conflict' });
  });
});

describe('last use', () => {
  test('is known at once, tells the old secret apart, and outlives a restart once it is noted', async () => {
    const { key, token } = await issue();
    assert.deepEqual(accounts.keys.lastUseOf(key), { lastUsedAt: null, previous: null });
    opens(token);
    const usedOld = now;
    const { token: second } = await accounts.keys.rotate(key, HOUR);
    now += 1_000;
    opens(second);
    const { previous, lastUsedAt } = accounts.keys.lastUseOf(key);
    assert.deepEqual([lastUsedAt, previous?.lastUsedAt], [now, usedOld]);
    assert.deepEqual([previous?.prefix, previous?.last4], [key.prefix, key.last4]);
    assert.equal(previous?.validUntil, usedOld + HOUR);
    now += 1_000;
    opens(token);
    await accounts.keys.noteUses();
    await reopen();
    const known = accounts.keys.lastUseOf(key);
    assert.deepEqual([known.lastUsedAt, known.previous?.lastUsedAt], [now, now]);
  });

  test('is written in groups, and never by a request', async () => {
    let commits = 0;
    const counting: Storage = {
      ...storage,
      commit: (...commit) => {
        commits++;
        return storage.commit(...commit);
      },
    };
    const counted = await createAccounts({ storage: counting, clock });
    const request = {
      label: 'bob',
      note: null,
      allowUnmetered: false,
      origin: 'operator',
    } as const;
    const tokens: string[] = [];
    for (let i = 0; i < 20; i++) tokens.push((await counted.keys.issue(request)).token);
    commits = 0;
    for (const token of [...tokens, ...tokens]) counted.keys.authenticate(token);
    assert.equal(commits, 0);
    await counted.keys.noteUses();
    await counted.keys.noteUses();
    assert.equal(commits, 1);
  });

  test('that could not be written is written the next time', async () => {
    let isFull = true;
    const failing: Storage = {
      ...storage,
      commit: (...commit) =>
        isFull ? Promise.reject(new Error('disk full')) : storage.commit(...commit),
    };
    const { key, token } = await issue();
    const others = await createAccounts({ storage: failing, clock });
    others.keys.authenticate(token);
    await assert.rejects(others.keys.noteUses(), /disk full/);
    isFull = false;
    await others.keys.noteUses();
    await reopen();
    assert.equal(accounts.keys.lastUseOf(key).lastUsedAt, now);
  });

  test('of a key that opens nothing is not counted', async () => {
    const { key, token } = await issue();
    await change(key, { isDisabled: true });
    opens(token);
    assert.equal(accounts.keys.lastUseOf(key).lastUsedAt, null);
  });
});
