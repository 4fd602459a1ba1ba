/**
 * The door of `provider-keys`: which credentials of providers we hold, whose they are and what they are for. Those from
 * the environment lie in memory only; the secrets of all others lie in the vault. Nothing here hands out a secret.
 */
import type { Clock } from '../clock.ts';
import { Failure, wrongField } from '../failure.ts';
import { newId } from '../id.ts';
import type { Outbound } from '../outbound.ts';
import { type Ask, askWith, type Provider } from '../providers/providers.ts';
import type { Storage, Write } from '../storage/storage.ts';
import type { Place, Vault } from '../vault/vault.ts';
import { type EnvironmentSettings, environmentKeys } from './environment-keys.ts';
import { cleanBase, cleanSecret, identityOf, maskedSecret, providerOf } from './key-parts.ts';
import {
  differingColumns,
  fromRow,
  type KeyChange,
  type NewKey,
  type ProviderKey,
  type RoutedKey,
  type Scope,
  toRow,
} from './provider-key.ts';
import { inOrder, placeAt, routedKey } from './routes.ts';

export type {
  Anchor,
  KeyChange,
  NewKey,
  ProviderKey,
  Purposes,
  RoutedKey,
  Scope,
} from './provider-key.ts';

export interface ProviderKeys {
  /** Those that are there, in the order in which they came; the environment's first. */
  list(scope: Scope): readonly ProviderKey[];
  /** Deleted ones as well: what reports need to name them. */
  everHeld(scope: Scope): readonly ProviderKey[];
  /** One that is there, or null. */
  find(id: string): ProviderKey | null;
  /** Ids of deleted keys of the same owner that had the secret of this one: to their provider they are one key. */
  formerOf(id: string): readonly string[];
  /**
   * @throws Failure `validation_failed`, `conflict` for a secret that the owner has stored already or one key too many,
   *   `storage_unavailable`
   */
  add(order: NewKey): Promise<ProviderKey>;
  /** @throws Failure `not_found`, `forbidden` for a key of the environment, and as {@link ProviderKeys.add} */
  change(id: string, change: KeyChange): Promise<ProviderKey>;
  /** Destroys the secret at once; a tombstone stays. @throws Failure as {@link ProviderKeys.change} */
  remove(id: string): Promise<void>;
  /** The writes that destroy all keys of a user, for the act that deletes the account. */
  removeAllOf(owner: string): { readonly writes: readonly Write[]; apply(): void };
  /** The active keys that serve this owner's traffic, in order of preference: the first is the default route. */
  routed(owner: string | null): readonly RoutedKey[];
  /** Lends the secret to `work`, which serves the gateway with it. @throws Failure `not_found`, `secret_unreadable` */
  use<T>(key: Pick<RoutedKey, 'id'>, work: (secret: string) => T): T;
  /** The same for work that is no use of the key, such as a look at the models. */
  lend<T>(key: Pick<RoutedKey, 'id'>, work: (secret: string) => T): T;
  /** Where a key lives: its provider and the address that is called. */
  whereabouts(key: ProviderKey): RoutedKey;
  /** Asks the provider about a key. @throws Failure as {@link ProviderKeys.use}, from each call */
  account(key: Pick<ProviderKey, 'id'>): Ask;
  /** Asks the provider about a secret that is not stored. @throws Failure `validation_failed` */
  trial(of: Pick<NewKey, 'platform' | 'secret' | 'base'>): Trial;
}

/** A key that is tried and not stored. */
export interface Trial {
  readonly provider: Provider;
  readonly ask: Ask;
}

export interface ProviderKeysDeps {
  readonly storage: Storage;
  readonly vault: Vault;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly settings: EnvironmentSettings & {
    /** How many keys one owner may store. */
    readonly maxPerOwner: number;
  };
}

/** @throws Failure `storage_unavailable` */
export async function createProviderKeys(deps: ProviderKeysDeps): Promise<ProviderKeys> {
  const ring = new KeyRing(deps);
  await ring.load();
  return ring;
}

