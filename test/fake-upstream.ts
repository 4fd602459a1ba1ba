/**
 * A scripted provider over real HTTP, which keeps its own bill. Journeys, fault tests and the benchmark run against it.
 *
 * In a test: `const upstream = await startFakeUpstream()`, then point the product at `upstream.url`.
 * As a process: `node test/fake-upstream.ts --port 0 --bill-file f` prints its URL on one line and ends on SIGTERM.
 * How an answer behaves is said by `upstream.script(rule)`, by a directive in the request (see `fake-upstream/behaviour.ts`)
 * or by `options.behaviour`, in this order.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { Answering } from './fake-upstream/answering.ts';
import {
  type Behaviour,
  findDirective,
  type Rule,
  readDirective,
} from './fake-upstream/behaviour.ts';
import { type Bill, BillBook, DEFAULT_PRICES, type Prices } from './fake-upstream/bill.ts';
import {
  BodyReader,
  directiveText,
  type Route,
  routeOf,
  type SeenRequest,
  seenRequest,
} from './fake-upstream/request.ts';

export type { Behaviour, Fault, Rule } from './fake-upstream/behaviour.ts';
export { FAULTS } from './fake-upstream/behaviour.ts';
export type { Bill, BillRow, BillTotals, Price, Prices } from './fake-upstream/bill.ts';
export { binaryBody } from './fake-upstream/plain.ts';
export type { SeenRequest } from './fake-upstream/request.ts';

/** What is billed when the caller leaves: the tokens that were sent by then, or all that would have been made. */
export type BillingAfterAbort = 'stops' | 'goes on';

export interface FakeUpstreamOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default: one price for every model. */
  readonly prices?: Prices;
  /** Default `stops`. */
  readonly billingAfterAbort?: BillingAfterAbort;
  /** The bill as JSON lines, appended row by row, so that it outlives any process. */
  readonly billFile?: string;
  /** A {@link SeenRow} for each request in the moment in which it is seen, as JSON lines. */
  readonly seenFile?: string;
  /** Default true. False keeps neither requests nor bill rows, only totals and the file. */
  readonly keepRequests?: boolean;
  /** For every request; rules and directives are laid over it. */
  readonly behaviour?: Behaviour;
}

/** That a request arrived whole, whatever became of it. */
export interface SeenRow {
  /** As on the bill. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly path: string;
  readonly model: string | null;
}

export interface FakeUpstream {
  /** `http://127.0.0.1:<port>/v1` */
  readonly url: string;
  readonly bill: Bill;
  /** Oldest first; a request is seen once its body is complete. */
  requests(): readonly SeenRequest[];
  script(rule: Rule): void;
  /** Forgets every rule. */
  unscript(): void;
  /** Requests that are neither answered nor given up. */
  openRequests(): number;
  /** Resolves when no request is open: each one is on the bill, or was never to be. */
  whenIdle(): Promise<void>;
  /** Resolves when this many requests were seen since the start. */
  whenSeen(count: number): Promise<void>;
  /** Breaks all connections, bills what was under way and lets go of the port. */
  close(): Promise<void>;
}

const ID_PREFIXES: Readonly<Partial<Record<Route, string>>> = {
  chat: 'chatcmpl-',
  completions: 'cmpl-',
  responses: 'resp_',
  messages: 'msg_',
};

export async function startFakeUpstream(options: FakeUpstreamOptions = {}): Promise<FakeUpstream> {
  const provider = new ScriptedProvider(options);
  await provider.listen(options.port ?? 0);
  return provider;
}

interface ActiveRule extends Rule {
  left: number;
}

interface Waiter {
  readonly ready: () => boolean;
  readonly resolve: () => void;
}

class ScriptedProvider implements FakeUpstream {
  readonly bill: BillBook;
  readonly #answering: Answering;
  readonly #default: Behaviour;
  readonly #server: Server;
  readonly #requests: SeenRequest[] | undefined;
  readonly #seenFile: number | undefined;
  readonly #directivesUsed = new Map<string, number>();
  readonly #idStem = randomBytes(4).toString('hex');
  #rules: ActiveRule[] = [];
  #waiters: Waiter[] = [];
  #count = 0;
  #seen = 0;
  #open = 0;

