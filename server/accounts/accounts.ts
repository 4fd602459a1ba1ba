/**
 * The door of `accounts`: who may call, and with which key. All keys are held in memory, so that a
 * request costs one hash and one look-up; the database is read at the start and written on change.
 */
import type { Selectable } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../id.ts';
import type { Storage } from '../storage/storage.ts';
import type { VirtualKeysTable } from '../storage/tables/accounts-tables.ts';
import { hasTokenLength, isWellFormed, newToken, tokenHash } from './token.ts';

export type KeyOrigin = 'operator' | 'self-service';

/** A key that we issued. The token itself is not here: it was shown once. */
export interface VirtualKey {
  readonly id: string;
  readonly userId: string;
  /** The user's name, which is the label under which the key was issued. */
  readonly label: string;
  readonly note: string | null;
  /** The first 11 characters of the token. */
  readonly prefix: string;
  readonly last4: string;
  readonly origin: KeyOrigin;
  readonly allowUnmetered: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

export interface KeyRequest {
  /** A username; the user is made if new. */
  readonly label: string;
  readonly note: string | null;
  readonly origin: KeyOrigin;
  readonly allowUnmetered: boolean;
}

export interface Accounts {
  /** @throws Failure `storage_unavailable` */
  issueKey(request: KeyRequest): Promise<{ key: VirtualKey; token: string }>;
  /** The key behind a token, or null if it is unknown or revoked. */
  authenticate(token: string): VirtualKey | null;
  /** A key by its token or its id, revoked ones included. */
  findKey(tokenOrId: string): VirtualKey | null;
  /** Ends a key at once; a second time gives the same answer. @throws Failure `storage_unavailable` */
  revokeKey(tokenOrId: string): Promise<VirtualKey | null>;
  /** Null if there is no such user. */
  activeKeysOf(username: string): readonly VirtualKey[] | null;
}

interface User {
  readonly id: string;
  readonly username: string;
  readonly createdAt: number;
}

export async function createAccounts(deps: { storage: Storage; clock: Clock }): Promise<Accounts> {
  const book = new KeyBook(deps.storage, deps.clock);
  await book.load();
  return book;
}

class KeyBook implements Accounts {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #users = new Map<string, User>();
  readonly #keys = new Map<string, VirtualKey>();
  readonly #idByHash = new Map<string, string>();

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  async load(): Promise<void> {
    const { db } = this.#storage;
    const names = new Map<string, string>();
    for (const row of await db.selectFrom('users').selectAll().execute()) {
      names.set(row.id, row.username);
      const { id, username, created_at: createdAt } = row;
      this.#users.set(username, { id, username, createdAt });
    }
    for (const row of await db.selectFrom('virtual_keys').selectAll().execute()) {
      this.#remember(fromRow(row, names.get(row.user_id) ?? ''), row.token_hash);
    }
  }

  async issueKey(request: KeyRequest): Promise<{ key: VirtualKey; token: string }> {
    const { db } = this.#storage;
    const now = this.#clock.now();
    const token = newToken();
    const known = this.#users.get(request.label);
    const user = known ?? { id: newId('usr'), username: request.label, createdAt: now };
    // Two first keys of one new name may be under way at once: both must mean the same user.
    this.#users.set(user.username, user);
    const key: VirtualKey = {
      ...request,
      id: newId('vk'),
      userId: user.id,
      prefix: token.slice(0, 11),
      last4: token.slice(-4),
      createdAt: now,
      revokedAt: null,
    };
    const hash = tokenHash(token);
    const userRow = { id: user.id, username: user.username, created_at: user.createdAt };
    await this.#storage.commit([
      db
        .insertInto('users')
        .values(userRow)
        .onConflict((c) => c.doNothing())
        .compile(),
      db.insertInto('virtual_keys').values(toRow(key, hash)).compile(),
    ]);
    this.#remember(key, hash);
    return { key, token };
  }

  authenticate(token: string): VirtualKey | null {
    // No need to check the checksum: the hash finds what was issued and nothing else.
    if (!hasTokenLength(token)) return null;
    const id = this.#idByHash.get(tokenHash(token));
    const key = id === undefined ? undefined : this.#keys.get(id);
    return key === undefined || key.revokedAt !== null ? null : key;
  }

  findKey(tokenOrId: string): VirtualKey | null {
    const id = isWellFormed(tokenOrId) ? this.#idByHash.get(tokenHash(tokenOrId)) : tokenOrId;
    return this.#keys.get(id ?? '') ?? null;
  }

  async revokeKey(tokenOrId: string): Promise<VirtualKey | null> {
    const key = this.findKey(tokenOrId);
    if (key === null) return null;
    const revoked = key.revokedAt === null ? { ...key, revokedAt: this.#clock.now() } : key;
    // Memory first: should the disk refuse, the key is closed all the same until the next start.
    this.#keys.set(key.id, revoked);
    const update = this.#storage.db
      .updateTable('virtual_keys')
      .set({ revoked_at: revoked.revokedAt })
      .where('id', '=', key.id)
      .where('revoked_at', 'is', null);
    await this.#storage.commit([update.compile()], { keep: true });
    return revoked;
  }

  activeKeysOf(username: string): readonly VirtualKey[] | null {
    const user = this.#users.get(username);
    if (user === undefined) return null;
    return [...this.#keys.values()].filter(
      (key) => key.userId === user.id && key.revokedAt === null,
    );
  }

  #remember(key: VirtualKey, hash: string): void {
    this.#keys.set(key.id, key);
    this.#idByHash.set(hash, key.id);
  }
}

function toRow(key: VirtualKey, hash: string): VirtualKeysTable {
  return {
    id: key.id,
    user_id: key.userId,
    token_hash: hash,
    prefix: key.prefix,
    last4: key.last4,
    note: key.note,
    origin: key.origin,
    allow_unmetered: key.allowUnmetered ? 1 : 0,
    created_at: key.createdAt,
    revoked_at: key.revokedAt,
  };
}

function fromRow(row: Selectable<VirtualKeysTable>, label: string): VirtualKey {
  return {
    id: row.id,
    userId: row.user_id,
    label,
    note: row.note,
    prefix: row.prefix,
    last4: row.last4,
    origin: row.origin === 'self-service' ? 'self-service' : 'operator',
    allowUnmetered: row.allow_unmetered === 1,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}
