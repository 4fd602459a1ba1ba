/**
 * Watches a stream of events go by: which bytes may go on to the caller, what was used, what was
 * served, and whether the end is a real end.
 *
 * Most events are only text on its way, so they are looked at without being parsed: JSON is read where
 * the text hints at usage, an error or an end.
 */
import type { ReportedUsage, ServiceTier } from '../../../contract/usage.ts';
import { Failure } from '../../failure.ts';
import { addUp, overlay } from '../../metering/metering.ts';
import type { JsonObject, Wire } from '../../providers/providers.ts';
import {
  BLANK_LINE_BYTES_MAX,
  EVENT_BYTES_MAX,
  errorBesideAnswer,
  errorOf,
  eventData,
  eventEnd,
  fromBytes,
  tierServed,
} from '../../providers/providers.ts';

export interface StreamWatchOptions {
  readonly wire: Wire;
  /** The usage that a parsed event states, or null; `before` is what earlier events stated. */
  readonly readUsage: (event: JsonObject, before: ReportedUsage | null) => ReportedUsage | null;
  /** We asked for the usage chunk and the caller did not: keep it from them. */
  readonly dropUsageChunk: boolean;
  /** So many pictures are asked for; each has an event that says that it is whole, and the last of them is the end. */
  readonly pictures: number;
}

/** Members whose text is output that was served, most frequent first. */
const SERVED: Readonly<Partial<Record<Wire, readonly string[]>>> = {
  // The last is where some put the parts of a content that is a list.
  chat: [
    ...['"content":', '"reasoning_content":', '"reasoning":', '"arguments":', '"refusal":'],
    '"text":',
  ],
  completions: ['"text":'],
  responses: ['"delta":'],
  messages: ['"text":', '"thinking":', '"partial_json":'],
};

/** Events that end a stream which has names for its events. */
const TERMINAL_TYPES: ReadonlySet<unknown> = new Set([
  'message_stop',
  'response.completed',
  'response.incomplete',
  'response.failed',
  'speech.audio.done',
  'transcript.text.done',
]);
/** Events that bring a whole picture, perhaps one of several. */
const PICTURE_TYPES: ReadonlySet<unknown> = new Set([
  'image_generation.completed',
  'image_edit.completed',
]);
/** Events that say of themselves that something failed. */
const FAILED_TYPES: ReadonlySet<unknown> = new Set(['error', 'response.failed']);
const TERMINAL_HINT =
  /message_stop|response\.(?:completed|incomplete|failed)|(?:generation|edit)\.completed|(?:audio|text)\.done/;

const USAGE_HINT = /"usage"\s*:\s*[^n\s]/;
const FINISH_HINT = /"finish_reason"\s*:\s*"/;
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';
/** Azure begins with an event about its filters that names nothing, others with a ping: so many are read for the model. */
const EVENTS_READ_FOR_MODEL = 4;
/** Served text is kept for an estimate only; past this it is counted by its length. */
const SERVED_LETTERS_MAX = 8_000_000;
/** Pieces are cut out of whole network chunks, which live as long as their pieces: copy now and then. */
const FLATTEN_EVERY_LETTERS = 4_096;

export class StreamWatch {
  readonly #options: StreamWatchOptions;
  readonly #markers: readonly string[];
  /** What came behind the last whole event: one piece of it, and the chunks since. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** The last bytes of it, where half of a blank line may stand. */
  #restEnd = '';
  #served = '';
  #loose = '';
  #readForModel = EVENTS_READ_FOR_MODEL;
  /** Bytes of the last event, which the caller gets after its record is durable. */
  held: Buffer | null = null;
  usage: ReportedUsage | null = null;
  #ofPictures: ReportedUsage | null = null;
  servedModel: string | null = null;
  /** The last word on each of its sides. */
  servedTier: ServiceTier | null = null;
  upstreamId: string | null = null;
  /** The choice has ended, though perhaps not the stream. */
  finished = false;
  /** Whole pictures that came. */
  pictures = 0;
  /** The error that the provider put into its stream. */
  error: JsonObject | null = null;

  constructor(options: StreamWatchOptions) {
    this.#options = options;
    this.#markers = SERVED[options.wire] ?? [];
  }

  /** Has enough come for the connection to end here? A provider may make fewer pictures than it was asked for. */
  get mayEnd(): boolean {
    return this.ended || this.finished || this.error !== null || this.pictures > 0;
  }

