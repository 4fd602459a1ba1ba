/** The answers that come in one piece. */
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type Plan, wholeText } from './plan.ts';
import { promptTexts } from './request.ts';
import {
  chatUsage,
  imagesUsage,
  messagesUsage,
  promptUsage,
  responsesUsage,
  transcriptionUsage,
} from './usage.ts';

export interface PlainAnswer {
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly encoding?: string;
}

/** When the scripted provider says that everything was made. */
export const CREATED = 1_700_000_000;
const JSON_TYPE = 'application/json';

const BUILDERS: Readonly<Record<string, (plan: Plan) => unknown>> = {
  chat,
  completions,
  responses: (plan) => responseObject(plan, 'completed'),
  messages,
  'count-tokens': ({ seen, behaviour }) => ({
    input_tokens: behaviour.promptTokens ?? 4 + Math.ceil(promptTexts(seen).join('').length / 4),
  }),
  embeddings,
  images,
  transcription: (plan) => ({ text: 'hello', usage: transcriptionUsage(plan) }),
  moderations: ({ id, model }) => ({
    id,
    model,
    results: [{ flagged: false, categories: {}, category_scores: {} }],
  }),
  rerank: (plan) => ({
    id: plan.id,
    model: plan.model,
    results: documentsOf(plan).map((_, index) => ({ index, relevance_score: 1 / (index + 1) })),
    usage: promptUsage(plan),
  }),
  models: () => ({
    object: 'list',
    data: ['gpt-4o-mini', 'text-embedding-3-small', 'claude-sonnet-4-5'].map((id) => ({
      id,
      object: 'model',
      created: CREATED,
      owned_by: 'scripted',
    })),
  }),
  echo,
};

export function plainAnswer(plan: Plan): PlainAnswer {
  const { route } = plan.seen;
  const { bytes, encoding, oddBytes } = plan.behaviour;
  if (route === 'speech') return { contentType: 'audio/mpeg', body: binaryBody(bytes ?? 24_000) };
  if (route === 'content') {
    return { contentType: 'application/octet-stream', body: binaryBody(bytes ?? 1_000) };
  }
  let body: string | Buffer = jsonOf(plan);
  if (oddBytes !== undefined) body = withOddBytes(body, oddBytes);
  if (encoding === undefined) return { contentType: JSON_TYPE, body };
  return { contentType: JSON_TYPE, body: compressed(body, encoding), encoding };
}

/** Everything in an ordinary chat answer but its id, which stands between the two parts. */
const prebuilt = new Map<string, readonly [before: string, after: string]>();
const MOST_PREBUILT = 256;

/** The benchmark's load is the same few answers over and over: those are not built anew each time. */
function jsonOf(plan: Plan): string {
  const { seen, behaviour, used, visible, model, finishReason, unitText } = plan;
  const ordinary =
    seen.route === 'chat' &&
    plan.choices === 1 &&
    plan.reasoning === 0 &&
    plan.statedCost === undefined &&
    behaviour.usage === undefined;
  if (!ordinary) return JSON.stringify(BUILDERS[seen.route]?.(plan));
  const cache = `${used.cachedTokens} ${used.cacheWriteTokens} ${used.cacheWrite1hTokens}`;
  const name = `${used.promptTokens} ${cache} ${visible} ${finishReason} ${model}\n${unitText}`;
  let parts = prebuilt.get(name);
  if (parts === undefined) {
    const whole = JSON.stringify(chat(plan));
    const at = whole.indexOf(plan.id);
    parts = [whole.slice(0, at), whole.slice(at + plan.id.length)];
    if (prebuilt.size < MOST_PREBUILT) prebuilt.set(name, parts);
  }
  return parts[0] + plan.id + parts[1];
}

function chat(plan: Plan): unknown {
  const message = { role: 'assistant', content: wholeText(plan), refusal: null };
  return {
    id: plan.id,
    object: 'chat.completion',
    created: CREATED,
    model: plan.model,
    choices: eachChoice(plan, (index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: plan.finishReason,
    })),
    usage: chatUsage(plan),
    system_fingerprint: 'fp_scripted',
  };
}

