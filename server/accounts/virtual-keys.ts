/**
 * The keys that we issue to callers of the gateway. All are held in memory, so that a request costs one hash, one
 * look-up and a few comparisons; when a key was used is noted here and goes to the disk in groups.
 */
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { newId } from '../id.ts';
import { compileOnce, type Storage, type Write } from '../storage/storage.ts';
import { fromRow, previousColumns, ruleColumns, type SecretFacts, toRow } from './key-rows.ts';
import { closedBecause, type KeyRules, stateOf, type VirtualKey } from './key-rules.ts';
import type { Erasure, UserBook } from './people.ts';
import { hasTokenLength, isWellFormed, newToken, shownOf, tokenHash } from './token.ts';

/** What is asked for: only who it is for and who issues it must be said. */
export interface KeyRequest
  extends Pick<VirtualKey, 'label' | 'note' | 'origin' | 'allowUnmetered'>,
    Partial<Pick<VirtualKey, 'name' | 'models' | 'pin' | 'expiresAt'>> {
  /** Refuses a name that somebody has, instead of giving them another key. */
  readonly newUser?: { readonly email: string | null };
}

/** A key with its secret, this once. */
export interface IssuedKey {
  readonly key: VirtualKey;
  readonly token: string;
}

/**
 * What else must stand before a key opens anything. The key has its ids and is not usable yet; the writes that come back
 * are committed with it, and what is thrown calls it off.
 */
export type Preparation = (key: VirtualKey) => Promise<readonly Write[]>;

/** New rules, ready to be committed together with other writes. */
export interface KeyChange {
  readonly write: Write;
  /** Lets the rules hold; to be called when the write is durable. */
  apply(): void;
}

/** When a key was used, as far as this process and the disk know. */
export interface KeyUse {
  readonly lastUsedAt: number | null;
  /** The secret that the key had before it was rotated last. */
  readonly previous: {
    readonly prefix: string;
    readonly last4: string;
    readonly validUntil: number;
    readonly lastUsedAt: number | null;
  } | null;
}

export interface VirtualKeys {
  /** @throws Failure `conflict` (a name or e-mail that should be new is taken), `storage_unavailable` */
  issue(request: KeyRequest, prepare?: Preparation): Promise<IssuedKey>;
  /**
   * The key behind a secret, or null if it is unknown, revoked, or replaced longer ago than its grace.
   *
   * @throws Failure `invalid_api_key` that says why, if the key is expired or switched off
   */
  authenticate(token: string): VirtualKey | null;
  /** Whether what opened with this key before would find it just the same now: not ended, rotated or given other rules. */
  isUnchanged(key: VirtualKey): boolean;
  /** A key by its secret or its id, revoked ones included. */
  find(tokenOrId: string): VirtualKey | null;
  /** Every key, revoked ones included, in the order in which they came. */
  all(): readonly VirtualKey[];
  /** All keys of a user, revoked ones included, the oldest first. */
  ofUser(userId: string): readonly VirtualKey[];
  /** Those that open something now; null if nobody has this name. */
  activeOf(username: string): readonly VirtualKey[] | null;
  lastUseOf(key: VirtualKey): KeyUse;
  /** @param rules at least one */
  change(key: VirtualKey, rules: Partial<KeyRules>): KeyChange;
  /**
   * Gives a key another secret. The one before works beside it for the grace; the one before that ends at once.
   *
   * @throws Failure `conflict` (the key is revoked, or is being rotated), `storage_unavailable`
   */
  rotate(key: VirtualKey, graceMs: number): Promise<IssuedKey>;
  /** Ends a key at once; a second time gives the same answer. @throws Failure `storage_unavailable` */
  revoke(tokenOrId: string): Promise<VirtualKey | null>;
  /** No key that this user has now may use what cannot be metered any more. @throws Failure `storage_unavailable` */
  forbidUnmetered(userId: string): Promise<void>;
  /** Puts on disk when keys were used since the last time. @throws Failure `storage_unavailable` */
  noteUses(): Promise<void>;
}

interface Secret extends Omit<SecretFacts, 'lastUsedAt'> {
  readonly holder: Holder;
  /** Infinite for the one that a key has now. */
  validUntil: number;
  lastUsedAt: number | null;
}

/** A key with its secrets. */
class Holder {
  key: VirtualKey;
  current: Secret;
  previous: Secret | null = null;
  lastUsedAt: number | null = null;
  /** Used since that was last written. */
  isUsed = false;

  constructor(key: VirtualKey, hash: string) {
    this.key = key;
    this.current = this.newSecret(hash, key);
  }

