/** Reads what the gateway must know of a request body, and adds the one thing it may add. */
import { isAscii } from 'node:buffer';
import { Failure } from '../../failure.ts';
import type { JsonObject } from '../../providers/providers.ts';

/** Values may nest this deep; nothing honest comes near it, and a parser deeper down may overflow. */
const DEPTH_MAX = 200;
const BACKSLASH = 0x5c;
const QUOTE = 0x22;

/** Members that decide what is charged and where it goes: two of one name could be read in two ways. */
const DECISIVE = [
  'model',
  'models',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'background',
  'n',
  'best_of',
  'prompt',
  'input',
  'service_tier',
  'speed',
  'inference_geo',
];

/**
 * @throws Failure `invalid_request` if the body is no JSON object, nests absurdly deep, or has a
 *   decisive member twice, in a disguise, or of a type that nobody can read
 */
export function parseBody(body: Buffer): JsonObject {
  const text = body.toString('latin1');
  assertShallow(text);
  let parsed: unknown;
  try {
    parsed = JSON.parse(isAscii(body) ? text : body.toString('utf8'));
  } catch (error) {
    throw new Failure('invalid_request', { sentence: 'The body is not valid JSON.', cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Failure('invalid_request', { sentence: 'The body must be a JSON object.' });
  }
  assertNoDisguise(parsed as JsonObject);
  if (mayRepeat(text, parsed as JsonObject)) assertUnique(text);
  assertReadable(parsed as JsonObject);
  return parsed as JsonObject;
}

/**
 * Members that are read here for where a request goes and what its prompt costs. As anything else they mean nothing to
 * a provider, and null is how some clients leave one out.
 *
 * @throws Failure `invalid_request`
 */
function assertReadable({ model = null, messages = null }: JsonObject): void {
  if (model !== null && typeof model !== 'string') throw wrongType('model', 'a text');
  if (messages !== null && !Array.isArray(messages)) throw wrongType('messages', 'a list');
}

function wrongType(param: string, what: string): Failure {
  return new Failure('invalid_request', { sentence: `"${param}" must be ${what}.`, param });
}

/**
 * Lenient servers take a number in quotes for one; NaN for what none does. An object is not asked for its number: its own
 * `toString` would be called, and a caller may write anything there.
 */
export function numberIn(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** A short body cannot nest deep, nor can one with few brackets; only others are counted through. */
function assertShallow(text: string): void {
  if (text.length <= DEPTH_MAX) return;
  let brackets = 0;
  for (let at = nextOpening(text, 0); at !== -1 && brackets <= DEPTH_MAX; brackets++) {
    at = nextOpening(text, at + 1);
  }
  if (brackets <= DEPTH_MAX) return;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = closingQuote(text, i);
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) depth--;
    if (depth > DEPTH_MAX) {
      throw new Failure('invalid_request', { sentence: 'The body nests too deep.' });
    }
  }
}

function nextOpening(text: string, from: number): number {
  const brace = text.indexOf('{', from);
  const bracket = text.indexOf('[', from);
  if (brace === -1 || bracket === -1) return Math.max(brace, bracket);
  return Math.min(brace, bracket);
}

/** Cheap and never wrong in the dangerous direction: false means that no decisive member is repeated. */
function mayRepeat(text: string, parsed: JsonObject): boolean {
  if (text.includes('\\u')) return true;
  for (const name of DECISIVE) {
    if (!(name in parsed)) continue;
    const quoted = `"${name}"`;
    if (text.indexOf(quoted) !== text.lastIndexOf(quoted)) return true;
  }
  return false;
}

/** Some servers read names without regard to case; two such names would be one member twice. */
function assertNoDisguise(parsed: JsonObject): void {
  for (const name in parsed) {
    if (DECISIVE.includes(name) || !DECISIVE.includes(folded(name))) continue;
    const sentence = `Write the member "${name}" in lower case.`;
    throw new Failure('invalid_request', { sentence, param: name });
  }
}

/** As those servers fold it: the long s is one too. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll('\u017f', 's');
}

function assertUnique(text: string): void {
  const seen = new Set<string>();
  for (const { name } of topLevelMembers(text)) {
    if (DECISIVE.includes(name) && seen.has(name)) {
      throw new Failure('invalid_request', {
        sentence: `The body has the member "${name}" twice.`,
        param: name,
      });
    }
    seen.add(name);
  }
}

/** Index of the quote that ends the string beginning at `open`. */
function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i;
  }
  return text.length;
}

interface Member {
  readonly name: string;
  /** Where its value stands, in bytes. */
  readonly start: number;
  readonly end: number;
}

/** The members of the outermost object. `text` is valid JSON, one character a byte. */
function* topLevelMembers(text: string): Generator<Member> {
  let i = text.indexOf('{') + 1;
  for (;;) {
    const open = text.indexOf('"', i);
    if (open === -1) return;
    const close = closingQuote(text, open);
    const name = JSON.parse(text.slice(open, close + 1)) as string;
    const start = text.indexOf(':', close) + 1;
    const end = valueEnd(text, start);
    yield { name, start, end };
    i = end + 1;
    if (text.charAt(end) !== ',') return;
  }
}

