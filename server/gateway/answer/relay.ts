/**
 * One answer on its way from a provider to a caller. Bytes go on as they come, except the end: that is
 * held back until {@link Relay.release}, which is called when the record of the request is durable.
 */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { Failure, toFailure } from '../../failure.ts';
import type { OutboundControls, OutboundReceiver } from '../../outbound.ts';
import {
  beginningOf,
  blotOut,
  decode,
  isHtml,
  redact,
  type WholeBody,
  wholeBody,
  withLastMember,
} from './answer-body.ts';
import type { Ending } from './ending.ts';
import { headersToCaller, textOf, upstreamRequestId } from './headers.ts';
import type { StreamWatch } from './stream-watch.ts';
import type { Listed } from './under-way.ts';

export interface RelayOptions {
  readonly clock: Clock;
  /** What the caller may still do, told with the head of the answer. */
  readonly limitHeaders: Readonly<Record<string, string>>;
  /** The caller asks to be told the charge of a stream. */
  readonly wantsCharge: boolean;
  readonly reply: ServerResponse;
  readonly requestId: string;
  /** Blotted out wherever an error of the provider echoes it. */
  readonly secret: string;
  /** Makes the watch over an answer that comes as a stream of events; null where nothing is metered. */
  readonly newWatch: (() => StreamWatch) | null;
  /** The caller asked for a stream. */
  readonly streamed: boolean;
  /** When a whole answer is read before it goes on; otherwise it passes through. */
  readonly whole: 'always' | 'unless binary' | 'never';
  /** Hang up on the provider when the caller hangs up on us. */
  readonly stopWithCaller: boolean;
  /** May this status be answered by another provider key instead? */
  readonly tryElsewhere: (status: number) => boolean;
  readonly maxBytes: number;
  /** How long an answer that nobody waits for is still read, for its usage. */
  readonly drainMs: number;
  /** How long a caller may read nothing. */
  readonly stallMs: number;
  /** The event that tells the caller of a failure in mid-stream. */
  readonly errorEvent: (failure: Failure) => string;
  readonly done: (ending: Ending) => void;
}

/** A larger body is not worth being joined to its head. */
const ONE_PIECE_LETTERS_MAX = 16_384;
/** What a provider may still say behind the last event of a stream. */
const TRAILING_BYTES_MAX = 65_536;
/**
 * From here on a page is the word of some machine on the way (502, 503, 504, those of content networks) and no answer of
 * a provider. Many a server writes what it refuses itself as a page too, an unknown path first of all.
 */
const STATUS_ON_THE_WAY = 502;

const BINARY = /^(audio|image|video)\/|octet-stream/;

type Mode = 'head' | 'whole' | 'events' | 'through';

export class Relay implements OutboundReceiver, Listed {
  place = -1;
  readonly #options: RelayOptions;
  #controls: OutboundControls | null = null;
  #mode: Mode = 'head';
  #watch: StreamWatch | null = null;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  readonly #chunks: Buffer[] = [];
  #whole: WholeBody | null = null;
  #size = 0;
  #trailing = 0;
  #firstByteAt: number | null = null;
  #headSent = false;
  #callerGone = false;
  #sent = true;
  #over = false;
  #cancelTimer: (() => void) | null = null;

