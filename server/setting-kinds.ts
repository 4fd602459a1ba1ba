import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { parseDollars } from '../contract/money.ts';
import { parseAllowedHost } from './address-guard.ts';
import { parseEncryptionKey, weaknessOf } from './encryption-key.ts';

/** One setting: what it is called, what it may hold, and what it is when nobody sets it. */
export interface Setting<Value> {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly secret: boolean;
  /** Two names of it that hold different values are a mistake, not a choice. */
  readonly mustAgree: boolean;
  readonly schema: z.ZodType<Value, string>;
  readonly fallback: Value | ((seen: ReadonlyMap<string, unknown>) => Value);
}

export function setting<Value, Fallback extends Value | undefined>(
  name: string,
  schema: z.ZodType<Value, string>,
  fallback: Fallback | ((seen: ReadonlyMap<string, unknown>) => Fallback),
  options: { aliases?: readonly string[]; secret?: boolean; mustAgree?: boolean } = {},
): Setting<Value | Fallback> {
  const { aliases = [], secret = false, mustAgree = false } = options;
  return { name, aliases, secret, mustAgree, schema, fallback } as Setting<Value | Fallback>;
}

// What a value may look like. Each message completes the sentence "NAME (source) …" and never repeats the value.

export const host = z
  .string()
  .regex(/^[\w.:-]+$/, 'must be a host name or an IP address, without a port');

export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER) {
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
  const sentence = `must be a whole number, ${range}`;
  const isInRange = (value: number) => value >= least && value <= most;
  return z
    .string()
    .regex(/^\d{1,16}$/, sentence)
    .transform(Number)
    .refine(isInRange, sentence);
}

export function oneOf<const Word extends string>(...words: readonly Word[]) {
  const find = (text: string) => words.find((word) => word.toLowerCase() === text.toLowerCase());
  return checked(`must be one of ${words.join(', ')}`, find);
}

export const flag = oneOf('true', 'false', '1', '0', 'yes', 'no').transform((word) =>
  ['true', '1', 'yes'].includes(word),
);

export const credential = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'holds a space or a character that cannot travel in a header');

/** As long as what it signs with, so that it is not the weakest part. */
const SIGNING_LETTERS_MIN = 32;

/** What documents and examples say in place of a secret, and what people type to be done with it. */
const PLACEHOLDER =
  /^(.)\1*$|change[-_ ]?(me|this|it)|your[-_ ]?(\w+[-_ ])?(secret|key|token)|^(test|default|example|insecure|super|admin)?[-_ ]?(secret|password|key|token|admin)([-_ ](key|token))?$|^(0123456789|abcdefgh|12345678)/i;

const GUESSABLE = 'is a placeholder that anybody could guess';

/** The rest of a sentence about a secret that anybody could guess; undefined for any other. */
export function guessable(secret: string): string | undefined {
  return PLACEHOLDER.test(secret) ? GUESSABLE : undefined;
}

export const signingSecret = credential
  .min(SIGNING_LETTERS_MIN, `must have at least ${SIGNING_LETTERS_MIN} characters`)
  .refine((secret) => guessable(secret) === undefined, GUESSABLE);

/** A key of 32 bytes, brought to one spelling: base64url. */
export const encryptionKey = z.string().transform((text, context) => {
  const bytes = parseEncryptionKey(text);
  const fault =
    bytes === undefined ? 'must be 32 bytes as base64, base64url or hex' : weaknessOf(bytes);
  if (bytes !== undefined && fault === undefined) return bytes.toString('base64url');
  context.addIssue({ code: 'custom', message: fault ?? '' });
  return z.NEVER;
});

export const headerText = z
  .string()
  .regex(/^[\x20-\x7e\xa0-\xff]{1,200}$/, 'must be one line of at most 200 Latin characters');

/** A decimal of zero or more, kept as text so that no digit is lost. */
export const dollars = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,9})?$/, 'must be a decimal such as 20 or 0.5, with at most nine places')
  // What cannot be counted would be taken for nothing where it is used.
  .refine((text) => parseDollars(text) !== undefined, 'is more than nine million');

/** Read by the room that it concerns. */
export const text = z.string();

export const path = (cwd: string) => z.string().transform((text) => resolve(cwd, text));

export const address = checked(
  'must be an http or https address without credentials, query or fragment',
  (text) => {
    const url = URL.parse(text);
    if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
    if (url.username !== '' || url.password !== '' || /[?#]/.test(text)) return undefined;
    return url.href.replace(/\/+$/, '');
  },
);

export const paths = checked(
  'must list paths such as /ping, separated by commas',
  (text): readonly string[] | undefined => {
    const listed = text.split(',').map((part) => part.trim());
    return listed.every((part) => part.startsWith('/')) ? listed : undefined;
  },
);

export const hosts = checked(
  'must list hosts such as llm.lan or 10.0.0.5:8000, separated by commas',
  (text): readonly string[] | undefined => {
    const listed = text.split(',').map((part) => parseAllowedHost(part.trim()));
    const known = listed.filter((host) => host !== undefined);
    return known.length === listed.length ? known : undefined;
  },
);

const NAMED_RANGES = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Addresses of proxies; `true`, or a range of all addresses, would let anybody say who they are. */
export const proxies = checked(
  'must list addresses or ranges such as 127.0.0.1, 10.0.0.0/8 or loopback, separated by commas',
  (text): readonly string[] | undefined => {
    const listed = text.split(',').map((part) => part.trim());
    const isRange = (part: string): boolean => {
      const [address = '', bits = '1', ...rest] = part.split('/');
      const most = isIP(address) === 4 ? 32 : 128;
      const isLength = /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most;
      return isIP(address) > 0 && isLength && rest.length === 0;
    };
    return listed.every((part) => NAMED_RANGES.has(part) || isRange(part)) ? listed : undefined;
  },
);

export const origins = checked(
  'must list origins such as https://app.example.com, separated by commas',
  (text): readonly string[] | undefined => {
    const listed = text.split(',').map((part) => part.trim());
    const isOrigin = (origin: string) =>
      /^https?:\/\//.test(origin) && URL.parse(origin)?.origin === origin;
    return listed.every(isOrigin) ? listed : undefined;
  },
);

/**
 * `sqlite:` follows the rule for addresses: `sqlite:x.db` is relative, `sqlite:///x.db` is absolute.
 * `sqlite:///./x.db` is relative as well, since other tools write it so and it can mean nothing else.
 */
export function databaseFile(cwd: string) {
  return z.string().transform((text, context) => {
    const refuse = (message: string) => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    // A single letter before the colon is a Windows drive.
    const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase();
    if (scheme !== undefined && /^postgres(ql)?(\+|$)/.test(scheme)) {
      return refuse('names a PostgreSQL server, but this version stores in SQLite only');
    }
    if (scheme !== undefined && scheme !== 'sqlite') {
      return refuse('must be the path of a SQLite file, with or without "sqlite:" before it');
    }
    const rest = scheme === undefined ? text : text.slice('sqlite:'.length);
    const file = rest.replace(/^\/\/(?=\/)/, '').replace(/^\/(?=\.\.?\/|\/)/, '');
    if (file === '' || file.includes(':memory:') || /^\/\/[^/]/.test(rest)) {
      return refuse('must be the path of a file: what is owed has to survive a restart');
    }
    return resolve(cwd, file);
  });
}

/** A schema from a function that answers undefined for what it cannot read. */
function checked<Value>(sentence: string, read: (text: string) => Value | undefined) {
  return z.string().transform((text, context): Value => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: sentence });
    return z.NEVER;
  });
}
