/** A virtual key and what it may do: its models, and until when it opens anything. */
import { isoTime } from '../clock.ts';
import { Failure } from '../failure.ts';

/** `operator`: by the operator. `member`: by its user for themselves. `self-service`: by whoever gave the name. */
export type KeyOrigin = 'operator' | 'member' | 'self-service';

/** A key that we issued. Its secret is not here: it was shown once. */
export interface VirtualKey {
  readonly id: string;
  readonly userId: string;
  /** The user's name, which is the label under which the key was issued. */
  readonly label: string;
  /** What it is called; null: by the name of its user. */
  readonly name: string | null;
  readonly note: string | null;
  /** The first 11 characters of the secret. */
  readonly prefix: string;
  readonly last4: string;
  readonly origin: KeyOrigin;
  /** Who decides what it may do. What the operator has once decided is not for its user to change. */
  readonly ruledBy: 'operator' | 'member';
  readonly allowUnmetered: boolean;
  /** Exact names, and beginnings that end with `*`; null allows every model. */
  readonly models: readonly string[] | null;
  /** The id of the provider key that serves it; null: any. */
  readonly pin: string | null;
  /** Milliseconds since the epoch, here and below. */
  readonly expiresAt: number | null;
  readonly isDisabled: boolean;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

/** What of a key can be changed. */
export type KeyRules = Pick<
  VirtualKey,
  'name' | 'note' | 'ruledBy' | 'allowUnmetered' | 'models' | 'pin' | 'expiresAt' | 'isDisabled'
>;

export type KeyState = 'active' | 'disabled' | 'expired' | 'revoked';

export function stateOf(key: VirtualKey, now: number): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  if (key.expiresAt !== null && now >= key.expiresAt) return 'expired';
  return key.isDisabled ? 'disabled' : 'active';
}

/** Why a key that is not revoked opens nothing now, in words for whoever holds its secret; null if it opens. */
export function closedBecause(key: VirtualKey, now: number): Failure | null {
  const isExpired = key.expiresAt !== null && now >= key.expiresAt;
  if (!isExpired && !key.isDisabled) return null;
  const sentence = isExpired
    ? `This API key expired at ${isoTime(key.expiresAt)}.`
    : 'This API key is switched off.';
  const sender = { keyId: key.id, userId: key.userId };
  return new Failure('invalid_api_key', { sentence, sender });
}

/** Whether a key may use this model, or a request that names none. */
export function mayUse({ models }: Pick<VirtualKey, 'models'>, model: string | null): boolean {
  if (models === null) return true;
  if (model === null) return false;
  return models.some((pattern) =>
    pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : model === pattern,
  );
}