/** How often the time of the last use is written down. */
const USE_NOTED_EVERY_MS = 60_000;
/** A busy key's secret is opened once in this time: each opening costs what a tenth of a request does. */
const OPEN_MS = 60_000;

class KeyRing implements ProviderKeys {
  readonly #deps: ProviderKeysDeps;
  readonly #keys = new Map<string, ProviderKey>();
  readonly #environment = new Map<string, { routed: RoutedKey; secret: string }>();
  /** Secrets that serve the gateway at this moment, by the id of their key. */
  readonly #open = new Map<string, string>();
  /** How many keys of an owner are about to be written. */
  readonly #arriving = new Map<string | null, number>();
  /** By owner. Made when first asked for, forgotten with every change. */
  #routes: ReadonlyMap<string | null, readonly RoutedKey[]> | null = null;

  constructor(deps: ProviderKeysDeps) {
    this.#deps = deps;
    for (const { key, routed, secret } of environmentKeys(deps.settings, deps.clock.now())) {
      this.#keys.set(key.id, key);
      this.#environment.set(key.id, { routed, secret });
    }
  }

  async load(): Promise<void> {
    const { db } = this.#deps.storage;
    const rows = await db.selectFrom('provider_keys').selectAll().orderBy('id').execute();
    for (const row of rows) this.#keys.set(row.id, fromRow(row));
  }

  list(scope: Scope): readonly ProviderKey[] {
    return this.everHeld(scope).filter(isThere);
  }

