/**
 * The door of `vault`: secrets, sealed. A secret goes in and is lent to a piece of work; nothing hands it out.
 * README.md beside this file says what that protects from, and from what not.
 *
 * What is sealed lies in memory as it lies on disk, so that lending waits for nobody. It is opened for each use.
 */
import type { Write } from '../storage/storage.ts';
import type { RootKey } from './envelope.ts';
import type { Place } from './places.ts';

export { type RootKey, rootKeyFrom } from './envelope.ts';
export type { Place } from './places.ts';
export { findRootKey, type RootKeySource, readSeals, type Seals } from './root-key.ts';
export { type Rotation, rotateRootKey } from './rotation.ts';
export { everySecretOpens, type SealFinding } from './seal-check.ts';
export { createVault } from './strongroom.ts';

/** What is known of a secret without opening it. */
export interface SecretFact {
  readonly place: Place;
  /** Milliseconds since the epoch. */
  readonly sealedAt: number;
}

/** What is to change, so that it can be committed together with other writes. */
export interface VaultChange {
  readonly writes: readonly Write[];
  /** Lets it hold; to be called when the writes are durable. */
  apply(): void;
}

export interface Vault {
  /**
   * Seals a secret at its place, over what was there.
   *
   * @param identity what makes it a twin of another of the same owner and purpose, of which the database takes one only
   *   (Failure `conflict` from the commit); null where twins are welcome
   */
  put(place: Place, secret: string, identity: string | null): VaultChange;
  /** The row of another secret of this owner and purpose with the same identity; null where there is none. */
  twinOf(place: Place, identity: string): string | null;
  /** By what the same secret of this owner and purpose is known again, also when this one is gone; null for none. */
  printOf(place: Place): string | null;
  /**
   * Lends a secret to `work` and to nobody else.
   *
   * @throws Failure `secret_unreadable` if it was destroyed, or changed or moved behind our back
   */
  use<T>(place: Place, work: (secret: string) => T): T;
  /** Every secret of a purpose, as facts. */
  list(purpose: string): readonly SecretFact[];
  /** Destroys a secret. */
  revoke(place: Place): VaultChange;
  /** Destroys all secrets of a user, and the key that every copy of them lies under. */
  revokeAllOf(owner: string): VaultChange;
  /**
   * Wraps every data key under a new root key, in one transaction. What is sealed under them stays as it is.
   *
   * @returns how many keys and secrets now hang from the new root key
   * @throws Failure `secret_unreadable` for one that does not open, `storage_unavailable`; then nothing has changed
   */
  rotate(to: RootKey): Promise<{ readonly dataKeys: number; readonly secrets: number }>;
}