  newSecret(hash: string, { prefix, last4 }: Pick<VirtualKey, 'prefix' | 'last4'>): Secret {
    const validUntil = Number.POSITIVE_INFINITY;
    return { hash, prefix, last4, holder: this, validUntil, lastUsedAt: null };
  }
}

/** Uses go to the disk in commits of so many keys, so that a request never waits behind a long one. */
const USES_PER_COMMIT = 500;

export class KeyBook implements VirtualKeys {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #people: UserBook;
  readonly #holders = new Map<string, Holder>();
  readonly #byUser = new Map<string, Holder[]>();
  readonly #secrets = new Map<string, Secret>();
  readonly #useWrite: (parameters: readonly unknown[]) => Write;
  readonly #used: Holder[] = [];

  constructor(deps: { storage: Storage; clock: Clock; people: UserBook }) {
    this.#storage = deps.storage;
    this.#clock = deps.clock;
    this.#people = deps.people;
    this.#useWrite = compileOnce(
      deps.storage.db
        .updateTable('virtual_keys')
        .set({ last_used_at: null, previous_last_used_at: null })
        .where('id', '=', ''),
    );
  }

  async load(): Promise<void> {
    const keys = this.#storage.db.selectFrom('virtual_keys').selectAll().orderBy('id');
    for (const row of await keys.execute()) {
      const label = this.#people.find(row.user_id)?.username ?? '';
      const { key, secret, previous } = fromRow(row, label);
      const holder = this.#remember(key, secret.hash);
      holder.lastUsedAt = secret.lastUsedAt;
      if (previous === null) continue;
      holder.previous = { ...previous, holder };
      this.#secrets.set(previous.hash, holder.previous);
    }
  }

  async issue(request: KeyRequest, prepare?: Preparation): Promise<IssuedKey> {
    const { label, newUser } = request;
    const createdAt = this.#clock.now();
    const person = { username: label, email: newUser?.email ?? null, createdAt };
    const user = this.#people.claim(person, newUser !== undefined);
    const token = newToken();
    const key = newKey(request, { userId: user.id, token, createdAt });
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
    const secret = this.#secrets.get(tokenHash(token));
    if (secret === undefined) return null;
    const now = this.#clock.now();
    const { holder } = secret;
    if (holder.key.revokedAt !== null || now >= secret.validUntil) return null;
    if (!this.#people.isActive(holder.key.userId)) return null;
    const closed = closedBecause(holder.key, now);
    if (closed !== null) throw closed;
    secret.lastUsedAt = now;
    holder.lastUsedAt = now;
    this.#markUsed(holder);
    return holder.key;
  }

  isUnchanged(key: VirtualKey): boolean {
    if (this.#holders.get(key.id)?.key !== key || !this.#people.isActive(key.userId)) return false;
    return closedBecause(key, this.#clock.now()) === null;
  }

  find(tokenOrId: string): VirtualKey | null {
    if (!isWellFormed(tokenOrId)) return this.#holders.get(tokenOrId)?.key ?? null;
    return this.#secrets.get(tokenHash(tokenOrId))?.holder.key ?? null;
  }

  all(): readonly VirtualKey[] {
    return [...this.#holders.values()].map(({ key }) => key);
  }

  ofUser(userId: string): readonly VirtualKey[] {
    return (this.#byUser.get(userId) ?? []).map(({ key }) => key);
  }

  activeOf(username: string): readonly VirtualKey[] | null {
    const user = this.#people.find(username);
    // An id is no name.
    if (user?.username !== username) return null;
    if (!user.isActive) return [];
    const now = this.#clock.now();
    return this.ofUser(user.id).filter((key) => stateOf(key, now) === 'active');
  }

  lastUseOf({ id }: VirtualKey): KeyUse {
    const { lastUsedAt, previous } = this.#holderOf(id);
    return { lastUsedAt, previous };
  }

  change({ id }: VirtualKey, rules: Partial<KeyRules>): KeyChange {
    const holder = this.#holderOf(id);
    const write = this.#storage.db
      .updateTable('virtual_keys')
      .set(ruleColumns(rules))
      .where('id', '=', id)
      .compile();
    const apply = () => {
      holder.key = { ...holder.key, ...rules };
    };
    return { write, apply };
  }

  async rotate({ id }: VirtualKey, graceMs: number): Promise<IssuedKey> {
    const holder = this.#holderOf(id);
    const { current, previous } = holder;
    if (holder.key.revokedAt !== null) {
      throw new Failure('conflict', { sentence: 'This key is revoked; issue another.' });
    }
    const token = newToken();
    const hash = tokenHash(token);
    const shown = shownOf(token);
    const validUntil = this.#clock.now() + graceMs;
    const update = this.#storage.db
      .updateTable('virtual_keys')
      .set({ token_hash: hash, ...shown, ...previousColumns({ ...current, validUntil }) })
      .where('id', '=', id)
      // Of two rotations at once the second finds another secret than it knew.
      .where('token_hash', '=', current.hash)
      .where('revoked_at', 'is', null);
    await this.#storage.commit([{ ...update.compile(), rows: 1 }]);
    if (previous !== null) this.#secrets.delete(previous.hash);
    current.validUntil = validUntil;
    holder.previous = current;
    holder.current = holder.newSecret(hash, shown);
    holder.key = { ...holder.key, ...shown };
    this.#secrets.set(hash, holder.current);
    return { key: holder.key, token };
  }

  async revoke(tokenOrId: string): Promise<VirtualKey | null> {
    const key = this.find(tokenOrId);
    if (key === null) return null;
    const holder = this.#holderOf(key.id);
    // Memory first: should the disk refuse, the key is closed all the same until the next start.
    holder.key = key.revokedAt === null ? { ...key, revokedAt: this.#clock.now() } : key;
    const update = this.#storage.db
      .updateTable('virtual_keys')
      .set({ revoked_at: holder.key.revokedAt })
      .where('id', '=', key.id)
      .where('revoked_at', 'is', null);
    await this.#storage.commit([update.compile()], { keep: true });
    return holder.key;
  }

  /** For the act that deletes an account: its keys end, and what was written on them goes. */
  erasureOf(userId: string, pseudonym: string): Erasure {
    const now = this.#clock.now();
    const update = this.#storage.db
      .updateTable('virtual_keys')
      .set(({ fn, val }) => ({
        ...{ name: null, note: null },
        revoked_at: fn.coalesce('revoked_at', val(now)),
      }))
      .where('user_id', '=', userId);
    return {
      writes: [update.compile()],
      apply: () => {
        for (const holder of this.#byUser.get(userId) ?? []) {
          const revokedAt = holder.key.revokedAt ?? now;
          holder.key = { ...holder.key, label: pseudonym, name: null, note: null, revokedAt };
        }
      },
    };
  }

  async forbidUnmetered(userId: string): Promise<void> {
    const open = this.ofUser(userId).filter((key) => key.allowUnmetered);
    if (open.length === 0) return;
    const changes = open.map((key) => this.change(key, { allowUnmetered: false }));
    // Memory first, as for a revocation.
    for (const { apply } of changes) apply();
    await this.#storage.commit(
      changes.map(({ write }) => write),
      { keep: true },
    );
  }

  async noteUses(): Promise<void> {
    while (this.#used.length > 0) {
      const some = this.#used.splice(0, USES_PER_COMMIT);
      for (const holder of some) holder.isUsed = false;
      const uses = some.map(({ key, lastUsedAt, previous }) =>
        this.#useWrite([lastUsedAt, previous?.lastUsedAt ?? null, key.id]),
      );
      try {
        await this.#storage.commit(uses);
      } catch (error) {
        for (const holder of some) this.#markUsed(holder);
        throw error;
      }
    }
  }

  #markUsed(holder: Holder): void {
    if (holder.isUsed) return;
    holder.isUsed = true;
    this.#used.push(holder);
  }

  #holderOf(id: string): Holder {
    const holder = this.#holders.get(id);
    if (holder === undefined) throw new Failure('internal', { detail: `there is no key ${id}` });
    return holder;
  }

  #remember(key: VirtualKey, hash: string): Holder {
    const holder = new Holder(key, hash);
    this.#holders.set(key.id, holder);
    this.#secrets.set(hash, holder.current);
    const others = this.#byUser.get(key.userId);
    if (others === undefined) this.#byUser.set(key.userId, [holder]);
    else others.push(holder);
    return holder;
  }
}

function newKey(
  { newUser: _, ...request }: KeyRequest,
  of: { readonly userId: string; readonly token: string; readonly createdAt: number },
): VirtualKey {
  const { userId, token, createdAt } = of;
  return {
    name: null,
    models: null,
    pin: null,
    expiresAt: null,
    ...request,
    id: newId('vk'),
    userId,
    ...shownOf(token),
    ruledBy: request.origin === 'member' ? 'member' : 'operator',
    isDisabled: false,
    createdAt,
    revokedAt: null,
  };
}
