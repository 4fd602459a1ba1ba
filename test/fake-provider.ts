/**
 * Providers with accounts, over real HTTP, for the monitor and the pages: keys whose balance goes down as they are
 * used, usage by day and model, and every kind of trouble. The answers are those of the demo's scripted provider;
 * what this adds is trouble on purpose and an exact account of who asked how often.
 *
 * In a test: `const fake = await startFakeProvider()`, `fake.accounts.open('sk-a', {…})`, then point a provider at
 * `fake.base('deepseek')`. As a process: `node test/fake-provider.ts --keys 10000 --share 0.01 --rate 500` prints its
 * URL on one line, knows the keys `sk-fake-0` … and tells its figures at `GET /figures`.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { type Clock, systemClock } from '../server/clock.ts';
import { type Chance, createChance } from '../server/demo/chance.ts';
import type { ScriptedAccount } from '../server/demo/scripted-account.ts';
import { ScriptedAccounts } from '../server/demo/scripted-accounts.ts';
import { answer, secretOf } from '../server/demo/scripted-provider.ts';
import { findProvider } from '../server/providers/providers.ts';

/**
 * `error`: 500 in JSON · `rate`: 429 with `retry-after: 1` · `page`: HTML under 200 · `half`: JSON that breaks off ·
 * `nulls`: 200 and no value known · `refusal`: 401 for a key that is good · `silence`: no answer until
 * {@link FakeProvider.release} · `reset`: the connection breaks.
 */
export const TROUBLES = [
  'error',
  'rate',
  'page',
  'half',
  'nulls',
  'refusal',
  'silence',
  'reset',
] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface FakeProviderOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  readonly clock?: Clock;
  /** The share of calls from 0 to 1 that get one of these kinds of trouble; the same calls for the same seed. */
  readonly trouble?: {
    readonly share: number;
    readonly kinds?: readonly Trouble[];
    readonly seed?: number;
  };
  /** More calls than this within a second are answered 429, at each provider for itself. */
  readonly callsPerSecond?: number;
  readonly models?: readonly string[];
}

export interface CallFigures {
  readonly calls: number;
  /** Calls that got trouble on purpose, 429 for too many included. */
  readonly troubled: number;
  /** Most calls that one provider got within any second. */
  readonly mostPerSecond: number;
  readonly keys: number;
  /** How often the key that asked least and the key that asked most did. */
  readonly leastPerKey: number;
  readonly mostPerKey: number;
}

export interface FakeProvider {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** The base address at which the keys of this provider live. */
  base(providerId: string): string;
  readonly accounts: ScriptedAccounts;
  /** Every call of this key gets this trouble, until null takes it away. */
  trouble(secret: string, kind: Trouble | null): void;
  /** Answers what was met with silence. */
  release(): void;
  /** Calls with this key, by method and path. */
  callsOf(secret: string): ReadonlyMap<string, number>;
  figures(): CallFigures;
  close(): Promise<void>;
}

export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const provider = new TroubledProvider(options);
  await provider.listen(options.port ?? 0);
  return provider;
}

class TroubledProvider implements FakeProvider {
  readonly accounts = new ScriptedAccounts();
  readonly #options: FakeProviderOptions;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #server = createServer((request, reply) => this.#receive(request, reply));
  readonly #troubles = new Map<string, Trouble>();
  readonly #calls = new Map<string, Map<string, number>>();
  readonly #windows = new Map<string, SecondWindow>();
  #silenced: (() => void)[] = [];
  #count = 0;
  #troubled = 0;