/** Index of the comma or brace behind the value that begins at `start`. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = closingQuote(text, i);
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return i;
      depth--;
    } else if (code === 0x2c && depth === 0) return i;
  }
  return text.length;
}

/**
 * The body with one member set, every other byte untouched.
 *
 * @param json the value, as JSON
 */
export function withMember(
  body: Buffer,
  parsed: JsonObject,
  member: { name: string; json: string },
): Buffer {
  const text = body.toString('latin1');
  if (!(member.name in parsed)) {
    const at = text.indexOf('{') + 1;
    const comma = Object.keys(parsed).length === 0 ? '' : ',';
    return splice(body, at, at, `"${member.name}":${member.json}${comma}`);
  }
  for (const { name, start, end } of topLevelMembers(text)) {
    if (name === member.name) return splice(body, start, end, member.json);
  }
  return body;
}

/**
 * The body with `stream_options.include_usage: true`, every other byte untouched.
 *
 * @returns null if the body says so already
 */
export function withIncludeUsage(body: Buffer, parsed: JsonObject): Buffer | null {
  const options = parsed['stream_options'];
  const settings = typeof options === 'object' && options !== null ? (options as JsonObject) : null;
  if (settings?.['include_usage'] === true) return null;
  const json = JSON.stringify({ ...settings, include_usage: true });
  return withMember(body, parsed, { name: 'stream_options', json });
}

function splice(body: Buffer, start: number, end: number, insert: string): Buffer {
  return Buffer.concat([body.subarray(0, start), Buffer.from(insert), body.subarray(end)]);
}

/** How a form is divided; nothing else in its type may look like a second boundary. */
const BOUNDARY = /;\s*boundary\s*=\s*(?:"([^"\\]*[^"\\\s])"|([^\s";,]+))\s*(?:;|$)/i;
const BOUNDARIES = /boundary[\s*\d]*=/gi;
/** Whatever could give a part its name: also in pieces (`name*0`), which some servers put together. */
const PART_NAMES = /(?<![\w-])name([\s*\d]*)=\s*(?:"([^"]*)"|([^\s";]*))/gi;
/** Line ends that some servers take for one and others do not. */
const HALF_LINE_END = /\r(?!\n)|(?<!\r)\n/;
/** No form of a metered path has a tenth of so many; more are an attempt to be busy with them. */
const PIECES_MAX = 1_000;

/**
 * Text fields of a multipart form, such as `model`. What is not there is undefined; what could be read in two ways is
 * null. That is all of them where a server may see other parts than we do, and one of them where it stands there twice.
 */
export function formFields<Name extends string>(
  parts: FormParts,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string | null>>> {
  const fields: Partial<Record<Name, string | null>> = {};
  for (const part of parts) {
    if (part === null) {
      return Object.fromEntries(names.map((one) => [one, null])) as typeof fields;
    }
    const name = names.find((one) => one === folded(part.name));
    if (name === undefined) continue;
    fields[name] = name in fields || part.name !== name ? null : part.value();
  }
  return fields;
}

/** How many parts of a form have such a name; null where a server may see others than we do. */
export function countParts(parts: FormParts, name: RegExp): number | null {
  let count = 0;
  for (const part of parts) {
    if (part === null) return null;
    if (name.test(part.name)) count += 1;
  }
  return count;
}

interface FormPart {
  readonly name: string;
  value(): string;
}

/** A null among them stands for one without a clear name, or for all where a server may find others. */
export type FormParts = readonly (FormPart | null)[];

const UNCLEAR: FormParts = [null];

/** The parts of a multipart form, such as {@link formFields} reads. */
export function formParts(body: Buffer, contentType: string): FormParts {
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined || contentType.match(BOUNDARIES)?.length !== 1) return UNCLEAR;
  const text = `\r\n${body.toString('latin1')}`;
  const pieces = text.split(`\r\n--${boundary}`, PIECES_MAX);
  const parts = pieces.slice(1, -1);
  const isClear =
    // Lenient servers divide at any kind of line end.
    text.split(`--${boundary}`, PIECES_MAX).length === pieces.length &&
    pieces[0]?.trim() === '' &&
    pieces.length < PIECES_MAX &&
    pieces.at(-1)?.startsWith('--') === true &&
    parts.every((part) => /^[ \t]*\r\n/.test(part));
  return isClear && parts.length > 0 ? parts.map(partIn) : UNCLEAR;
}

function partIn(text: string): FormPart | null {
  const start = text.indexOf('\r\n\r\n');
  const head = text.slice(0, Math.max(0, start));
  const names = head.matchAll(PART_NAMES);
  const found = names.next().value;
  if (found === undefined || names.next().done !== true || HALF_LINE_END.test(head)) return null;
  const [, between = '', quoted, plain = ''] = found;
  const name = (quoted ?? plain).trim();
  if (between.trim() !== '' || name.includes('\\')) return null;
  return { name, value: () => Buffer.from(text.slice(start + 4), 'latin1').toString('utf8') };
}
