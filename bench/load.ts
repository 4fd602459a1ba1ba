/**
 * A closed-loop load generator over bare sockets: N connections, each sends its next request when the last answer is whole.
 * It checks each answer (status 200, the full length or the last chunk, `[DONE]` at the end of a stream) and little else,
 * because it shares its core with the upstream.
 */
import { connect } from 'node:net';
import { type Kind, requestBody } from './payloads.ts';

export interface Load {
  url: string;
  headers: Record<string, string>;
  kind: Kind;
  connections: number;
  /** Stop sending after this many seconds, or after `count` requests, whichever is given. */
  until: { seconds: number } | { count: number };
}

/** What came of one run. Latencies and the elapsed time are in milliseconds. */
export interface LoadResult {
  requests: number;
  failures: number;
  /** The first failure in words, for the reader; empty if there was none. */
  firstFailure: string;
  elapsedMs: number;
  p50Ms: number;
  p99Ms: number;
  /** Reads from the socket per answer: how finely the pieces of a stream still came through. */
  readsPerAnswer: number;
}

/** Without an answer for this long, a connection counts as a failure and is replaced. */
const PATIENCE_MS = 10_000;
const FAILURES_MAX = 1_000;

type Verdict = 'more' | 'done' | { wrong: string };

/** Follows one answer through the pieces it arrives in. */
class AnswerReader {
  #head = '';
  #bodyBytes = 0;
  #tail = '';
  #length = -1;
  #inBody = false;
  readonly #kind: Kind;

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  take(part: Buffer): Verdict {
    if (this.#inBody) return this.#body(part, 0);
    const before = this.#head.length;
    this.#head += part.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return 'more';
    if (!this.#head.startsWith('HTTP/1.1 200')) return { wrong: this.#head.slice(0, 600) };
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head.slice(0, end))?.[1];
    this.#length = length === undefined ? -1 : Number(length);
    this.#inBody = true;
    return this.#body(part, end + 4 - before);
  }

  #body(part: Buffer, from: number): Verdict {
    this.#bodyBytes += part.length - from;
    this.#tail = (this.#tail + part.toString('latin1', Math.max(from, part.length - 64))).slice(
      -64,
    );
    const whole =
      this.#length >= 0 ? this.#bodyBytes >= this.#length : this.#tail.endsWith('\r\n0\r\n\r\n');
    if (!whole) return 'more';
    if (this.#kind === 'stream' && !this.#tail.includes('data: [DONE]')) {
      return { wrong: `The stream ended without [DONE]: …${this.#tail}` };
    }
    return 'done';
  }
}

function requestBytes(load: Load): Buffer {
  const body = requestBody(load.kind);
  const headers = {
    host: new URL(load.url).host,
    'content-type': 'application/json',
    ...load.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST /v1/chat/completions HTTP/1.1\r\n${lines.join('')}`;
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

class Run {
  readonly #load: Load;
  readonly #request: Buffer;
  readonly #latencies: number[] = [];
  readonly #started = performance.now();
  readonly #done = Promise.withResolvers<void>();
  #sent = 0;
  #open = 0;
  #reads = 0;
  #failures = 0;
  #firstFailure = '';

  constructor(load: Load) {
    this.#load = load;
    this.#request = requestBytes(load);
  }

  async result(): Promise<LoadResult> {
    for (let index = 0; index < this.#load.connections; index++) this.#connect();
    await this.#done.promise;
    const sorted = Float64Array.from(this.#latencies).sort();
    const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
    return {
      requests: sorted.length,
      failures: this.#failures,
      firstFailure: this.#firstFailure,
      elapsedMs: performance.now() - this.#started,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      readsPerAnswer: this.#reads / Math.max(1, sorted.length),
    };
  }

  #over(): boolean {
    const { until } = this.#load;
    if (this.#failures >= FAILURES_MAX) return true;
    if ('count' in until) return this.#sent >= until.count;
    return performance.now() - this.#started >= until.seconds * 1_000;
  }

  #connect(): void {
    const { hostname, port } = new URL(this.#load.url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let answer = new AnswerReader(this.#load.kind);
    let sentAt = 0;
    let failure = '';
    const send = () => {
      if (this.#over()) {
        socket.destroy();
        return;
      }
      this.#sent++;
      answer = new AnswerReader(this.#load.kind);
      sentAt = performance.now();
      socket.write(this.#request);
    };
    this.#open++;
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('connect', send);
    socket.on('data', (part: Buffer) => {
      this.#reads++;
      const verdict = answer.take(part);
      if (verdict === 'more') return;
      if (verdict === 'done') {
        this.#latencies.push(performance.now() - sentAt);
        sentAt = 0;
        send();
        return;
      }
      failure = verdict.wrong;
      socket.destroy();
    });
    socket.on('error', (error) => {
      failure ||= error.message;
    });
    socket.on('close', () => {
      if (sentAt > 0 || failure !== '')
        this.#fail(failure || 'The connection closed before the answer was whole.');
      this.#closed();
    });
  }

  #fail(why: string): void {
    this.#failures++;
    this.#firstFailure ||= why;
  }

  /** A connection that ended early is replaced, so that the load stays the same until the run is over. */
  #closed(): void {
    this.#open--;
    if (!this.#over()) this.#connect();
    else if (this.#open === 0) this.#done.resolve();
  }
}

/** Runs one load to its end. Failed requests are counted, never thrown; after 1,000 of them the run stops. */
export function runLoad(load: Load): Promise<LoadResult> {
  return new Run(load).result();
}