  /** The last event has been seen; what follows it is nobody's. */
  get ended(): boolean {
    return this.held !== null;
  }

  /**
   * @returns the bytes that may go on now, in order; none if no event was completed
   * @throws Failure `upstream_unreadable` if an event outgrows all measure
   */
  take(chunk: Buffer): readonly Buffer[] {
    if (this.ended) return [];
    const text = chunk.toString('latin1');
    if (this.#rest.length === 0) return this.#takeEvents(chunk, text);
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    // An event with a picture in it comes in hundreds of chunks: they are joined when its end is here.
    const seam = this.#restEnd + text;
    if (eventEnd(seam, 0, seam.includes('\r')) === -1) {
      this.#restEnd = seam.slice(-BLANK_LINE_BYTES_MAX + 1);
      this.#assertBounded();
      return [];
    }
    const bytes = Buffer.concat(this.#rest);
    return this.#takeEvents(bytes, bytes.toString('latin1'));
  }

  #keepRest(bytes: Buffer, text: string, start: number): void {
    this.#rest = start === text.length ? [] : [bytes.subarray(start)];
    this.#restBytes = text.length - start;
    this.#restEnd = text.slice(Math.max(start, text.length - BLANK_LINE_BYTES_MAX + 1));
    this.#assertBounded();
  }

  #assertBounded(): void {
    if (this.#restBytes <= EVENT_BYTES_MAX) return;
    throw new Failure('upstream_unreadable', { detail: 'an event without an end' });
  }

  #takeEvents(bytes: Buffer, text: string): readonly Buffer[] {
    const hasReturns = text.includes('\r');
    const hasHints = hints(text);
    const forward: Buffer[] = [];
    let kept = 0;
    let start = 0;
    for (;;) {
      const end = eventEnd(text, start, hasReturns);
      if (end === -1) break;
      const verdict = this.#event(text, start, end, hasHints);
      if (verdict !== 'forward') {
        if (start > kept) forward.push(bytes.subarray(kept, start));
        kept = end;
      }
      if (verdict === 'hold') {
        this.held = bytes.subarray(start, end);
        this.#rest = [];
        return forward;
      }
      start = end;
    }
    if (start > kept) forward.push(bytes.subarray(kept, start));
    this.#keepRest(bytes, text, start);
    return forward;
  }

  /** The stream is over: takes what stood behind the last blank line as the last event. */
  end(): readonly Buffer[] {
    const rest = Buffer.concat(this.#rest);
    this.#rest = [];
    if (rest.length === 0 || this.ended) return [];
    const text = rest.toString('latin1');
    const verdict = this.#event(text, 0, text.length, true);
    if (verdict === 'hold') this.held = rest;
    return verdict === 'forward' ? [rest] : [];
  }

  /** The text that was served so far, for an estimate. */
  servedText(): string {
    const text = `"${this.#served}${this.#loose}"`;
    try {
      // The pieces are the insides of JSON strings, and so is their sum.
      return JSON.parse(fromBytes(text)) as string;
    } catch {
      return fromBytes(text);
    }
  }

  #event(text: string, start: number, end: number, hasHints: boolean): 'forward' | 'drop' | 'hold' {
    if (this.#readForModel > 0) return this.#earlyEvent(text, start, end);
    this.#collectServed(text, start, end);
    return hasHints ? this.#read(text.slice(start, end)) : 'forward';
  }

  /** The first events name the model and the answer's id, so they are always read. */
  #earlyEvent(text: string, start: number, end: number): 'forward' | 'drop' | 'hold' {
    const event = text.slice(start, end);
    const clean = event.startsWith(BYTE_ORDER_MARK) ? event.slice(3) : event;
    const data = eventData(clean);
    if (data === null) return 'forward';
    this.#readForModel--;
    this.#collectServed(text, start, end);
    if (data === '[DONE]') return 'hold';
    const parsed = parseEvent(data);
    if (parsed === null) return 'forward';
    this.#identify(parsed);
    return this.#judge(parsed);
  }

