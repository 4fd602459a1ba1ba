/** The cryptography of the vault: AES-256-GCM under keys that are bound to what they seal. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/** 96 random bits: with a key for each owner, no key ever seals enough for two to meet. */
const NONCE_BYTES = 12;
/** The whole tag. Node takes it shortened unless the length is fixed, and a short one can be guessed. */
const TAG_BYTES = 16;

/** What a sealed text is bound to. Each list of words is bound in a way that no other list is. */
export type Context = readonly (string | null)[];

/** What follows from the root key. Each part has one use, so that nothing made for one is good for another. */
export interface RootKey {
  /** A name by which two root keys can be told apart; it gives nothing of the key away. */
  readonly id: string;
  readonly wrapping: Buffer;
}

export function rootKeyFrom(bytes: Uint8Array): RootKey {
  if (bytes.length !== KEY_BYTES) throw new Error('a root key has 32 bytes');
  return {
    id: `rk_${derive(bytes, 'name', 8).toString('hex')}`,
    wrapping: derive(bytes, 'wrapping', KEY_BYTES),
  };
}

function derive(key: Uint8Array, use: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `tollkeeper/vault/${use}/1`, length));
}

export function newDataKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/** @returns nonce, ciphertext and tag, as base64url */
export function seal(key: Uint8Array, plain: Uint8Array, context: Context): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(bytesOf(context));
  const parts = [nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(parts).toString('base64url');
}

/** @throws Error if anything of it was changed, shortened, or sealed elsewhere or for something else */
export function unseal(key: Uint8Array, sealed: string, context: Context): Buffer {
  const bytes = Buffer.from(sealed, 'base64url');
  // Node skips what is no base64url, so other texts would read as the same bytes.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) {
    throw new Error('the sealed text is incomplete');
  }
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(bytesOf(context));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
  return Buffer.concat([decipher.update(body), decipher.final()]);
}

/**
 * Equal for equal contexts under one data key, and without that key it tells nothing: not even whether two owners hold
 * the same secret. As it hangs from the data key, it outlives a change of the root key.
 */
export function fingerprint(dataKey: Uint8Array, context: Context): string {
  const key = derive(dataKey, 'fingerprints', KEY_BYTES);
  return createHmac('sha256', key).update(bytesOf(context)).digest('base64url');
}

/** JSON keeps the words apart: no two lists of words give the same text. */
function bytesOf(context: Context): Buffer {
  return Buffer.from(JSON.stringify(context), 'utf8');
}