  constructor(options: FakeProviderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#chance = createChance(options.trouble?.seed ?? 1);
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  base(providerId: string): string {
    const provider = findProvider(providerId);
    if (provider === undefined) throw new Error(`there is no provider called ${providerId}`);
    return `${this.url}/${providerId}${new URL(provider.base).pathname}`;
  }

  trouble(secret: string, kind: Trouble | null): void {
    if (kind === null) this.#troubles.delete(secret);
    else this.#troubles.set(secret, kind);
  }

  release(): void {
    const waiting = this.#silenced;
    this.#silenced = [];
    for (const resume of waiting) resume();
  }

  callsOf(secret: string): ReadonlyMap<string, number> {
    return this.#calls.get(secret) ?? new Map();
  }

  figures(): CallFigures {
    const perKey = [...this.#calls.values()].map((calls) =>
      [...calls.values()].reduce((total, count) => total + count, 0),
    );
    return {
      calls: this.#count,
      troubled: this.#troubled,
      mostPerSecond: Math.max(0, ...[...this.#windows.values()].map(({ most }) => most)),
      keys: perKey.length,
      leastPerKey: perKey.reduce((least, count) => Math.min(least, count), this.#count),
      mostPerKey: perKey.reduce((most, count) => Math.max(most, count), 0),
    };
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #receive(request: IncomingMessage, reply: ServerResponse): void {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/figures') {
      send(reply, 200, JSON.stringify(this.figures()));
      return;
    }
    const secret = secretOf(request);
    this.#note(secret, `${request.method} ${path}`);
    const kind = this.#troubleFor(secret, path);
    if (kind === null) {
      this.#answer(request, reply);
      return;
    }
    this.#troubled += 1;
    this.#disturb(kind, request, reply);
  }

  #note(secret: string, call: string): void {
    this.#count += 1;
    let calls = this.#calls.get(secret);
    if (calls === undefined) {
      calls = new Map();
      this.#calls.set(secret, calls);
    }
    calls.set(call, (calls.get(call) ?? 0) + 1);
  }

  #troubleFor(secret: string, path: string): Trouble | null {
    const provider = path.split('/')[1] ?? '';
    let window = this.#windows.get(provider);
    if (window === undefined) {
      window = new SecondWindow();
      this.#windows.set(provider, window);
    }
    const within = window.note(this.#clock.elapsed());
    const { trouble, callsPerSecond } = this.#options;
    const own = this.#troubles.get(secret);
    if (own !== undefined) return own;
    if (callsPerSecond !== undefined && within > callsPerSecond) return 'rate';
    if (trouble === undefined || !this.#chance.happens(trouble.share)) return null;
    const kinds = trouble.kinds ?? (['error', 'rate', 'page', 'nulls'] as const);
    return kinds[this.#chance.below(kinds.length)] ?? null;
  }

  #answer(request: IncomingMessage, reply: ServerResponse): void {
    const names = this.#options.models ?? ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18'];
    // Of no vendor, so that each of them has all.
    const models = names.map((id) => ({ id, provider: '' }));
    const script = { clock: this.#clock, accounts: this.accounts, models };
    answer(script, request, reply).catch(() => reply.destroy());
  }

  #disturb(kind: Trouble, request: IncomingMessage, reply: ServerResponse): void {
    const said = SAID[kind];
    if (said !== undefined) {
      if (kind === 'rate') reply.setHeader('retry-after', '1');
      send(reply, ...said);
    } else if (kind === 'silence') {
      this.#silenced.push(() => this.#answer(request, reply));
    } else {
      request.socket.destroy();
    }
  }
}

/** Status and body of those kinds of trouble that are answers. */
const SAID: Readonly<Partial<Record<Trouble, readonly [number, string]>>> = {
  error: [500, '{"error":{"message":"internal error"}}'],
  rate: [429, '{"error":{"message":"too many requests"}}'],
  page: [200, '<!doctype html><title>Maintenance</title>'],
  half: [200, '{"data":{"usage":1,"limit_rem'],
  nulls: [200, '{"data":null,"balance_infos":null,"total":null}'],
  refusal: [401, '{"error":{"message":"Invalid API key"}}'],
};

/** Counts what came within the last second, at each call. */
class SecondWindow {
  most = 0;
  readonly #times: number[] = [];
  #first = 0;

  note(now: number): number {
    this.#times.push(now);
    while ((this.#times[this.#first] ?? now) <= now - 1000) this.#first += 1;
    const within = this.#times.length - this.#first;
    this.most = Math.max(this.most, within);
    return within;
  }
}

function send(reply: ServerResponse, status: number, body: string): void {
  const type = body.startsWith('{') ? 'application/json' : 'text/html';
  reply.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  reply.end(body);
}

/** `sk-fake-0`, `sk-fake-1` …, each with another balance. */
export function openKeys(accounts: ScriptedAccounts, count: number): readonly ScriptedAccount[] {
  return Array.from({ length: count }, (_, index) =>
    accounts.open(`sk-fake-${index}`, { balance: 1_000_000_000 + index * 1_000_000 }),
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      keys: { type: 'string', default: '0' },
      share: { type: 'string', default: '0' },
      rate: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  const fake = await startFakeProvider({
    port: Number(values.port),
    trouble: { share: Number(values.share), seed: Number(values.seed) },
    ...(values.rate === undefined ? {} : { callsPerSecond: Number(values.rate) }),
  });
  openKeys(fake.accounts, Number(values.keys));
  process.stdout.write(`${fake.url}\n`);
  process.once('SIGTERM', () => void fake.close());
}

// Not awaited, so that whoever imports this can be loaded at once.
if (import.meta.main) void main();
