/** The vault itself: what is sealed, in memory and on disk. */
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { newId } from '../id.ts';
import type { Storage } from '../storage/storage.ts';
import type { DataKeysTable, SecretsTable } from '../storage/tables/vault-tables.ts';
import { fingerprint, newDataKey, type RootKey, seal, unseal } from './envelope.ts';
import {
  CANARY_PLACE,
  CANARY_TEXT,
  contextOf,
  type Place,
  placeOf,
  unwrap,
  wrappingContext,
} from './places.ts';
import type { SecretFact, Vault, VaultChange } from './vault.ts';

/**
 * Loads what is sealed. A new database gets its canary.
 *
 * @throws Failure `secret_unreadable` if this is not the root key of the database, `storage_unavailable`
 */
export async function createVault(deps: {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly rootKey: RootKey;
}): Promise<Vault> {
  const vault = new Strongroom(deps.storage, deps.clock, deps.rootKey);
  await vault.load();
  return vault;
}

class Strongroom implements Vault {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #dataKeys = new Map<string, DataKeysTable>();
  readonly #keyOfOwner = new Map<string | null, DataKeysTable>();
  /** Data keys that no commit has brought to the disk yet. */
  readonly #unwritten = new Set<string>();
  readonly #secrets = new Map<string, SecretsTable>();
  readonly #byFingerprint = new Map<string, SecretsTable>();
  #root: RootKey;

  constructor(storage: Storage, clock: Clock, root: RootKey) {
    this.#storage = storage;
    this.#clock = clock;
    this.#root = root;
  }

  async load(): Promise<void> {
    const { db } = this.#storage;
    for (const row of await db.selectFrom('data_keys').selectAll().orderBy('id').execute()) {
      this.#enterKey(row);
    }
    for (const row of await db.selectFrom('secrets').selectAll().execute()) this.#enter(row);
    if (this.#dataKeys.size > 0) {
      this.use(CANARY_PLACE, () => undefined);
      return;
    }
    const canary = this.put(CANARY_PLACE, CANARY_TEXT, null);
    await this.#storage.commit(canary.writes);
    canary.apply();
  }

