/**
 * How one answer of the scripted provider shall behave, and the little language in which a request can ask for it.
 *
 * A caller that cannot reach this process (an SDK, a gateway in a child process) writes a directive into its last
 * user message, its prompt, its input or its query string: `[[tokens=3 chunkDelayMs=5 cut=reset cutAt=200]]`.
 */
import type { SeenRequest } from './request.ts';

/** Answers that are no answers: nothing is served and nothing billed. */
export const FAULTS = [
  'reset-before-headers',
  'never-answers',
  'headers-then-silence',
  'drip',
  'html-502',
  'empty-200',
  'invalid-json',
  'long-line',
  'endless',
  'gzip-bomb',
  'br-bomb',
  'zstd-bomb',
  'many-headers',
  'deep-json',
] as const;
export type Fault = (typeof FAULTS)[number];

const USAGE_VALUES = [
  'true',
  'missing',
  'null',
  'negative',
  'float',
  'string',
  'huge',
  'zero',
] as const;
const USAGE_PLACES = [
  'own-chunk',
  'own-chunk-with-choice',
  'with-finish',
  'in-choice',
  'x-groq',
  'cumulative',
  'twice',
  'output-only',
] as const;
const TAILS = ['full', 'no-blank-line', 'no-done', 'no-finish'] as const;
const CUTS = ['reset', 'close', 'end'] as const;
const LINE_ENDS = ['lf', 'crlf', 'cr'] as const;
const CHUNKINGS = ['event', 'byte', 'random'] as const;
const ODD_BYTES = ['bom', 'nul', 'invalid-utf8'] as const;
const ENCODINGS = ['gzip', 'br', 'zstd'] as const;

export interface Behaviour {
  /** Output tokens that are generated and billed, the hidden reasoning included. Default 12, at most the caller's max_tokens. */
  readonly tokens?: number;
  /** Number of content events of a stream. Default: one for each visible token. */
  readonly chunks?: number;
  /** The whole prompt, cached and cache-writing parts included. Default: derived from the prompt's text, plus those parts. */
  readonly promptTokens?: number;
  readonly cachedTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly cacheWrite1hTokens?: number;
  /** Hidden part of `tokens`. */
  readonly reasoningTokens?: number;
  /** The usage states completion_tokens without the reasoning; only total_tokens tells. */
  readonly reasoningOutside?: boolean;
  /** `usage.cost` as it is written to JSON; `own` states what the bill will charge. A decimal is also what is billed. */
  readonly cost?: number | string;
  /** Text of one token (default ` hello`), or a preset: `multi-byte`, `sse` (text that looks like the end of a stream). */
  readonly text?: string;
  /** Milliseconds before the headers. */
  readonly delayMs?: number;
  /** Milliseconds between the events of a stream. */
  readonly chunkDelayMs?: number;
  /** `tick` (default): one write per turn of the event loop. `burst`: as fast as the socket takes them. */
  readonly pace?: 'tick' | 'burst';
  /** A status of 300 and above answers with an error (or a redirect) and bills nothing. */
  readonly status?: number;
  readonly retryAfter?: string;
  /** `error.code` of a refusal. */
  readonly code?: string;
  /** `error.message` of a refusal or of an error in mid-stream. */
  readonly message?: string;
  /** Target of a redirect. */
  readonly location?: string;
  /** Which numbers the usage states. */
  readonly usage?: (typeof USAGE_VALUES)[number];
  /** Where a stream states its usage. Anything but `own-chunk` is sent whether or not it was asked for. */
  readonly usagePlace?: (typeof USAGE_PLACES)[number];
  /** The usage comes although `include_usage` was not asked for. */
  readonly usageAlways?: boolean;
  /** Two finish_reasons instead of one. */
  readonly finishTwice?: boolean;
  /** A comment line before each content event. */
  readonly comments?: boolean;
  readonly lineEnd?: (typeof LINE_ENDS)[number];
  /** How the bytes are laid into writes. */
  readonly chunking?: (typeof CHUNKINGS)[number];
  /** Seed of `chunking: 'random'`. */
  readonly seed?: number;
  /** How a stream ends, its connection closing properly each time. */
  readonly tail?: (typeof TAILS)[number];
  /** The connection ends early: by RST, by FIN in the middle of the HTTP body, or by a proper end of HTTP. */
  readonly cut?: (typeof CUTS)[number];
  /** Body bytes before the cut, or a place to find: `mid-line`, `mid-utf8`. Default `mid-line`. */
  readonly cutAt?: number | string;
  /** The stream falls silent after so many content events. */
  readonly stallAfter?: number;
  /** The stream says that it failed, under HTTP 200, after so many content events. */
  readonly errorAfter?: number;
  readonly fault?: Fault;
  /** Size of a binary answer, of a bomb's content or of the long line. */
  readonly bytes?: number;
  /** How many headers, or how deep the JSON. */
  readonly count?: number;
  /** Seconds of audio: the transcription is then billed by duration. */
  readonly seconds?: number;
  /** A good answer with bytes in it that do not belong there. */
  readonly oddBytes?: (typeof ODD_BYTES)[number];
  /** Content coding of a plain answer. */
  readonly encoding?: (typeof ENCODINGS)[number];
  readonly contentType?: string;
  /** More answer headers; from a rule only. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A body of the test's own, with `status` (default 200) and `headers`; bills nothing; from a rule only. */
  readonly body?: string | Buffer;
}

