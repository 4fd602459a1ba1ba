/**
 * The one door for HTTP to other machines. It gives every call deadlines, never follows a redirect,
 * and turns what can go wrong on the wire into Failures with a stable code.
 */
import { lookup } from 'node:dns';
import type { IncomingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { type Dispatcher, Pool } from 'undici';
import type { FailureCode } from '../contract/failures.ts';
import {
  type AllowedHosts,
  isAllowedHost,
  isPublicAddress,
  refusalOfUrl,
} from './address-guard.ts';
import { type Clock, systemClock } from './clock.ts';
import { Failure } from './failure.ts';

export interface OutboundRequest {
  /** Scheme, host and port: `https://api.example.com`. */
  readonly origin: string;
  /** Path and query, beginning with a slash. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer | Readable | null;
  /** The origin was named by a user, so it must not lead to a private network. */
  readonly userGiven?: boolean;
}

/** Steers an answer that is under way. */
export interface OutboundControls {
  pause(): void;
  resume(): void;
  /** Hangs up. The receiver hears nothing more. */
  abort(): void;
}

/** Hears an answer piece by piece: head, data …, then exactly one of end and failure. */
export interface OutboundReceiver {
  /** Called as soon as the call can be hung up, before anything was sent. */
  onStart(controls: OutboundControls): void;
  onHead(status: number, headers: IncomingHttpHeaders): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onFailure(failure: Failure): void;
}

export interface OutboundOptions {
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  /** Longest silence within an answer. */
  readonly idleTimeoutMs: number;
  /** Private hosts that users may name all the same; none unless given. */
  readonly allowedHosts?: readonly string[];
  /** Asks for the addresses of a name; the system's own unless given. */
  readonly lookup?: typeof lookup;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface Outbound {
  send(request: OutboundRequest, receiver: OutboundReceiver): void;
  /**
   * A whole small JSON answer, for lists and checks. Where an answer that claims success is no JSON, that is a
   * Failure; where an error answer is none, its body is undefined: the status and the headers say enough.
   *
   * @param deadlineMs for the whole answer; without it only silence is bounded
   * @throws Failure
   */
  fetchJson(request: OutboundRequest, maxBytes: number, deadlineMs?: number): Promise<JsonAnswer>;
  /** Why a user may not name this address, as a sentence; null if they may, as far as the address itself tells. */
  refusalOf(address: URL): string | null;
  close(): Promise<void>;
}

export function createOutbound(options: OutboundOptions, clock: Clock = systemClock): Outbound {
  const pools = new Map<string, Pool>();
  const guarded = new GuardedPools(options);
  const poolFor = (origin: string): Pool => {
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = openPool(origin, options);
      pools.set(origin, pool);
    }
    return pool;
  };
  const send: Outbound['send'] = (request, receiver) => {
    const { origin, path, method, headers, body, userGiven = false } = request;
    const call = { path, method: method as Dispatcher.HttpMethod, headers, body };
    try {
      const pool = userGiven ? guarded.poolFor(origin) : poolFor(origin);
      pool.dispatch(call, new Exchange(receiver, body));
    } catch (error) {
      receiver.onFailure(failureOf(error));
    }
  };
  return {
    send,
    fetchJson: (request, maxBytes, deadlineMs) =>
      new Promise<JsonAnswer>((resolve, reject) => {
        const receiver = new JsonReceiver(maxBytes, resolve, reject);
        if (deadlineMs !== undefined) receiver.endAfter(deadlineMs, clock);
        send(request, receiver);
      }),
    refusalOf: (address) => guarded.refusalOf(address),
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      await guarded.close();
    },
  };
}

function openPool(origin: string, options: OutboundOptions, find?: LookupFunction): Pool {
  return new Pool(origin, {
    connectTimeout: options.connectTimeoutMs,
    headersTimeout: options.firstByteTimeoutMs,
    bodyTimeout: options.idleTimeoutMs,
    allowH2: false,
    ...(find === undefined ? {} : { connect: { lookup: find } }),
  });
}

/** Connections to so many servers of users are kept; beyond that, the ones unused for longest are given up. */
const GUARDED_POOLS_MAX = 200;

/** Connections to addresses that users named. What a name resolves to is checked, and exactly that is connected to. */
class GuardedPools {
  readonly #options: OutboundOptions;
  readonly #allowed: AllowedHosts;
  /** By origin, the one unused for longest first. */
  readonly #pools = new Map<string, Pool>();

  constructor(options: OutboundOptions) {
    this.#options = options;
    this.#allowed = new Set(options.allowedHosts);
  }