  #identify(event: JsonObject): void {
    const inner = event['message'] ?? event['response'] ?? event;
    const { id, model } = inner as JsonObject;
    if (isName(id)) this.upstreamId ??= id.slice(0, NAME_LETTERS_MAX);
    if (!isName(model)) return;
    this.servedModel = model.slice(0, NAME_LETTERS_MAX);
    this.#readForModel = 0;
  }

  #read(event: string): 'forward' | 'drop' | 'hold' {
    const hinted = hints(event);
    if (!hinted) return 'forward';
    const data = eventData(event);
    if (data === null) return 'forward';
    if (data === '[DONE]') return 'hold';
    if (FINISH_HINT.test(event)) this.finished = true;
    if (!USAGE_HINT.test(event) && !event.includes('"error"') && !TERMINAL_HINT.test(event)) {
      return 'forward';
    }
    const parsed = parseEvent(data);
    return parsed === null ? 'forward' : this.#judge(parsed);
  }

  #judge(event: JsonObject): 'forward' | 'drop' | 'hold' {
    if (hasFinish(event)) this.finished = true;
    const isFailed = this.#noteError(event);
    const { wire, readUsage, dropUsageChunk } = this.#options;
    const tier = tierServed(wire, event);
    if (tier !== null) this.servedTier = { ...this.servedTier, ...tier };
    const reported = readUsage(event, this.usage);
    const isPicture = PICTURE_TYPES.has(event['type']);
    if (reported !== null) this.usage = overlay(this.usage, this.#soFar(reported, isPicture));
    if (isFailed || TERMINAL_TYPES.has(event['type'])) return 'hold';
    if (isPicture) {
      this.pictures += 1;
      if (this.pictures >= this.#options.pictures) return 'hold';
    }
    const { choices } = event;
    const usageOnly = reported !== null && Array.isArray(choices) && choices.length === 0;
    return usageOnly && dropUsageChunk ? 'drop' : 'forward';
  }

  /** Each picture states what it took itself; of all else the last word is the whole. */
  #soFar(reported: ReportedUsage, isPicture: boolean): ReportedUsage {
    if (!isPicture) return reported;
    this.#ofPictures = addUp(this.#ofPictures, reported);
    return this.#ofPictures;
  }

  /** Whether it is an error at which clients stop: whatever came behind it would be read by nobody. */
  #noteError(event: JsonObject): boolean {
    const failed = errorOf(event) ?? (FAILED_TYPES.has(event['type']) ? event : null);
    this.error = failed ?? this.error ?? errorBesideAnswer(event);
    return failed !== null;
  }

  #collectServed(text: string, start: number, end: number): void {
    for (const marker of this.#markers) {
      const at = text.indexOf(marker, start);
      if (at === -1 || at >= end) continue;
      let open = at + marker.length;
      while (text.charCodeAt(open) === 0x20) open++;
      if (text.charCodeAt(open) !== 0x22) continue;
      const close = closingQuote(text, open + 1, end);
      if (close > open + 1) this.#keep(text.slice(open + 1, close));
      if (close > open + 1) return;
    }
  }

  #keep(piece: string): void {
    if (this.#served.length > SERVED_LETTERS_MAX) return;
    this.#loose += piece;
    if (this.#loose.length < FLATTEN_EVERY_LETTERS) return;
    this.#served += Buffer.from(this.#loose, 'latin1').toString('latin1');
    this.#loose = '';
  }
}

const NAME_LETTERS_MAX = 200;

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Could this text hold more than words on their way? May say yes too often, never no in vain. */
function hints(text: string): boolean {
  return (
    (text.includes('"usage"') && USAGE_HINT.test(text)) ||
    text.includes('[DONE]') ||
    text.includes('"error"') ||
    (text.includes('"finish_reason"') && FINISH_HINT.test(text)) ||
    TERMINAL_HINT.test(text)
  );
}

function closingQuote(text: string, from: number, end: number): number {
  for (let i = text.indexOf('"', from); i !== -1 && i < end; i = text.indexOf('"', i + 1)) {
    let escapes = 0;
    while (text.charCodeAt(i - 1 - escapes) === 0x5c) escapes++;
    if (escapes % 2 === 0) return i;
  }
  return -1;
}

function parseEvent(data: string): JsonObject | null {
  try {
    const parsed: unknown = JSON.parse(fromBytes(data));
    return typeof parsed === 'object' && parsed !== null ? (parsed as JsonObject) : null;
  } catch {
    return null;
  }
}

function hasFinish(event: JsonObject): boolean {
  const { choices } = event;
  return (
    Array.isArray(choices) &&
    choices.some((choice: unknown) => {
      const reason = (choice as JsonObject | null)?.['finish_reason'];
      return reason !== null && reason !== undefined;
    })
  );
}
