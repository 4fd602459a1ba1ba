/** What the parts of a provider key must look like, and how a secret may be shown. */
import { wrongField } from '../failure.ts';
import { findProvider, type Provider } from '../providers/providers.ts';

/** The room of every provider for whose address the owner of a key answers. */
const OWN_ADDRESS = 'custom';

const SECRET_CHARACTERS = /^[\x21-\x7e]+$/;
const SECRET_LENGTH_MAX = 2_000;

/** @throws Failure `validation_failed` */
export function providerOf(platform: string): Provider {
  const provider = findProvider(platform);
  if (provider !== undefined) return provider;
  throw wrongField('platform', 'There is no such platform; GET /api/platforms lists them.');
}

/** May keys of this provider name their own address? */
export function hasOwnAddress(provider: Provider): boolean {
  return provider.id === OWN_ADDRESS;
}

/** A secret as it was pasted, without what came along. @throws Failure `validation_failed`, which repeats nothing of it */
export function cleanSecret(pasted: string, provider: Provider): string {
  const secret = pasted.trim();
  // Some local servers ask for none.
  if (secret === '' && hasOwnAddress(provider)) return secret;
  if (secret === '') throw wrongField('key', 'Give the key.');
  if (secret.length > SECRET_LENGTH_MAX) {
    throw wrongField('key', `A key has at most ${SECRET_LENGTH_MAX} characters.`);
  }
  if (/^bearer\s/i.test(secret)) throw wrongField('key', 'Give the key alone, without "Bearer".');
  if (/^["'`]|["'`]$/.test(secret))
    throw wrongField('key', 'Give the key without quotation marks.');
  if (!SECRET_CHARACTERS.test(secret)) {
    throw wrongField('key', 'The key holds a space or a character that cannot travel in a header.');
  }
  return secret;
}

/** The beginning and the end of a secret that is long enough to keep the rest to itself. */
export function maskedSecret(secret: string): string {
  if (secret.length >= 24) return `${secret.slice(0, 7)}...${secret.slice(-4)}`;
  return secret.length >= 12 ? `...${secret.slice(-2)}` : '...';
}

/**
 * The address of a custom server, in one spelling; null for a provider that has its own.
 *
 * @param refusalOf why a user may not name an address, or null
 * @throws Failure `validation_failed`
 */
export function cleanBase(
  base: string | null,
  provider: Provider,
  refusalOf: (address: URL) => string | null,
): string | null {
  if (!hasOwnAddress(provider)) {
    if (base === null) return null;
    const sentence = `${provider.name} has its own address; base_url is for the platform "${OWN_ADDRESS}".`;
    throw wrongField('base_url', sentence);
  }
  if (base === null) throw wrongField('base_url', 'A custom server needs its base_url.');
  const url = URL.parse(base.trim());
  if (url === null) throw wrongField('base_url', 'base_url must be an http or https address.');
  if (/[?#]/.test(base)) throw wrongField('base_url', 'base_url holds no query or fragment.');
  const refusal = refusalOf(url);
  if (refusal !== null) throw wrongField('base_url', refusal);
  return url.href.replace(/\/+$/, '');
}

/** The same secret at two servers of one's own is two keys: many ask for no real one. */
export function identityOf(secret: string, base: string | null): string {
  return JSON.stringify([secret, base]);
}
