/** What the scripted provider reads from a request: who asks, for what, and how long the prompt is. */
import { createHash, type Hash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export type Json = Readonly<Record<string, unknown>>;

/** Which shape of answer a path asks for. */
export type Route =
  | 'chat'
  | 'completions'
  | 'responses'
  | 'messages'
  | 'count-tokens'
  | 'embeddings'
  | 'images'
  | 'speech'
  | 'transcription'
  | 'moderations'
  | 'rerank'
  | 'models'
  | 'content'
  | 'echo';

export interface SeenRequest {
  /** The name of the answer: in its body, its `x-request-id` and on the bill. */
  readonly id: string;
  readonly route: Route;
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  /** The body, or its first 16 MiB. */
  readonly body: Buffer;
  readonly bodyLength: number;
  /** SHA-256 in hexadecimal; of echoed requests only. */
  readonly bodySha256: string | undefined;
  /** The body as a JSON object, where it is one. */
  readonly json: Json | undefined;
  readonly model: string | null;
  readonly streamed: boolean;
  /** The last four characters of the credential. */
  readonly key: string | null;
}

const POSTS: readonly (readonly [suffix: string, route: Route])[] = [
  ['/chat/completions', 'chat'],
  ['/fim/completions', 'chat'],
  ['/completions', 'completions'],
  ['/responses', 'responses'],
  ['/messages', 'messages'],
  ['/messages/count_tokens', 'count-tokens'],
  ['/embeddings', 'embeddings'],
  ['/images/generations', 'images'],
  ['/images/edits', 'images'],
  ['/audio/speech', 'speech'],
  ['/audio/transcriptions', 'transcription'],
  ['/audio/translations', 'transcription'],
  ['/moderations', 'moderations'],
  ['/rerank', 'rerank'],
];

/** Any base path serves, so that `/v1`, `/api/v1` and `/openai/deployments/x` need no setting. */
export function routeOf(method: string, path: string): Route {
  if (method === 'POST') {
    return POSTS.find(([suffix]) => path.endsWith(suffix))?.[1] ?? 'echo';
  }
  if (method !== 'GET') return 'echo';
  if (path.endsWith('/models')) return 'models';
  return path.endsWith('/content') ? 'content' : 'echo';
}

const KEPT_BYTES = 16 * 1024 * 1024;

/** Collects a body of any size in bounded memory. */
export class BodyReader {
  readonly #chunks: Buffer[] = [];
  #kept = 0;
  #length = 0;
  readonly #hash: Hash | undefined;

  constructor(route: Route) {
    this.#hash = route === 'echo' ? createHash('sha256') : undefined;
  }

  add(chunk: Buffer): void {
    this.#length += chunk.length;
    this.#hash?.update(chunk);
    if (this.#kept >= KEPT_BYTES) return;
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
  }

  finish(): Pick<SeenRequest, 'body' | 'bodyLength' | 'bodySha256'> {
    const [first] = this.#chunks;
    const body =
      this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    return {
      body: body.subarray(0, KEPT_BYTES),
      bodyLength: this.#length,
      bodySha256: this.#hash?.digest('hex'),
    };
  }
}

export interface Arrival {
  readonly id: string;
  readonly route: Route;
  readonly path: string;
  readonly message: IncomingMessage;
  readonly reader: BodyReader;
}

export function seenRequest({ id, route, path, message, reader }: Arrival): SeenRequest {
  const read = reader.finish();
  const json = parseObject(read.body);
  return {
    id,
    route,
    method: message.method ?? '',
    url: message.url ?? '',
    path,
    headers: message.headers,
    rawHeaders: message.rawHeaders,
    ...read,
    json,
    model: modelOf(json, read.body),
    streamed: json?.['stream'] === true,
    key: keyOf(message.headers),
  };
}

function parseObject(body: Buffer): Json | undefined {
  if (body[0] !== 0x7b) return undefined;
  try {
    return JSON.parse(body.toString()) as Json;
  } catch {
    return undefined;
  }
}

function modelOf(json: Json | undefined, body: Buffer): string | null {
  const model = json?.['model'];
  if (typeof model === 'string') return model;
  if (json !== undefined || body.length === 0) return null;
  const form = body.toString('latin1', 0, 65_536);
  return /name="model"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]+)/.exec(form)?.[1] ?? null;
}

function keyOf(headers: IncomingHttpHeaders): string | null {
  const key = headers.authorization ?? headers['x-api-key'] ?? headers['api-key'];
  return typeof key === 'string' && key !== '' ? key.slice(-4) : null;
}

/** The texts of a prompt in any of the request shapes, first to last. */
export function promptTexts(seen: SeenRequest): string[] {
  const { json } = seen;
  if (json === undefined) return [];
  const texts: string[] = [];
  for (const name of [
    'system',
    'instructions',
    'messages',
    'prompt',
    'input',
    'query',
    'documents',
  ]) {
    collectTexts(json[name], texts);
  }
  return texts;
}

function collectTexts(value: unknown, texts: string[]): void {
  if (typeof value === 'string') texts.push(value);
  else if (Array.isArray(value)) for (const part of value) collectTexts(part, texts);
  else if (typeof value === 'object' && value !== null) {
    const { content, text } = value as Json;
    collectTexts(content ?? text, texts);
  }
}

/**
 * A quarter of the prompt's characters plus four: stable, and the same whatever fields a gateway adds to the body.
 * Bodies that are not JSON count one for each 1,000 bytes.
 */
export function promptTokensOf(seen: SeenRequest): number {
  if (seen.json === undefined) return Math.ceil(seen.bodyLength / 1000);
  let characters = 0;
  for (const text of promptTexts(seen)) characters += text.length;
  return 4 + Math.ceil(characters / 4);
}

const OPENING = Buffer.from('[[');

/** The text in which a directive may stand: the last text of a JSON prompt, else the query or the raw body. */
export function directiveText(seen: SeenRequest): string {
  if (seen.body.includes(OPENING)) {
    if (seen.json === undefined) return seen.body.toString('latin1', 0, 65_536);
    return promptTexts(seen).findLast((text) => text.includes('[[')) ?? '';
  }
  return seen.url.includes('%5B%5B') || seen.url.includes('[[') ? decodedQuery(seen.url) : '';
}

function decodedQuery(url: string): string {
  return [...new URLSearchParams(url.slice(url.indexOf('?') + 1)).values()].join(' ');
}
