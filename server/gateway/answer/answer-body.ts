/** What has to be done to an answer that is read whole before it may go on. */
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { Failure } from '../../failure.ts';

/** Nobody asked for compression, so a small bound loses nothing and stops a bomb early. */
const DECODED_BYTES_MAX = 16 * 1024 * 1024;

type Decoder = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

/** A map, because a provider may call its coding `constructor`. */
const DECODERS: ReadonlyMap<string, Decoder> = new Map(
  Object.entries<Decoder>({
    gzip: promisify(zlib.gunzip),
    'x-gzip': promisify(zlib.gunzip),
    deflate: promisify(zlib.inflate),
    br: promisify(zlib.brotliDecompress),
    zstd: promisify(zlib.zstdDecompress),
  }),
);

/**
 * An answer that came compressed although identity was asked for.
 *
 * @throws Failure `upstream_unreadable` for an unknown coding or a broken body, `upstream_too_large`
 *   for one that swells past 16 MiB
 */
export async function decode(body: Buffer, encoding: string): Promise<Buffer> {
  const decoder = DECODERS.get(encoding.trim().toLowerCase());
  if (decoder === undefined) {
    throw new Failure('upstream_unreadable', { detail: 'an unknown content coding' });
  }
  try {
    return await decoder(body, { maxOutputLength: DECODED_BYTES_MAX });
  } catch (error) {
    const tooLarge = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
    throw new Failure(tooLarge ? 'upstream_too_large' : 'upstream_unreadable', { cause: error });
  }
}

export function isHtml(headers: IncomingHttpHeaders): boolean {
  return (headers['content-type'] ?? '').includes('text/html');
}

/** A shorter credential ("none", "EMPTY", "local") is a word, and answers may hold it by right. */
const SECRET_LETTERS_MIN = 12;

/** Does this text give the credential away? */
export function tellsSecret(text: string, secret: string): boolean {
  return secret.length >= SECRET_LETTERS_MIN && text.includes(secret);
}

/** A whole answer, and the same as text with one character a byte, which is quick to search, to read and to send. */
export interface WholeBody {
  readonly bytes: Buffer;
  readonly text: string;
}

/** A whole answer as it may go on, see {@link redact}. */
export function wholeBody(bytes: Buffer, secret: string): WholeBody {
  const text = bytes.toString('latin1');
  if (!tellsSecret(text, secret)) return { bytes, text };
  const clean = redact(bytes, secret);
  return { bytes: clean, text: clean.toString('latin1') };
}

/** Providers sometimes repeat the credential; it must not reach the caller. */
export function redact(body: Buffer, secret: string): Buffer {
  if (secret.length < SECRET_LETTERS_MIN || !body.includes(secret)) return body;
  return Buffer.from(body.toString('latin1').replaceAll(secret, '[redacted]'), 'latin1');
}

/**
 * The same for a part of an answer whose length has been told: blotted out in place, letter for letter. What a part
 * cuts in two is found if the next one begins with what {@link beginningOf} finds at the end of this one.
 */
export function blotOut(part: Buffer, secret: string): Buffer {
  if (secret.length < SECRET_LETTERS_MIN) return part;
  for (let at = part.indexOf(secret); at !== -1; at = part.indexOf(secret, at)) {
    part.fill('*', at, at + secret.length);
  }
  return part;
}

/** How many bytes at the end of a part may be the beginning of the credential. */
export function beginningOf(secret: string, part: Buffer): number {
  if (secret.length < SECRET_LETTERS_MIN) return 0;
  const end = part.toString('latin1', Math.max(0, part.length - secret.length + 1));
  for (let length = end.length; length > 0; length--) {
    if (secret.startsWith(end.slice(-length))) return length;
  }
  return 0;
}

/**
 * A JSON object with one more member at its end, every other byte untouched; anything else as it is.
 *
 * @param text one character a byte, like what comes back
 */
export function withLastMember(text: string, name: string, value: object): string {
  const start = text.indexOf('{');
  if (start === -1 || text.slice(0, start).trim() !== '') return text;
  const end = text.lastIndexOf('}');
  const comma = text.slice(start + 1, end).trim() === '' ? '' : ',';
  const member = Buffer.from(`${comma}"${name}":${JSON.stringify(value)}`).toString('latin1');
  return `${text.slice(0, end)}${member}${text.slice(end)}`;
}
