/**
 * The tokens that we issue: `tk_` for a virtual key, `tkr_` for an API token, + 32 random bytes in base62 + a checksum.
 * The checksum lets a guess be refused without a look-up, and lets secret scanners recognise a leaked token offline.
 */
import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const KEY_PREFIX = 'tk_';
/** What only reads. */
export const API_TOKEN_PREFIX = 'tkr_';
/** 62^43 exceeds 2^256, so 43 letters hold 32 bytes. */
const SECRET_LETTERS = 43;
const CHECKSUM_LETTERS = 6;
const KEY_LETTERS = KEY_PREFIX.length + SECRET_LETTERS + CHECKSUM_LETTERS;

export function newToken(prefix: string = KEY_PREFIX): string {
  let rest = BigInt(`0x${randomBytes(32).toString('hex')}`);
  let secret = '';
  for (let i = 0; i < SECRET_LETTERS; i++) {
    secret = ALPHABET.charAt(Number(rest % 62n)) + secret;
    rest /= 62n;
  }
  return prefix + secret + checksum(prefix + secret);
}

/** A token for a cookie or a link: 256 random bits without prefix or checksum, for nobody has to know it by its looks. */
export function newOpaqueToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What may be shown of a token again. */
export function shownOf(token: string): { readonly prefix: string; readonly last4: string } {
  return { prefix: token.slice(0, 11), last4: token.slice(-4) };
}

/** False for what need not be hashed to be refused as a virtual key. */
export function hasTokenLength(token: string): boolean {
  return token.length === KEY_LETTERS;
}

/** True for everything that could have come from {@link newToken} with this prefix. */
export function isWellFormed(token: string, prefix: string = KEY_PREFIX): boolean {
  const letters = prefix.length + SECRET_LETTERS + CHECKSUM_LETTERS;
  if (token.length !== letters || !token.startsWith(prefix)) return false;
  const split = token.length - CHECKSUM_LETTERS;
  return checksum(token.slice(0, split)) === token.slice(split);
}

/** What is stored of a token. It has 256 random bits, so one fast hash is enough. */
export function tokenHash(token: string): string {
  return hash('sha256', token, 'hex');
}

function checksum(text: string): string {
  let rest = crc32(text);
  let letters = '';
  for (let i = 0; i < CHECKSUM_LETTERS; i++) {
    letters = ALPHABET.charAt(rest % 62) + letters;
    rest = Math.floor(rest / 62);
  }
  return letters;
}
