/**
 * Finds what a model will have to read in a request body, whatever its dialect: chat messages, responses items,
 * plain prompts, system texts, tools and answer schemas. Base64 is never taken for text where it is a file's.
 */

/** A picture as it stands in a body. */
export interface ShownPicture {
  /** An address, a data URL or base64; null where there is none to be found. */
  readonly data: string | null;
  readonly detail: unknown;
}

/** Told of everything that makes up a prompt, in no promised order. */
export interface PromptListener {
  /** A text that the model reads. */
  text(text: string): void;
  /** One message of a conversation; each costs a few tokens of framing besides its texts. */
  message(): void;
  /** Tokens known or guessed without reading: sound, files, token ids, the framing of tools. */
  extra(tokens: number): void;
  picture(picture: ShownPicture): void;
}

/** Deeper than any real request; what lies below is not counted. */
const DEPTH_MAX = 64;

const SOUND_TOKENS = 500;
const FILE_TOKENS = 3_000;
/** Sound and files also grow with their size: roughly this many base64 characters for a token. */
const CHARACTERS_PER_FILE_TOKEN = 1_000;
/** Thoughts and pages that a vendor handed out sealed, and reads again: so many base64 characters for a token, at least. */
const CHARACTERS_PER_SEALED_TOKEN = 5;

/** Fields of a message or part that the model is not shown as text. */
const SILENT = new Set([
  'type',
  'id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'file_id',
  'status',
  'detail',
  'media_type',
  'cache_control',
  'signature',
  'data',
  'file_data',
  'b64_json',
]);

const SEALED = 'encrypted_content';

/** Fields of a part of unknown type that may hold a picture. In any other a data URL is text, which the model reads. */
const MEDIA = new Set(['url', 'uri', 'image', 'image_url', 'file_url', 'audio', 'video']);

/** Parts that are one. Where what it shows stands differs from dialect to dialect. */
const PICTURES = new Set([
  ...['image', 'image_url', 'input_image', 'computer_screenshot', 'image_generation_call'],
]);

type Part = { readonly [key: string]: unknown };

/** @param body the parsed request body; anything that is no object holds no prompt */
export function walkPrompt(body: unknown, listener: PromptListener): void {
  if (!isPart(body)) return;
  walkConversation(body['messages'], listener);
  walkConversation(body['input'], listener);
  walkContent(body['prompt'], listener, 0);
  walkContent(body['system'], listener, 0);
  walkContent(body['instructions'], listener, 0);
  walkContent(body['suffix'], listener, 0);
  walkContent(body['query'], listener, 0);
  walkContent(body['documents'], listener, 0);
  walkContent(body['questions'], listener, 0);
  walkSchema(body['tools'], listener, 0);
  walkSchema(body['functions'], listener, 0);
  walkSchema(body['response_format'], listener, 0);
  walkSchema(body['text'], listener, 0);
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null;
}

function walkConversation(value: unknown, listener: PromptListener): void {
  if (Array.isArray(value)) {
    for (const item of value) if (isPart(item) && !Array.isArray(item)) listener.message();
  }
  walkContent(value, listener, 0);
}

function walkContent(value: unknown, listener: PromptListener, depth: number): void {
  if (typeof value === 'string') {
    listener.text(value);
  } else if (typeof value === 'number') {
    listener.extra(1);
  } else if (isPart(value) && depth < DEPTH_MAX) {
    if (Array.isArray(value)) {
      for (const item of value) walkContent(item, listener, depth + 1);
      return;
    }
    const type = value['type'];
    if (typeof type === 'string' && PICTURES.has(type)) {
      listener.picture(pictureIn(value));
      return;
    }
    const media = typeof type === 'string' && type !== 'text' ? mediaTokens(type, value) : 0;
    if (media > 0) {
      listener.extra(media);
      return;
    }
    const isToolUse = typeof type === 'string' && type.endsWith('tool_use');
    for (const key in value) {
      if (key === SEALED || (key === 'data' && type === 'redacted_thinking')) {
        listener.extra(sealedTokens(value[key]));
        continue;
      }
      // `data` is base64, except where a document carries its plain text there.
      if (SILENT.has(key) && (key !== 'data' || type !== 'text')) continue;
      const part = value[key];
      if (MEDIA.has(key) && typeof part === 'string' && isDataUrl(part)) {
        listener.picture({ data: part, detail: value['detail'] });
      } else if (isToolUse && key === 'input') walkSchema(part, listener, depth + 1);
      else walkContent(part, listener, depth + 1);
    }
  }
}

/** Tools, what they were given and schemas reach the model with the names of their fields, whatever these are called. */
function walkSchema(value: unknown, listener: PromptListener, depth: number): void {
  if (typeof value === 'string') listener.text(value);
  else if (typeof value === 'number') listener.extra(1);
  else if (isPart(value) && depth < DEPTH_MAX) {
    const named = !Array.isArray(value);
    for (const key in value) {
      if (named) {
        listener.text(key);
        listener.extra(1);
      }
      walkSchema(value[key], listener, depth + 1);
    }
  }
}

/** @returns the flat guess for a part that is no text; 0 if the part is to be read */
function mediaTokens(type: string, part: Part): number {
  switch (type) {
    case 'audio':
    case 'input_audio':
      return SOUND_TOKENS + sizeTokens(part, 0);
    case 'document':
      return isReadableSource(part['source']) ? 0 : FILE_TOKENS + sizeTokens(part, 0);
    case 'file':
    case 'input_file':
    case 'video':
    case 'video_url':
    case 'input_video':
      return FILE_TOKENS + sizeTokens(part, 0);
    default:
      return 0;
  }
}

function sealedTokens(sealed: unknown): number {
  return typeof sealed === 'string' ? Math.ceil(sealed.length / CHARACTERS_PER_SEALED_TOKEN) : 0;
}

/** It stands in the part itself or in a member of it. */
function pictureIn(part: Part): ShownPicture {
  const { image_url: image = part['source'] ?? part['image'] ?? part['result'] ?? part['url'] } =
    part;
  const inner = isPart(image) ? image : null;
  const shown = inner === null ? image : (inner['url'] ?? inner['data']);
  const data = typeof shown === 'string' ? shown : null;
  // Where it belongs in the member, vendors overlook one beside it.
  return { data, detail: (inner ?? part)['detail'] };
}

/** A document may carry its text, or parts of content, in place of a file. */
function isReadableSource(source: unknown): boolean {
  return isPart(source) && (source['type'] === 'text' || source['type'] === 'content');
}

/** By the longest text within: that is the payload, if there is one. */
function sizeTokens(part: Part, depth: number): number {
  let longest = 0;
  for (const key in part) {
    const value = part[key];
    if (typeof value === 'string') longest = Math.max(longest, value.length);
    else if (isPart(value) && depth < 3) {
      longest = Math.max(longest, sizeTokens(value, depth + 1) * CHARACTERS_PER_FILE_TOKEN);
    }
  }
  return Math.floor(longest / CHARACTERS_PER_FILE_TOKEN);
}

function isDataUrl(text: string): boolean {
  return text.startsWith('data:') && text.slice(0, 128).includes(';base64,');
}
