/**
 * The door of `accounts`: who may call, and with which key. All keys are held in memory, so that a
 * request costs one hash and one look-up; the database is read at the start and written on change.
 */
import type { Selectable } from 'kysely';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { newId } from '../id.ts';
import type { Storage, Write } from '../storage/storage.ts';
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
  /** Refuses a name that somebody has, instead of giving them another key. */
  readonly newUser?: { readonly email: string | null };
}

/** Whoever keys are issued to. */
export interface User {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly createdAt: number;
}

/**
 * What else must stand before a key opens anything. The key has its ids and is not usable yet; the writes that come back
 * are committed with it, and what is thrown calls it off.
 */
export type Preparation = (key: VirtualKey) => Promise<readonly Write[]>;

export interface Accounts {
  /** @throws Failure `conflict` (a name or e-mail that should be new is taken), `storage_unavailable` */
  issueKey(request: KeyRequest, prepare?: Preparation): Promise<{ key: VirtualKey; token: string }>;
  /** The key behind a token, or null if it is unknown or revoked. */
  authenticate(token: string): VirtualKey | null;
  /** A key by its token or its id, revoked ones included. */
  findKey(tokenOrId: string): VirtualKey | null;
  /** Ends a key at once; a second time gives the same answer. @throws Failure `storage_unavailable` */
  revokeKey(tokenOrId: string): Promise<VirtualKey | null>;
  /** Null if there is no such user. */
  activeKeysOf(username: string): readonly VirtualKey[] | null;
  /** In the order in which they came. */
  users(): readonly User[];
  /** By id, else by name. */
  findUser(idOrName: string): User | null;
  /** All keys of a user, revoked ones included, the oldest first. */
  keysOf(userId: string): readonly VirtualKey[];
  /** No key that this user has now may use what cannot be metered any more. @throws Failure `storage_unavailable` */
  forbidUnmetered(userId: string): Promise<void>;
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
  readonly #usersById = new Map<string, User>();
  readonly #keys = new Map<string, VirtualKey>();
  /** Ids of keys by the id of their user. */
  readonly #keysByUser = new Map<string, string[]>();
  readonly #idByHash = new Map<string, string>();

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  async load(): Promise<void> {
    const { db } = this.#storage;
    const names = new Map<string, string>();
    const users = db.selectFrom('users').selectAll().orderBy('id');
    for (const { id, username, email, created_at: createdAt } of await users.execute()) {
      names.set(id, username);
      this.#enter({ id, username, email, createdAt });
    }
    const keys = db.selectFrom('virtual_keys').selectAll().orderBy('id');
    for (const row of await keys.execute()) {
      this.#remember(fromRow(row, names.get(row.user_id) ?? ''), row.token_hash);
    }
  }

  async issueKey(
    request: KeyRequest,
    prepare?: Preparation,
  ): Promise<{ key: VirtualKey; token: string }> {
    const { db } = this.#storage;
    const now = this.#clock.now();
    const token = newToken();
    const user = this.#userFor(request, now);
    const { label, note, origin, allowUnmetered } = request;
    const key: VirtualKey = {
      label,
      note,
      origin,
      allowUnmetered,
      id: newId('vk'),
      userId: user.id,
      prefix: token.slice(0, 11),
      last4: token.slice(-4),
      createdAt: now,
      revokedAt: null,
    };
    const hash = tokenHash(token);
    const { createdAt, ...fields } = user;
    try {
      const others = (await prepare?.(key)) ?? [];
      await this.#storage.commit([
        db
          .insertInto('users')
          .values({ ...fields, created_at: createdAt })
          .onConflict((c) => c.doNothing())
          .compile(),
        db.insertInto('virtual_keys').values(toRow(key, hash)).compile(),
        ...others,
      ]);
    } catch (error) {
      this.#forgetIfNobody(user);
      throw error;
    }
    this.#enter(user);
    this.#remember(key, hash);
    return { key, token };
  }

  /** Two first keys of one new name may be under way at once: both must mean the same user. */
  #userFor({ label, newUser }: KeyRequest, createdAt: number): User {
    const known = this.#users.get(label);
    if (known !== undefined) {
      if (newUser === undefined) return known;
      throw taken('username');
    }
    const email = newUser?.email?.toLowerCase() ?? null;
    if (email !== null && this.users().some((user) => user.email === email)) throw taken('email');
    const user = { id: newId('usr'), username: label, email, createdAt };
    this.#enter(user);
    return user;
  }

  #enter(user: User): void {
    this.#users.set(user.username, user);
    this.#usersById.set(user.id, user);
  }

  /** A user whose first key came to nothing was never written; the name is free again. */
  #forgetIfNobody(user: User): void {
    if (this.#keysByUser.has(user.id)) return;
    this.#users.delete(user.username);
    this.#usersById.delete(user.id);
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
    return this.keysOf(user.id).filter((key) => key.revokedAt === null);
  }

  users(): readonly User[] {
    return [...this.#usersById.values()];
  }

  findUser(idOrName: string): User | null {
    return this.#usersById.get(idOrName) ?? this.#users.get(idOrName) ?? null;
  }

  keysOf(userId: string): readonly VirtualKey[] {
    const ids = this.#keysByUser.get(userId) ?? [];
    return ids.map((id) => this.#keys.get(id)).filter((key) => key !== undefined);
  }

  async forbidUnmetered(userId: string): Promise<void> {
    const open = this.keysOf(userId).filter((key) => key.allowUnmetered);
    if (open.length === 0) return;
    // Memory first, as for a revocation.
    for (const key of open) this.#keys.set(key.id, { ...key, allowUnmetered: false });
    const update = this.#storage.db
      .updateTable('virtual_keys')
      .set({ allow_unmetered: 0 })
      .where('user_id', '=', userId)
      .where(
        'id',
        'in',
        open.map(({ id }) => id),
      );
    await this.#storage.commit([update.compile()], { keep: true });
  }

  #remember(key: VirtualKey, hash: string): void {
    this.#keys.set(key.id, key);
    this.#idByHash.set(hash, key.id);
    const ids = this.#keysByUser.get(key.userId);
    if (ids === undefined) this.#keysByUser.set(key.userId, [key.id]);
    else ids.push(key.id);
  }
}

function taken(param: 'username' | 'email'): Failure {
  const what = param === 'email' ? 'e-mail address' : param;
  return new Failure('conflict', { param, sentence: `This ${what} is taken.` });
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