function completions(plan: Plan): unknown {
  const text = wholeText(plan);
  return {
    id: plan.id,
    object: 'text_completion',
    created: CREATED,
    model: plan.model,
    choices: eachChoice(plan, (index) => ({
      text,
      index,
      logprobs: null,
      finish_reason: plan.finishReason,
    })),
    usage: chatUsage(plan),
  };
}

function eachChoice(plan: Plan, build: (index: number) => unknown): unknown[] {
  return Array.from({ length: plan.choices }, (_, index) => build(index));
}

/** The object of the responses API, which its stream repeats at the beginning and at the end. */
export function responseObject(plan: Plan, status: 'in_progress' | 'completed'): unknown {
  const done = status === 'completed';
  return {
    id: plan.id,
    object: 'response',
    created_at: CREATED,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model: plan.model,
    output: done ? [responseMessage(plan, wholeText(plan))] : [],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage: done ? responsesUsage(plan) : null,
  };
}

export function responseMessage(plan: Plan, text: string | undefined): unknown {
  return {
    id: `msg_${plan.id}`,
    type: 'message',
    role: 'assistant',
    status: text === undefined ? 'in_progress' : 'completed',
    content: text === undefined ? [] : [{ type: 'output_text', text, annotations: [] }],
  };
}

function messages(plan: Plan): unknown {
  return {
    id: plan.id,
    type: 'message',
    role: 'assistant',
    model: plan.model,
    content: [{ type: 'text', text: wholeText(plan) }],
    stop_reason: plan.finishReason === 'length' ? 'max_tokens' : 'end_turn',
    stop_sequence: null,
    usage: messagesUsage(plan),
  };
}

/** 0.5, 0.25 and so on: exact in the four-byte floats of the base64 form. */
function embeddings(plan: Plan): unknown {
  const vector = Float32Array.of(0.5, 0.25, -0.125, 1);
  const base64 = plan.seen.json?.['encoding_format'] === 'base64';
  const input = plan.seen.json?.['input'];
  const count = Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1;
  return {
    object: 'list',
    model: plan.model,
    data: Array.from({ length: count }, (_, index) => ({
      object: 'embedding',
      index,
      embedding: base64 ? Buffer.from(vector.buffer).toString('base64') : [...vector],
    })),
    usage: promptUsage(plan),
  };
}

function images(plan: Plan): unknown {
  const count = plan.used.units['image'] ?? 1;
  return {
    created: CREATED,
    data: Array.from({ length: count }, () => ({ b64_json: 'iVBORw0KGgo=' })),
    usage: plan.model.startsWith('dall-e') ? undefined : imagesUsage(plan),
  };
}

function documentsOf(plan: Plan): readonly unknown[] {
  const documents = plan.seen.json?.['documents'];
  return Array.isArray(documents) ? documents : [];
}

function echo({ seen }: Plan): unknown {
  return {
    method: seen.method,
    url: seen.url,
    headers: seen.headers,
    rawHeaders: seen.rawHeaders,
    body: { length: seen.bodyLength, sha256: seen.bodySha256 },
  };
}

const PATTERN = Buffer.alloc(65_536).map((_, index) => (index * 31 + (index >> 8)) & 0xff);

/** A binary body that any test can make again: the same 64 KiB of all byte values, over and over. */
export function binaryBody(bytes: number): Buffer {
  return Buffer.alloc(bytes, PATTERN);
}

/** Puts a byte-order mark in front, NULs behind, or an invalid byte into the first ` hello`. */
export function withOddBytes(text: string, kind: 'bom' | 'nul' | 'invalid-utf8'): Buffer {
  if (kind === 'bom') return Buffer.from(`\ufeff${text}`);
  if (kind === 'nul') return Buffer.from(`${text}\0\0\0`);
  const bytes = Buffer.from(text);
  const at = bytes.indexOf('hello');
  if (at >= 0) bytes[at] = 0xff;
  return bytes;
}

function compressed(body: string | Buffer, encoding: 'gzip' | 'br' | 'zstd'): Buffer {
  if (encoding === 'gzip') return gzipSync(body);
  return encoding === 'br' ? brotliCompressSync(body) : zstdCompressSync(body);
}