  everHeld(scope: Scope): readonly ProviderKey[] {
    const all = [...this.#keys.values()];
    return scope === 'all' ? all : all.filter(({ owner }) => owner === scope);
  }

  find(id: string): ProviderKey | null {
    const key = this.#keys.get(id);
    return key === undefined || !isThere(key) ? null : key;
  }

  formerOf(id: string): readonly string[] {
    const key = this.find(id);
    const print = key?.source === 'stored' ? this.#deps.vault.printOf(placeOf(key)) : null;
    if (key === null || print === null) return [];
    const former = this.everHeld(key.owner).filter(({ formerPrint }) => formerPrint === print);
    return former.map((one) => one.id);
  }

  async add(order: NewKey): Promise<ProviderKey> {
    const { storage, vault, outbound, clock } = this.#deps;
    const { secret: pasted, base: given, ...rest } = order;
    const provider = providerOf(order.platform);
    const secret = cleanSecret(pasted, provider);
    const base = cleanBase(given, provider, outbound.refusalOf);
    const key: ProviderKey = {
      ...rest,
      id: newId('pk'),
      source: 'stored',
      base,
      isActive: true,
      anchor: null,
      masked: maskedSecret(secret),
      keyKind: null,
      createdAt: clock.now(),
      lastUsedAt: null,
      deletedAt: null,
      formerPrint: null,
    };
    this.#assertRoomFor(order.owner);
    this.#assertNoTwin(key, identityOf(secret, base));
    const sealed = vault.put(placeOf(key), secret, identityOf(secret, base));
    const insert = storage.db.insertInto('provider_keys').values(toRow(key)).compile();
    await this.#arrive(order.owner, () => commitUnique(storage, [insert, ...sealed.writes]));
    sealed.apply();
    this.#remember(key);
    return key;
  }

  async change(id: string, order: KeyChange): Promise<ProviderKey> {
    const { storage, vault, outbound } = this.#deps;
    const { secret: pasted, base: given, ...plain } = order;
    const key = this.#changeable(id);
    const provider = providerOf(key.platform);
    const base = given === undefined ? key.base : cleanBase(given, provider, outbound.refusalOf);
    if (base !== key.base && pasted === undefined) throw wrongField('key', KEY_WANTED_AGAIN);
    const secret = pasted === undefined ? null : cleanSecret(pasted, provider);
    const fresh = secret === null ? {} : { base, masked: maskedSecret(secret), keyKind: null };
    const changed = { ...plain, ...fresh };
    const columns = differingColumns(toRow(key), toRow({ ...key, ...changed }));
    if (secret !== null) this.#assertNoTwin(key, identityOf(secret, base));
    const sealed =
      secret === null
        ? null
        : vault.put(placeOf({ ...key, base }), secret, identityOf(secret, base));
    const update = storage.db
      .updateTable('provider_keys')
      // At least one column, for a new secret may look like the old one.
      .set({ platform: key.platform, ...columns })
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      // Of two changes at once, neither brings its secret to the address of the other.
      .$if(secret !== null, (query) => query.where('base', 'is', key.base))
      .compile();
    await commitUnique(storage, [{ ...update, rows: 1 }, ...(sealed?.writes ?? [])]);
    // Removed meanwhile: its secret went with a commit that came after this one, and must not come back to memory.
    const now = { ...this.#held(id), ...changed };
    sealed?.apply();
    this.#remember(now);
    return now;
  }

  async remove(id: string): Promise<void> {
    const { storage, vault, clock } = this.#deps;
    const key = this.#changeable(id);
    const deletedAt = clock.now();
    const formerPrint = vault.printOf(placeOf(key));
    const bury = storage.db
      .updateTable('provider_keys')
      .set({ deleted_at: deletedAt, is_active: 0, former_print: formerPrint })
      .where('id', '=', id);
    const revoked = vault.revoke(placeOf(key));
    // Memory first: should the disk refuse, the key is gone all the same, and the writes stay queued.
    revoked.apply();
    this.#remember({ ...key, isActive: false, deletedAt, formerPrint });
    await storage.commit([bury.compile(), ...revoked.writes], { keep: true });
  }

  removeAllOf(owner: string): { readonly writes: readonly Write[]; apply(): void } {
    const { storage, vault, clock } = this.#deps;
    const deletedAt = clock.now();
    const bury = storage.db
      .updateTable('provider_keys')
      .set(({ fn, val }) => ({
        ...NAMELESS,
        deleted_at: fn.coalesce('deleted_at', val(deletedAt)),
        is_active: 0,
        former_print: null,
      }))
      .where('owner', '=', owner);
    const revoked = vault.revokeAllOf(owner);
    return {
      writes: [bury.compile(), ...revoked.writes],
      apply: () => {
        revoked.apply();
        for (const key of this.everHeld(owner)) {
          const gone = { isActive: false, deletedAt: key.deletedAt ?? deletedAt };
          this.#remember({ ...key, ...NAMELESS, ...gone, formerPrint: null });
        }
      },
    };
  }

  routed(owner: string | null): readonly RoutedKey[] {
    this.#routes ??= this.#allRoutes();
    return this.#routes.get(owner) ?? NO_ROUTES;
  }

  use<T>(key: Pick<RoutedKey, 'id'>, work: (secret: string) => T): T {
    const { id } = key;
    this.#noteUse(id);
    const open = this.#open.get(id);
    if (open !== undefined) return work(open);
    return this.lend(key, (secret) => {
      this.#open.set(id, secret);
      this.#deps.clock.after(OPEN_MS, () => this.#open.delete(id));
      return work(secret);
    });
  }

  lend<T>({ id }: Pick<RoutedKey, 'id'>, work: (secret: string) => T): T {
    const named = this.#environment.get(id);
    if (named !== undefined) return work(named.secret);
    return this.#deps.vault.use(placeOf(this.#held(id)), work);
  }

  whereabouts(key: ProviderKey): RoutedKey {
    return this.#environment.get(key.id)?.routed ?? routedKey(key, this.#deps.settings);
  }

  account({ id }: Pick<ProviderKey, 'id'>): Ask {
    const { outbound } = this.#deps;
    // Looked up for each call: a key that is gone, or lives elsewhere now, is asked nothing more.
    return async (call) =>
      await this.lend({ id }, (secret) =>
        askWith(outbound, this.whereabouts(this.#held(id)), secret)(call),
      );
  }

  trial(of: Pick<NewKey, 'platform' | 'secret' | 'base'>): Trial {
    const { outbound } = this.#deps;
    const provider = providerOf(of.platform);
    const secret = cleanSecret(of.secret, provider);
    const where = placeAt(
      provider,
      cleanBase(of.base, provider, outbound.refusalOf),
      this.#deps.settings,
    );
    return { provider, ask: askWith(outbound, where, secret) };
  }

  #held(id: string): ProviderKey {
    const key = this.find(id);
    if (key === null) throw new Failure('not_found', { sentence: NO_SUCH_KEY });
    return key;
  }

  #changeable(id: string): ProviderKey {
    const key = this.#held(id);
    if (key.source === 'stored') return key;
    const sentence = `This key comes from the environment (${key.name}): change it there and restart.`;
    throw new Failure('forbidden', { sentence });
  }

  #assertRoomFor(owner: string | null): void {
    const { maxPerOwner } = this.#deps.settings;
    const stored = this.list(owner).filter(({ source }) => source === 'stored').length;
    if (stored + (this.#arriving.get(owner) ?? 0) < maxPerOwner) return;
    const sentence = `No more than ${maxPerOwner} provider keys can be stored (MAX_API_KEYS_PER_USER).`;
    throw new Failure('conflict', { sentence });
  }

  #assertNoTwin(key: ProviderKey, identity: string): void {
    const twin = this.#deps.vault.twinOf(placeOf(key), identity);
    if (twin === null) return;
    const name = this.find(twin)?.name;
    const where = name === undefined ? '' : `, as "${name}"`;
    const sentence = `This key is stored already${where}.`;
    throw new Failure('conflict', { param: 'key', sentence });
  }

  /** Counts a key from before it is written, so that several at once cannot pass the bound together. */
  async #arrive(owner: string | null, write: () => Promise<void>): Promise<void> {
    const count = (by: number) => this.#arriving.set(owner, (this.#arriving.get(owner) ?? 0) + by);
    count(1);
    try {
      await write();
    } finally {
      count(-1);
    }
  }

  #remember(key: ProviderKey): void {
    this.#keys.set(key.id, key);
    this.#routes = null;
    this.#open.delete(key.id);
  }