  constructor(options: FakeUpstreamOptions) {
    const keep = options.keepRequests !== false;
    this.#requests = keep ? [] : undefined;
    const { seenFile } = options;
    this.#seenFile = seenFile === undefined ? undefined : openSync(seenFile, 'a', 0o600);
    this.#default = options.behaviour ?? {};
    this.bill = new BillBook({
      prices: options.prices ?? DEFAULT_PRICES,
      file: options.billFile,
      keepRows: keep,
    });
    this.#answering = new Answering(this.bill, options.billingAfterAbort ?? 'stops');
    const limits = { keepAliveTimeout: 60_000, requestTimeout: 0, maxHeaderSize: 1024 * 1024 };
    this.#server = createServer(limits, (req, res) => this.#receive(req, res));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  }

  requests(): readonly SeenRequest[] {
    return this.#requests ?? [];
  }

  script(rule: Rule): void {
    this.#rules.push({ ...rule, left: rule.times ?? Number.POSITIVE_INFINITY });
  }

  unscript(): void {
    this.#rules = [];
  }

  openRequests(): number {
    return this.#open;
  }

  whenIdle(): Promise<void> {
    return this.#when(() => this.#open === 0);
  }

  whenSeen(count: number): Promise<void> {
    return this.#when(() => this.#seen >= count);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#server.closeAllConnections();
    await closed;
    await this.whenIdle();
    this.bill.close();
    if (this.#seenFile !== undefined) closeSync(this.#seenFile);
  }

  #when(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ ready, resolve }));
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const awake = this.#waiters.filter(({ ready }) => ready());
    this.#waiters = this.#waiters.filter((waiter) => !awake.includes(waiter));
    for (const { resolve } of awake) resolve();
  }

  #receive(req: IncomingMessage, res: ServerResponse): void {
    const [path = ''] = (req.url ?? '').split('?', 1);
    const route = routeOf(req.method ?? '', path);
    // All ids have one length, so that the bytes of an answer can be counted on.
    const number = (this.#count++).toString(36).padStart(7, '0');
    const id = `${ID_PREFIXES[route] ?? 'req_'}${this.#idStem}${number}`;
    const reader = new BodyReader(route);
    this.#open += 1;
    res.once('close', () => {
      this.#open -= 1;
      this.#wake();
    });
    req.on('error', () => res.destroy());
    req.on('data', (chunk: Buffer) => reader.add(chunk));
    req.on('end', () => this.#answer(seenRequest({ id, route, path, message: req, reader }), res));
  }

  #answer(seen: SeenRequest, res: ServerResponse): void {
    this.#seen += 1;
    this.#requests?.push(seen);
    this.#note(seen);
    let behaviour: Behaviour;
    try {
      behaviour = this.#behaviourFor(seen);
    } catch (error) {
      behaviour = { status: 400, code: 'directive', message: String(error) };
    }
    this.#answering.answer(seen, behaviour, res);
    this.#wake();
  }

  #note({ id, path, model }: SeenRequest): void {
    if (this.#seenFile === undefined) return;
    const row: SeenRow = { id, at: Date.now(), path, model };
    writeSync(this.#seenFile, `${JSON.stringify(row)}\n`);
  }

  #behaviourFor(seen: SeenRequest): Behaviour {
    const directive = findDirective(directiveText(seen));
    const asked = directive === undefined ? undefined : this.#asked(directive);
    const rule = this.#rules.find(({ left, match }) => left > 0 && (match?.(seen) ?? true));
    if (rule === undefined)
      return asked === undefined ? this.#default : { ...this.#default, ...asked };
    rule.left -= 1;
    const { behave } = rule;
    const scripted = typeof behave === 'function' ? behave(seen) : behave;
    return { ...this.#default, ...asked, ...scripted };
  }

  #asked(directive: string): Behaviour {
    const { behaviour, times } = readDirective(directive);
    if (times === Number.POSITIVE_INFINITY) return behaviour;
    const used = (this.#directivesUsed.get(directive) ?? 0) + 1;
    this.#directivesUsed.set(directive, used);
    return used <= times ? behaviour : {};
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'bill-file': { type: 'string' },
      'seen-file': { type: 'string' },
      'billing-after-abort': { type: 'string', default: 'stops' },
      prices: { type: 'string' },
      behaviour: { type: 'string' },
    },
  });
  const upstream = await startFakeUpstream({
    port: Number(values.port),
    billingAfterAbort: values['billing-after-abort'] === 'goes on' ? 'goes on' : 'stops',
    keepRequests: false,
    ...(values['bill-file'] === undefined ? {} : { billFile: values['bill-file'] }),
    ...(values['seen-file'] === undefined ? {} : { seenFile: values['seen-file'] }),
    ...(values.prices === undefined ? {} : { prices: JSON.parse(values.prices) as Prices }),
    ...(values.behaviour === undefined
      ? {}
      : { behaviour: JSON.parse(values.behaviour) as Behaviour }),
  });
  process.once('SIGTERM', () => void upstream.close());
  process.stdout.write(`${upstream.url}\n`);
}

// Not awaited, so that whoever imports this can be loaded at once.
if (import.meta.main) void main();
