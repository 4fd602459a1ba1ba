/** Finds known secrets in bytes, in the forms in which they get about, and tokens that we issue by their shape. */
import { isWellFormed } from '../../server/accounts/token.ts';
import { parseEncryptionKey, weaknessOf } from '../../server/encryption-key.ts';

/** The log's own least: what is shorter would be found in ordinary words. */
export const SECRET_LETTERS_MIN = 8;

interface Needle {
  readonly bytes: Buffer;
  /** What is said of it where it is found: enough to know it by, and too little to use it. */
  readonly title: string;
}

/** Secrets to look for. Each is kept once. */
export class Needles {
  readonly #known = new Set<string>();
  readonly #needles: Needle[] = [];
  #longest = 0;

  /** How many secrets are looked for. */
  get count(): number {
    return this.#known.size;
  }

  /** Of how many bytes the longest is: so many may stand on both sides of a cut. */
  get longest(): number {
    return this.#longest;
  }

  add(secret: string): void {
    if (secret.length < SECRET_LETTERS_MIN || this.#known.has(secret)) return;
    this.#known.add(secret);
    for (const [form, bytes] of formsOf(secret)) {
      this.#needles.push({ bytes, title: `${titleOf(secret)}, ${form}` });
      this.#longest = Math.max(this.#longest, bytes.length);
    }
  }

  /** @returns a title for each that stands there */
  findIn(bytes: Buffer): string[] {
    return this.#needles.filter((needle) => bytes.includes(needle.bytes)).map(({ title }) => title);
  }
}

function titleOf(secret: string): string {
  return `"${secret.slice(0, 3)}…" of ${secret.length} letters`;
}

function formsOf(secret: string): readonly (readonly [string, Buffer])[] {
  const raw = parseEncryptionKey(secret);
  const forms: [string, Buffer][] = [
    ['plain', Buffer.from(secret)],
    ['as in JSON', Buffer.from(JSON.stringify(secret).slice(1, -1))],
    ['as in a URL', Buffer.from(encodeURIComponent(secret))],
    ['in hex', Buffer.from(Buffer.from(secret).toString('hex'))],
    ...[0, 1, 2].flatMap((before) =>
      (['base64', 'base64url'] as const).map((encoding): [string, Buffer] => [
        'in base64',
        Buffer.from(within(secret, before, encoding)),
      ]),
    ),
    // Bytes of a pattern stand in every database.
    ...(raw === undefined || weaknessOf(raw) !== undefined
      ? []
      : [['as bytes', raw] as [string, Buffer]]),
  ];
  // Most secrets look the same in several of them; the first one names it.
  const distinct = new Map(forms.reverse().map((form) => [form[1].toString('latin1'), form]));
  return [...distinct.values()];
}

/** Its base64 inside a longer text, behind so many bytes: without the letters that its neighbours have a part in. */
function within(secret: string, before: number, encoding: 'base64' | 'base64url'): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
  const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)];
  return bytes.toString(encoding).slice(from, to);
}

const OUR_TOKEN = /tkr?_[0-9A-Za-z]{49}/g;
const JSON_WEB_TOKEN = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/;
/** How base64 shows the first letters of our tokens, by how many bytes of its group stand before them. */
const OUR_TOKEN_ENCODED = /(?:dGt[fy]|Rr[Xc]|0a[13])[A-Za-z0-9+/_-]{64}/g;
/** From where the group of those letters may begin until where the longest token has ended. */
const ENCODED_AROUND = [3, 80] as const;

/**
 * Virtual keys, API tokens and access tokens, whoever they were issued to: their checksum or their make tells them from
 * whatever a test made up.
 */
export function issuedTokensIn(bytes: Buffer): string[] {
  const text = bytes.toString('latin1');
  const [before, behind] = ENCODED_AROUND;
  const encoded = [...text.matchAll(OUR_TOKEN_ENCODED)].flatMap(({ index }) =>
    [0, 1, 2, 3].map((skipped) => {
      const from = Math.max(0, index - before) + skipped;
      return Buffer.from(text.slice(from, index + behind), 'base64').toString('latin1');
    }),
  );
  return [
    ...ourTokensIn(text).map((token) => `${titleOf(token)}, plain`),
    ...encoded.flatMap(ourTokensIn).map((token) => `${titleOf(token)}, in base64`),
    ...(JSON_WEB_TOKEN.test(text) ? ['an access token'] : []),
  ];
}

function ourTokensIn(text: string): string[] {
  return (text.match(OUR_TOKEN) ?? []).filter(
    (token) => isWellFormed(token) || isWellFormed(token, 'tkr_'),
  );
}
