/**
 * The tokens that we issue: `tk_` + 32 random bytes in base62 + a checksum. The checksum lets a
 * guess be refused without a look-up, and lets secret scanners recognise a leaked token offline.
 */
import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX = 'tk_';
/** 62^43 exceeds 2^256, so 43 letters hold 32 bytes. */
const SECRET_LETTERS = 43;
const CHECKSUM_LETTERS = 6;
const TOKEN_LETTERS = PREFIX.length + SECRET_LETTERS + CHECKSUM_LETTERS;

export function newToken(): string {
  let rest = BigInt(`0x${randomBytes(32).toString('hex')}`);
  let secret = '';
  for (let i = 0; i < SECRET_LETTERS; i++) {
    secret = ALPHABET.charAt(Number(rest % 62n)) + secret;
    rest /= 62n;
  }
  return PREFIX + secret + checksum(PREFIX + secret);
}

/** False for what need not be hashed to be refused. */
export function hasTokenLength(token: string): boolean {
  return token.length === TOKEN_LETTERS;
}

/** True for everything that could have come from {@link newToken}. */
export function isWellFormed(token: string): boolean {
  if (token.length !== TOKEN_LETTERS || !token.startsWith(PREFIX)) return false;
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