  put(place: Place, secret: string, identity: string | null): VaultChange {
    const dataKey = this.#keyOfOwner.get(place.owner) ?? this.#newKeyFor(place.owner);
    const key = unwrap(this.#root, dataKey);
    const { purpose, row, column, owner } = place;
    const values = {
      owner,
      bound_to: place.boundTo,
      data_key_id: dataKey.id,
      sealed: seal(key, Buffer.from(secret), contextOf(place, dataKey.id)),
      fingerprint: identity === null ? null : fingerprint(key, twinContext(place, identity)),
      sealed_at: this.#clock.now(),
    };
    const sealed: SecretsTable = { purpose, row_id: row, column_name: column, ...values };
    const { db } = this.#storage;
    const write = db
      .insertInto('secrets')
      .values(sealed)
      .onConflict((c) => c.columns(['purpose', 'row_id', 'column_name']).doUpdateSet(values));
    const keyWrite = db
      .insertInto('data_keys')
      .values(dataKey)
      .onConflict((c) => c.doNothing());
    const isNewKey = this.#unwritten.has(dataKey.id);
    return {
      writes: [...(isNewKey ? [keyWrite.compile()] : []), write.compile()],
      apply: () => {
        this.#unwritten.delete(dataKey.id);
        this.#leave(place);
        this.#enter(sealed);
      },
    };
  }

  twinOf(place: Place, identity: string): string | null {
    const dataKey = this.#keyOfOwner.get(place.owner);
    if (dataKey === undefined) return null;
    const print = fingerprint(unwrap(this.#root, dataKey), twinContext(place, identity));
    const twin = this.#byFingerprint.get(print);
    return twin === undefined || twin.row_id === place.row ? null : twin.row_id;
  }

  printOf(place: Place): string | null {
    return this.#secrets.get(nameOf(place))?.fingerprint ?? null;
  }

  use<T>(place: Place, work: (secret: string) => T): T {
    const plain = this.#open(place);
    const secret = plain.toString('utf8');
    // The text cannot be wiped, but there need not be a second one.
    plain.fill(0);
    return work(secret);
  }

  list(purpose: string): readonly SecretFact[] {
    return [...this.#secrets.values()]
      .filter((row) => row.purpose === purpose)
      .map((row) => ({ place: placeOf(row), sealedAt: row.sealed_at }));
  }

  revoke(place: Place): VaultChange {
    const destroy = this.#storage.db
      .deleteFrom('secrets')
      .where('purpose', '=', place.purpose)
      .where('row_id', '=', place.row)
      .where('column_name', '=', place.column);
    return { writes: [destroy.compile()], apply: () => this.#leave(place) };
  }

  revokeAllOf(owner: string): VaultChange {
    const { db } = this.#storage;
    return {
      writes: [
        db.deleteFrom('secrets').where('owner', '=', owner).compile(),
        db.deleteFrom('data_keys').where('owner', '=', owner).compile(),
      ],
      apply: () => {
        for (const row of this.#secrets.values()) {
          if (row.owner === owner) this.#leave(placeOf(row));
        }
        for (const { id, owner: whose } of this.#dataKeys.values()) {
          if (whose === owner) this.#dataKeys.delete(id);
        }
        this.#keyOfOwner.delete(owner);
      },
    };
  }

  async rotate(to: RootKey): Promise<{ readonly dataKeys: number; readonly secrets: number }> {
    const { db } = this.#storage;
    // Whether everything opens is looked at now, while the old key is still at hand.
    for (const row of this.#secrets.values()) this.#open(placeOf(row)).fill(0);
    const rewrapped = [...this.#dataKeys.values()].map((row) => {
      const wrapped = seal(to.wrapping, unwrap(this.#root, row), wrappingContext(row, to.id));
      return { ...row, wrapped, root_key_id: to.id };
    });
    const writes = rewrapped.map(({ id, wrapped, root_key_id }) => ({
      ...db.updateTable('data_keys').set({ wrapped, root_key_id }).where('id', '=', id).compile(),
      rows: 1,
    }));
    await this.#storage.commit(writes);
    this.#root = to;
    for (const row of rewrapped) this.#enterKey(row);
    return { dataKeys: rewrapped.length, secrets: this.#secrets.size };
  }

  #open(place: Place): Buffer {
    const row = this.#secrets.get(nameOf(place));
    const dataKey = row === undefined ? undefined : this.#dataKeys.get(row.data_key_id);
    if (row === undefined || dataKey === undefined) {
      throw new Failure('secret_unreadable', { detail: `nothing is sealed at ${nameOf(place)}` });
    }
    try {
      // Bound to the place that was asked for, not to what the row says of itself.
      return unseal(unwrap(this.#root, dataKey), row.sealed, contextOf(place, dataKey.id));
    } catch (cause) {
      throw new Failure('secret_unreadable', { cause, detail: `at ${nameOf(place)}` });
    }
  }

  /** Two first secrets of one owner may be under way at once: both lie under the same key. */
  #newKeyFor(owner: string | null): DataKeysTable {
    const named = { id: newId('dk'), owner };
    const wrapped = seal(this.#root.wrapping, newDataKey(), wrappingContext(named, this.#root.id));
    const row = {
      ...named,
      wrapped,
      root_key_id: this.#root.id,
      created_at: this.#clock.now(),
    };
    this.#unwritten.add(row.id);
    this.#enterKey(row);
    return row;
  }

  #enterKey(row: DataKeysTable): void {
    this.#dataKeys.set(row.id, row);
    this.#keyOfOwner.set(row.owner, row);
  }

  #enter(row: SecretsTable): void {
    this.#secrets.set(nameOf(placeOf(row)), row);
    if (row.fingerprint !== null) this.#byFingerprint.set(row.fingerprint, row);
  }

  #leave(place: Place): void {
    const row = this.#secrets.get(nameOf(place));
    this.#secrets.delete(nameOf(place));
    if (row?.fingerprint != null) this.#byFingerprint.delete(row.fingerprint);
  }
}

/** As the primary key: the owner is no part of it, for a row has one owner. */
function nameOf({ purpose, row, column }: Place): string {
  return `${purpose}/${row}/${column}`;
}

function twinContext({ purpose, owner, column }: Place, identity: string) {
  return ['twin', purpose, owner, column, identity];
}
