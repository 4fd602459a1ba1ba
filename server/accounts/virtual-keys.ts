/**
 * The keys that we issue to callers of the gateway. All are held in memory, so that a request costs one hash and one
 * look-up.
 */
import type { Selectable } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../id.ts';
import type { Storage, Write } from '../storage/storage.ts';
import type { VirtualKeysTable } from '../storage/tables/accounts-tables.ts';
import type { UserBook } from './people.ts';
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

/**
 * What else must stand before a key opens anything. The key has its ids and is not usable yet; the writes that come back
 * are committed with it, and what is thrown calls it off.
 */
export type Preparation = (key: VirtualKey) => Promise<readonly Write[]>;

export interface VirtualKeys {
  /** @throws Failure `conflict` (a name or e-mail that should be new is taken), `storage_unavailable` */
  issue(request: KeyRequest, prepare?: Preparation): Promise<{ key: VirtualKey; token: string }>;
  /** The key behind a token, or null if it is unknown or revoked. */
  authenticate(token: string): VirtualKey | null;
  /** A key by its token or its id, revoked ones included. */
  find(tokenOrId: string): VirtualKey | null;
  /** Ends a key at once; a second time gives the same answer. @throws Failure `storage_unavailable` */
  revoke(tokenOrId: string): Promise<VirtualKey | null>;
  /** Null if nobody has this name. */
  activeOf(username: string): readonly VirtualKey[] | null;
  /** All keys of a user, revoked ones included, the oldest first. */
  ofUser(userId: string): readonly VirtualKey[];
  /** No key that this user has now may use what cannot be metered any more. @throws Failure `storage_unavailable` */
  forbidUnmetered(userId: string): Promise<void>;
}

export class KeyBook implements VirtualKeys {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #people: UserBook;
  readonly #keys = new Map<string, VirtualKey>();
  /** Ids of keys by the id of their user. */
  readonly #byUser = new Map<string, string[]>();
  readonly #idByHash = new Map<string, string>();

  constructor(deps: { storage: Storage; clock: Clock; people: UserBook }) {
    this.#storage = deps.storage;
    this.#clock = deps.clock;
    this.#people = deps.people;
  }

  async load(): Promise<void> {
    const keys = this.#storage.db.selectFrom('virtual_keys').selectAll().orderBy('id');
    for (const row of await keys.execute()) {
      const label = this.#people.find(row.user_id)?.username ?? '';
      this.#remember(fromRow(row, label), row.token_hash);
    }
  }

  async issue(
    request: KeyRequest,
    prepare?: Preparation,
  ): Promise<{ key: VirtualKey; token: string }> {
    const { label, note, origin, allowUnmetered, newUser } = request;
    const createdAt = this.#clock.now();
    const person = { username: label, email: newUser?.email ?? null, createdAt };
    const user = this.#people.claim(person, newUser !== undefined);
    const token = newToken();
    const key: VirtualKey = {
      label,
      note,
      origin,
      allowUnmetered,
      id: newId('vk'),
      userId: user.id,
      prefix: token.slice(0, 11),
      last4: token.slice(-4),
      createdAt,
      revokedAt: null,
    };
    const hash = tokenHash(token);
    try {
      const others = (await prepare?.(key)) ?? [];
      const row = this.#storage.db.insertInto('virtual_keys').values(toRow(key, hash));
      await this.#storage.commit([this.#people.write(user), row.compile(), ...others]);
    } catch (error) {
      this.#people.calledOff(user);
      throw error;
    }
    this.#people.arrived(user);
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

  find(tokenOrId: string): VirtualKey | null {
    const id = isWellFormed(tokenOrId) ? this.#idByHash.get(tokenHash(tokenOrId)) : tokenOrId;
    return this.#keys.get(id ?? '') ?? null;
  }

  async revoke(tokenOrId: string): Promise<VirtualKey | null> {
    const key = this.find(tokenOrId);
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

  activeOf(username: string): readonly VirtualKey[] | null {
    const user = this.#people.find(username);
    // An id is no name.
    if (user?.username !== username) return null;
    return this.ofUser(user.id).filter((key) => key.revokedAt === null);
  }

  ofUser(userId: string): readonly VirtualKey[] {
    const ids = this.#byUser.get(userId) ?? [];
    return ids.map((id) => this.#keys.get(id)).filter((key) => key !== undefined);
  }

  async forbidUnmetered(userId: string): Promise<void> {
    const open = this.ofUser(userId).filter((key) => key.allowUnmetered);
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
    const ids = this.#byUser.get(key.userId);
    if (ids === undefined) this.#byUser.set(key.userId, [key.id]);
    else ids.push(key.id);
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
