/** The key under which all stored secrets lie, as operators write it: 32 bytes as base64, base64url or hex. */

const KEY_BYTES = 32;

/** Keys that stand in public documents. Somebody copies them, and everybody knows them. */
const PUBLISHED = new Set([
  // The test vector of the Fernet specification, and the default of a well-known compose file.
  'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4',
  '46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho',
]);

/** The 32 bytes of a key; undefined for text that is not a key. */
export function parseEncryptionKey(text: string): Buffer | undefined {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return undefined;
  const bytes = Buffer.from(trimmed, 'base64');
  return bytes.length === KEY_BYTES ? bytes : undefined;
}

/**
 * Why a key protects nothing, as the rest of a sentence; undefined for one that looks random. A random key fails none
 * of these in the lifetime of the universe.
 */
export function weaknessOf(key: Uint8Array): string | undefined {
  if (PUBLISHED.has(Buffer.from(key).toString('base64url'))) {
    return 'is an example from public documents; make one of your own';
  }
  const steps = new Set(key.slice(1).map((byte, index) => (byte - (key[index] ?? 0)) & 0xff));
  if (new Set(key).size < 8 || steps.size < 4) return 'is a pattern, not a random key';
  if (key.every((byte) => byte >= 0x20 && byte < 0x7f)) {
    return 'is readable text, not a random key; use "openssl rand -base64 32"';
  }
  return undefined;
}