  #allRoutes(): ReadonlyMap<string | null, readonly RoutedKey[]> {
    const serving = this.list('all').filter((key) => key.isActive && key.purposes.route);
    const byOwner = Map.groupBy(serving, ({ owner }) => owner);
    const routesOf = (keys: readonly ProviderKey[]) =>
      inOrder(keys.map((key) => this.whereabouts(key)));
    return new Map([...byOwner].map(([owner, keys]) => [owner, routesOf(keys)]));
  }

  #noteUse(id: string): void {
    const { clock, storage } = this.#deps;
    const key = this.#keys.get(id);
    const now = clock.now();
    if (key === undefined || now - (key.lastUsedAt ?? 0) < USE_NOTED_EVERY_MS) return;
    // Not remembered as a change: the routes stay as they are.
    this.#keys.set(id, { ...key, lastUsedAt: now });
    if (key.source === 'environment') return;
    const note = storage.db
      .updateTable('provider_keys')
      .set({ last_used_at: now })
      .where('id', '=', id);
    // The next use writes it down again; nobody waits for this one.
    storage.commit([note.compile()]).catch(() => undefined);
  }
}

/** What is left of the keys of somebody who is gone: what they were called may tell who it was. */
const NAMELESS = { name: 'deleted', description: null, base: null, masked: '...' } as const;

const NO_ROUTES: readonly RoutedKey[] = [];
const NO_SUCH_KEY = 'There is no such provider key.';
const KEY_WANTED_AGAIN =
  'Give the key again together with the new base_url: a stored key never goes to another address.';

function isThere({ deletedAt }: ProviderKey): boolean {
  return deletedAt === null;
}

/** Bound to where the secret may be sent, so that nobody sends it elsewhere by changing a row. */
function placeOf({ id, owner, platform, base }: ProviderKey): Place {
  const boundTo = JSON.stringify([platform, base]);
  return { purpose: 'provider-key', owner, row: id, column: 'secret', boundTo };
}

/** What was free a moment ago may have been stored since. */
async function commitUnique(storage: Storage, writes: readonly Write[]): Promise<void> {
  try {
    await storage.commit(writes);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'conflict') throw error;
    const sentence = 'This key was stored or changed by another call at the same moment.';
    throw new Failure('conflict', { sentence, cause: error });
  }
}