  refusalOf(address: URL): string | null {
    return refusalOfUrl(address, this.#allowed);
  }

  /** @throws Failure `upstream_forbidden` */
  poolFor(origin: string): Pool {
    const url = new URL(origin);
    // An address in digits is never looked up, so it is judged here.
    const refusal = this.refusalOf(url);
    if (refusal !== null) throw new Failure('upstream_forbidden', { detail: refusal });
    const pool = this.#pools.get(origin) ?? openPool(origin, this.#options, this.#lookupFor(url));
    this.#pools.delete(origin);
    this.#pools.set(origin, pool);
    const [oldest] = this.#pools;
    if (this.#pools.size > GUARDED_POOLS_MAX && oldest !== undefined) {
      this.#pools.delete(oldest[0]);
      // What is under way on it ends as it would.
      void oldest[1].close();
    }
    return pool;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #lookupFor(url: URL): LookupFunction {
    const { lookup: find = lookup } = this.#options;
    const isAllowed = isAllowedHost(url, this.#allowed);
    return (hostname, options, tell) => {
      find(hostname, { ...options, all: true }, (error, found) => {
        const [first] = found ?? [];
        if (error !== null || first === undefined) {
          tell(error ?? new Failure('upstream_unreachable'), []);
        } else if (!isAllowed && !found.every(({ address }) => isPublicAddress(address))) {
          // One private address among public ones is an attempt, not an accident.
          tell(new Failure('upstream_forbidden', { detail: hostname }), []);
        } else if (options.all === true) tell(null, found);
        else tell(null, first.address, first.family);
      });
    };
  }
}

/** Stands between undici and a receiver: hides redirects and aborts, and translates errors. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #receiver: OutboundReceiver;
  readonly #body: OutboundRequest['body'];
  #over = false;

  constructor(receiver: OutboundReceiver, body: OutboundRequest['body']) {
    this.#receiver = receiver;
    this.#body = body;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#receiver.onStart({
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      abort: () => {
        this.#over = true;
        controller.abort(new Error('hung up'));
      },
    });
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // An informational answer (103 …) is not the answer.
    if (this.#over || status < 200) return;
    if (status >= 300 && status < 400 && headers.location !== undefined) {
      this.#over = true;
      controller.abort(new Error('redirect'));
      this.#receiver.onFailure(new Failure('upstream_redirect', { detail: `status ${status}` }));
      return;
    }
    this.#receiver.onHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#receiver.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#over = true;
    this.#receiver.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#receiver.onFailure(this.#isBodyCut(error) ? bodyCut(error) : failureOf(error));
  }

  /** Where the body ceased to come, nothing is known of the machine that it was for. */
  #isBodyCut(error: Error): boolean {
    const body = this.#body;
    return body !== null && !Buffer.isBuffer(body) && body.errored === error;
  }
}

function bodyCut(cause: Error): Failure {
  return new Failure('invalid_request', { sentence: 'The body is incomplete.', cause });
}

class JsonReceiver implements OutboundReceiver {
  readonly #chunks: Buffer[] = [];
  readonly #maxBytes: number;
  readonly #resolve: (answer: JsonAnswer) => void;
  readonly #reject: (failure: Failure) => void;
  #controls: OutboundControls | null = null;
  #cancelDeadline: (() => void) | null = null;
  #size = 0;
  #status = 0;
  #headers: IncomingHttpHeaders = {};

  constructor(
    maxBytes: number,
    resolve: (answer: JsonAnswer) => void,
    reject: (failure: Failure) => void,
  ) {
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  endAfter(deadlineMs: number, clock: Clock): void {
    this.#cancelDeadline = clock.after(deadlineMs, () =>
      this.#giveUp(
        new Failure('upstream_timeout', { detail: 'the deadline for the whole answer' }),
      ),
    );
  }

  onStart(controls: OutboundControls): void {
    this.#controls = controls;
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onData(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#giveUp(new Failure('upstream_too_large'));
    else this.#chunks.push(chunk);
  }

  onEnd(): void {
    this.#cancelDeadline?.();
    const answer = { status: this.#status, headers: this.#headers };
    try {
      const body: unknown = JSON.parse(Buffer.concat(this.#chunks).toString('utf8'));
      this.#resolve({ ...answer, body });
    } catch (error) {
      if (this.#status >= 400) this.#resolve({ ...answer, body: undefined });
      else this.#reject(new Failure('upstream_unreadable', { cause: error }));
    }
  }

  onFailure(failure: Failure): void {
    this.#cancelDeadline?.();
    this.#reject(failure);
  }

  #giveUp(failure: Failure): void {
    this.#cancelDeadline?.();
    this.#controls?.abort();
    this.#reject(failure);
  }
}

const CODES: Readonly<Record<string, FailureCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'upstream_timeout',
  UND_ERR_HEADERS_TIMEOUT: 'upstream_timeout',
  UND_ERR_BODY_TIMEOUT: 'upstream_timeout',
  ETIMEDOUT: 'upstream_timeout',
  ECONNREFUSED: 'upstream_unreachable',
  EHOSTUNREACH: 'upstream_unreachable',
  ENETUNREACH: 'upstream_unreachable',
  ENOTFOUND: 'upstream_unreachable',
  EAI_AGAIN: 'upstream_unreachable',
  ECONNRESET: 'upstream_reset',
  EPIPE: 'upstream_reset',
  UND_ERR_SOCKET: 'upstream_reset',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'upstream_reset',
  UND_ERR_HEADERS_OVERFLOW: 'upstream_unreadable',
  UND_ERR_INVALID_ARG: 'invalid_request',
  UND_ERR_DESTROYED: 'shutting_down',
  UND_ERR_CLOSED: 'shutting_down',
};

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code = '', message } = error as { code?: string; message: string };
  // The parser's own codes (HPE_…) say that the bytes were no HTTP.
  const known = CODES[code] ?? (code.startsWith('HPE_') ? 'upstream_unreadable' : null);
  // Several addresses were tried and each refused (an AggregateError), or the network said something new.
  return new Failure(known ?? 'upstream_unreachable', {
    detail: `${code} ${message}`,
    cause: error,
  });
}