  constructor(options: RelayOptions) {
    this.#options = options;
    // A caller who left while a provider was chosen closes nothing any more.
    this.#callerGone = options.reply.destroyed;
    options.reply.on('close', this.#onClose);
  }

  /** Has the caller seen anything yet? If not, a failure can still be answered properly. */
  get headSent(): boolean {
    return this.#headSent;
  }

  onStart(controls: OutboundControls): void {
    this.#controls = controls;
    if (!this.#callerGone) return;
    // Nothing was sent yet: nobody is to pay for an answer that nobody waits for.
    this.#sent = false;
    controls.abort();
    this.#finish(false, null);
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    const options = this.#options;
    this.#status = status;
    this.#headers = headers;
    this.#firstByteAt = options.clock.elapsed();
    if (status >= 400 && options.tryElsewhere(status)) {
      this.#controls?.abort();
      this.#finish(false, null);
      return;
    }
    this.#mode = this.#chooseMode(status, headers);
    const encoding = textOf(headers['content-encoding']);
    if (this.#mode === 'events' && encoding !== undefined && encoding !== 'identity') {
      this.#fail(new Failure('upstream_unreadable', { detail: `a stream in ${encoding}` }));
    } else if (this.#mode === 'through') {
      this.#sendHead(status, headers['content-length']);
    }
  }

  onData(chunk: Buffer): void {
    if (this.#over) {
      this.#passOver(chunk);
      return;
    }
    if (this.#mode === 'events') this.#onEvents(chunk);
    else if (this.#mode === 'through') this.#onThrough(chunk);
    else this.#onWhole(chunk);
  }

  onEnd(): void {
    if (this.#over) return;
    if (this.#mode === 'whole') {
      this.#endWhole();
      return;
    }
    const watch = this.#watch;
    if (watch !== null) {
      const rest = watch.end();
      if (!watch.mayEnd) {
        // Half an event must not go on: our error event would become its second half.
        this.#fail(new Failure('upstream_reset', { detail: 'the stream stopped before its end' }));
        return;
      }
      // Nor may anything of ours become the end of an event that has no blank line behind it: it goes out last.
      this.#chunks.push(...rest);
    }
    this.#finish(true, null);
  }

  onFailure(failure: Failure): void {
    if (!this.#over) this.#finish(false, failure);
  }

  /**
   * Sends what was held back. Call it when the record is durable.
   *
   * @param charge what a wallet holder is told, as `gateway_usage`
   */
  release(charge: object | null): void {
    const { reply, stallMs } = this.#options;
    if (this.#callerGone || reply.destroyed) return;
    this.#sendEnd(charge);
    // What the caller has not taken yet must not wait for it for ever.
    if (reply.writableLength > 0) reply.setTimeout(stallMs, () => reply.destroy());
  }

  #sendEnd(charge: object | null): void {
    const { reply, secret, wantsCharge } = this.#options;
    const watch = this.#watch;
    if (this.#mode === 'whole') {
      const text = this.#whole?.text ?? '';
      const tell = charge !== null && this.#status < 400;
      const body = tell ? withLastMember(text, 'gateway_usage', charge) : text;
      this.#sendHead(this.#status, String(body.length));
      // As text, one byte a letter, it leaves together with its head in one piece.
      if (body.length <= ONE_PIECE_LETTERS_MAX) reply.end(body, 'latin1');
      else reply.end(Buffer.from(body, 'latin1'));
      return;
    }
    this.#sendHead(this.#status, undefined);
    if (charge !== null && wantsCharge && this.#mode === 'events') {
      reply.write(`data: ${JSON.stringify({ gateway_usage: charge })}\n\n`);
    }
    const last = watch?.held ?? this.#chunks[0];
    if (last === undefined) reply.end();
    else reply.end(redact(last, secret));
  }

  /** Ends an answer that has begun and cannot be completed, so that the caller can tell. */
  breakOff(failure: Failure): void {
    const { reply, errorEvent } = this.#options;
    if (this.#callerGone || reply.destroyed) return;
    if (this.#mode === 'events') reply.end(errorEvent(failure));
    else reply.destroy();
  }

  /** Hangs up on both sides: the server is going down. */
  abandon(): void {
    this.#controls?.abort();
    if (!this.#over) this.#finish(false, new Failure('shutting_down'));
  }

  #chooseMode(status: number, headers: IncomingHttpHeaders): Mode {
    const { newWatch, streamed, whole } = this.#options;
    const type = headers['content-type'] ?? '';
    if (status >= 400) return 'whole';
    // A stream that was asked for may come under a wrong name, but never as JSON; speech may stream as mere sound.
    const isStream =
      type.includes('event-stream') || (streamed && !/json|^(audio|image|video)\//.test(type));
    if (newWatch !== null && isStream) {
      this.#watch = newWatch();
      return 'events';
    }
    if (whole === 'unless binary') return BINARY.test(type) ? 'through' : 'whole';
    return whole === 'always' ? 'whole' : 'through';
  }

  /** A few bytes behind the last event are read, which keeps the connection usable; more is hung up on. */
  #passOver(chunk: Buffer): void {
    this.#trailing += chunk.length;
    if (this.#trailing > TRAILING_BYTES_MAX) this.#controls?.abort();
  }

  #onEvents(chunk: Buffer): void {
    const watch = this.#watch;
    if (watch === null) return;
    try {
      this.#forward(watch.take(chunk));
    } catch (error) {
      this.#fail(error as Failure);
      return;
    }
    if (watch.ended) this.#finish(true, null);
  }

  /**
   * What may be the beginning of the credential is kept back, and the last byte of what is charged, or of an answer whose
   * length was told, which is its end. All else goes on at once: it may be an event that somebody waits for.
   */
  #onThrough(chunk: Buffer): void {
    const { secret, whole } = this.#options;
    const [before] = this.#chunks;
    const joined = blotOut(before === undefined ? chunk : Buffer.concat([before, chunk]), secret);
    const least = whole !== 'never' || this.#headers['content-length'] !== undefined ? 1 : 0;
    const end = Math.max(0, joined.length - Math.max(least, beginningOf(secret, joined)));
    this.#chunks[0] = joined.subarray(end);
    if (end > 0) this.#forward([joined.subarray(0, end)]);
  }

  #onWhole(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#options.maxBytes) this.#fail(new Failure('upstream_too_large'));
    else this.#chunks.push(chunk);
  }

  #endWhole(): void {
    const [first] = this.#chunks;
    const raw = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    const encoding = textOf(this.#headers['content-encoding']);
    if (encoding === undefined || encoding === 'identity') {
      this.#takeWhole(raw);
      return;
    }
    delete this.#headers['content-encoding'];
    decode(raw, encoding).then(
      (body) => this.#takeWhole(body),
      (error: unknown) => this.#fail(toFailure(error)),
    );
  }

  #takeWhole(body: Buffer): void {
    if (this.#status >= STATUS_ON_THE_WAY && isHtml(this.#headers)) {
      const detail = `a page with status ${this.#status}`;
      this.#fail(new Failure('upstream_unreadable', { detail }));
      return;
    }
    this.#whole = wholeBody(body, this.#options.secret);
    this.#finish(true, null);
  }

  #forward(pieces: readonly Buffer[]): void {
    if (this.#callerGone || pieces.length === 0) return;
    this.#sendHead(this.#status, undefined);
    const { reply, secret } = this.#options;
    let flowing = true;
    // Pieces of a stream are whole events, so that no cut hides a credential.
    for (const piece of pieces) flowing = reply.write(redact(piece, secret));
    if (!flowing) this.#waitForCaller();
  }

  /** The caller reads slower than the provider writes: stop reading, and do not wait for ever. */
  #waitForCaller(): void {
    const { reply, clock, stallMs } = this.#options;
    if (this.#cancelTimer !== null) return;
    this.#controls?.pause();
    this.#cancelTimer = clock.after(stallMs, () => reply.destroy());
    reply.once('drain', () => {
      this.#cancelTimer?.();
      this.#cancelTimer = null;
      this.#controls?.resume();
    });
  }

  #sendHead(status: number, length: string | undefined): void {
    if (this.#headSent) return;
    this.#headSent = true;
    const { requestId, secret, reply } = this.#options;
    const headers = headersToCaller(this.#headers, requestId, secret);
    if (length !== undefined) headers['content-length'] = length;
    // The edge says that the answer depends on the origin; the provider's word comes on top of it.
    const varies = reply.getHeader('vary');
    if (varies !== undefined && headers['vary'] !== undefined) {
      headers['vary'] = `${varies}, ${headers['vary']}`;
    }
    Object.assign(headers, this.#options.limitHeaders);
    // Proxies in front of us must not collect a stream.
    if (this.#mode === 'events') headers['x-accel-buffering'] = 'no';
    reply.writeHead(status, headers);
  }

  readonly #onClose = (): void => {
    if (this.#options.reply.writableFinished || this.#callerGone) return;
    this.#callerGone = true;
    if (!this.#over && this.#controls !== null) this.#onCallerGone();
  };

  #onCallerGone(): void {
    const { clock, drainMs, stopWithCaller, streamed, reply } = this.#options;
    this.#cancelTimer?.();
    reply.removeAllListeners('drain');
    // Once the provider has said its last word, nothing but its figures is to come, with what it thought unseen.
    const hasMore = this.#watch?.finished !== true;
    if (this.#mode === 'through' || (streamed && stopWithCaller && hasMore)) {
      this.#controls?.abort();
      this.#finish(false, null);
      return;
    }
    // The provider works and bills on. Read to the end, for the figures, but not without bound.
    this.#controls?.resume();
    this.#cancelTimer = clock.after(drainMs, () => {
      this.#controls?.abort();
      if (!this.#over) this.#finish(false, null);
    });
  }

  #fail(failure: Failure): void {
    this.#controls?.abort();
    this.#finish(false, failure);
  }

  #finish(complete: boolean, failure: Failure | null): void {
    this.#over = true;
    this.#cancelTimer?.();
    this.#options.reply.off('close', this.#onClose);
    // What was paused for a slow caller must be read to its end, or its connection stays open for ever.
    if (complete) this.#controls?.resume();
    const watch = this.#watch;
    this.#options.done({
      status: this.#status,
      complete,
      callerGone: this.#callerGone,
      sent: this.#sent,
      failure,
      errorInStream: (watch?.error ?? null) !== null,
      body: complete ? this.#whole : null,
      usage: watch?.usage ?? null,
      servedText: this.#servedText(complete),
      pictures: watch?.pictures ?? 0,
      servedModel: watch?.servedModel ?? null,
      servedTier: watch?.servedTier ?? null,
      upstreamId: watch?.upstreamId ?? upstreamRequestId(this.#headers),
      firstByteAt: this.#firstByteAt,
    });
  }

  /** The text of a stream, where it is needed: a whole answer that states its tokens is not counted. */
  #servedText(complete: boolean): string {
    const watch = this.#watch;
    if (watch === null) return '';
    const { input = null, output = null } = watch.usage?.tokens ?? {};
    const isStated = complete && watch.error === null && input !== null && output !== null;
    return isStated ? '' : watch.servedText();
  }
}