/** A behaviour for the requests that match, in front of the directive; `times` limits how often it holds. */
export interface Rule {
  readonly match?: (seen: SeenRequest) => boolean;
  readonly behave: Behaviour | ((seen: SeenRequest) => Behaviour);
  readonly times?: number;
}

type WordKind = 'number' | 'flag' | 'text' | 'number or text' | readonly string[];

/** Every word of the directive language; `times` limits the directive to the first requests that carry this exact text. */
const WORDS: Readonly<Record<Exclude<keyof Behaviour, 'headers' | 'body'> | 'times', WordKind>> = {
  tokens: 'number',
  chunks: 'number',
  promptTokens: 'number',
  cachedTokens: 'number',
  cacheWriteTokens: 'number',
  cacheWrite1hTokens: 'number',
  reasoningTokens: 'number',
  reasoningOutside: 'flag',
  cost: 'number or text',
  text: 'text',
  delayMs: 'number',
  chunkDelayMs: 'number',
  pace: ['tick', 'burst'],
  status: 'number',
  retryAfter: 'text',
  code: 'text',
  message: 'text',
  location: 'text',
  usage: USAGE_VALUES,
  usagePlace: USAGE_PLACES,
  usageAlways: 'flag',
  finishTwice: 'flag',
  comments: 'flag',
  lineEnd: LINE_ENDS,
  chunking: CHUNKINGS,
  seed: 'number',
  tail: TAILS,
  cut: CUTS,
  cutAt: 'number or text',
  stallAfter: 'number',
  errorAfter: 'number',
  fault: FAULTS,
  bytes: 'number',
  count: 'number',
  seconds: 'number',
  oddBytes: ODD_BYTES,
  encoding: ENCODINGS,
  contentType: 'text',
  times: 'number',
};

const DIRECTIVE = /\[\[\s*(\w+=[\s\S]*?)\s*\]\]/;
const WORD = /(\w+)=("(?:[^"\\]|\\.)*"|\S+)/g;

/** The text between the brackets, or undefined where there is no directive. */
export function findDirective(text: string): string | undefined {
  return DIRECTIVE.exec(text)?.[1];
}

/**
 * @param directive words such as `tokens=3 text="two words"`
 * @throws Error for a word or a value that means nothing, so that a typing error cannot pass as a green test
 */
export function readDirective(directive: string): { behaviour: Behaviour; times: number } {
  const words: Record<string, unknown> = {};
  for (const [, name = '', raw = ''] of directive.matchAll(WORD)) {
    words[name] = readWord(name, raw.startsWith('"') ? String(JSON.parse(raw)) : raw);
  }
  const { times = Number.POSITIVE_INFINITY, ...behaviour } = words;
  return { behaviour: behaviour as Behaviour, times: Number(times) };
}

function readWord(name: string, value: string): unknown {
  const kind: WordKind | undefined = Object.hasOwn(WORDS, name)
    ? WORDS[name as keyof typeof WORDS]
    : undefined;
  const number = Number(value);
  if (kind === 'text') return value;
  if (kind === 'number or text') return Number.isFinite(number) ? number : value;
  if (kind === 'number' && Number.isFinite(number)) return number;
  if (kind === 'flag' && (value === 'true' || value === 'false')) return value === 'true';
  if (Array.isArray(kind) && kind.includes(value)) return value;
  throw new Error(`the scripted provider does not know ${name}=${value}`);
}
