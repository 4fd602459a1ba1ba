/**
 * What the gateway's own work on a plain request costs, in this process and without a network: `npm run bench:admission`.
 *
 * The whole way from the caller's body to the settled record is walked, with a caller, a provider and a disk that cost
 * nothing, so that what a limit, a wallet or a budget adds can be told apart: differences of a microsecond.
 */
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { nanos } from '../contract/money.ts';
import type { VirtualKey } from '../server/accounts/accounts.ts';
import { systemClock } from '../server/clock.ts';
import {
  createGateway,
  type Gateway,
  type GatewayDeps,
  type GatewaySettings,
} from '../server/gateway/gateway.ts';
import { newId } from '../server/id.ts';
import { createLedger, type Ledger } from '../server/ledger/ledger.ts';
import { createLimits, NO_LIMITS, type RateLimits } from '../server/limits/limits.ts';
import { createMetering, type Metering } from '../server/metering/metering.ts';
import type { Outbound, OutboundReceiver } from '../server/outbound.ts';
import type { ProviderKeys, RoutedKey } from '../server/provider-keys/provider-keys.ts';
import { providerForBase } from '../server/providers/providers.ts';
import { createRecords } from '../server/records/records.ts';
import { openSqlite, type Storage } from '../server/storage/storage.ts';
import { plainAnswer, requestBody } from './payloads.ts';
import { median } from './rounds.ts';

/** Requests under way at once. */
const CLIENTS = 64;
const DOLLARS = 1_000_000_000;

/** What a caller is held to. */
interface Variant {
  readonly name: string;
  readonly callers: number;
  /** Limits of the caller's key and user: none, requests a minute, or all. */
  readonly limits: 0 | 1 | 'all';
  readonly wallets: boolean;
  /** Budgets of the caller's key, user and installation: none, the first, or all. */
  readonly budgets: 0 | 1 | 3;
}

const PLAIN = { callers: 100, limits: 0, wallets: false, budgets: 0 } as const;

const VARIANTS: readonly Variant[] = [
  { ...PLAIN, name: 'nothing' },
  { ...PLAIN, name: 'a limit', limits: 1 },
  { ...PLAIN, name: 'all limits', limits: 'all' },
  { ...PLAIN, name: 'wallet', wallets: true },
  { ...PLAIN, name: 'wallet, budget', wallets: true, budgets: 1 },
  { ...PLAIN, name: 'wallet, 3 budgets', wallets: true, budgets: 3 },
  { ...PLAIN, name: 'all limits, wallet, budget', limits: 'all', wallets: true, budgets: 1 },
  { ...PLAIN, name: '100,000 wallets', wallets: true, callers: 100_000 },
];

export interface AdmissionFigures {
  readonly name: string;
  /** CPU time of the main thread for one request: median and lowest of the rounds. */
  readonly micros: number;
  readonly lowest: number;
}

const HEAD = { 'content-type': 'application/json' };
const BODY = Buffer.from(requestBody('plain'));
const ANSWER = answerBody();
const nothing = (): undefined => undefined;

function answerBody(): Buffer {
  const whole = plainAnswer();
  return whole.subarray(whole.indexOf('\r\n\r\n') + 4);
}

/** A provider that answers at once. */
const provider: Pick<Outbound, 'send'> = {
  send(_request, receiver: OutboundReceiver) {
    receiver.onStart({ pause: nothing, resume: nothing, abort: nothing });
    setImmediate(() => {
      receiver.onHead(200, { ...HEAD, 'content-length': String(ANSWER.length) });
      receiver.onData(ANSWER);
      receiver.onEnd();
    });
  },
};

const BASE = 'https://api.openai.com/v1';
const ROUTED: RoutedKey = {
  id: 'env:upstream',
  owner: null,
  provider: providerForBase(BASE),
  origin: 'https://api.openai.com',
  basePath: '/v1',
  query: {},
  headers: {},
  priceCatalogue: 'openai',
  tiersOf: 'openai',
  free: false,
  userGiven: false,
};

const providerKeys: Pick<ProviderKeys, 'routed' | 'use' | 'lend'> = {
  routed: () => [ROUTED],
  use: (_key, work) => work('sk-bench-upstream'),
  lend: (_key, work) => work('sk-bench-upstream'),
};

/** Limits that are counted and never reached. */
const AMPLE: RateLimits = {
  requests_per_minute: 1e12,
  requests_per_hour: 1e12,
  requests_per_day: 1e12,
  tokens_per_minute: 1e14,
  tokens_per_hour: 1e14,
  tokens_per_day: 1e14,
  max_concurrent: 1e6,
};

const LIMITS: Readonly<Record<Variant['limits'], RateLimits>> = {
  0: NO_LIMITS,
  1: { ...NO_LIMITS, requests_per_minute: AMPLE.requests_per_minute },
  all: AMPLE,
};

const SETTINGS: GatewaySettings = {
  charging: {
    flatNanosPerMillion: 20 * DOLLARS,
    plan: 'flat',
    markupPpm: 1_000_000,
    defaultMaxOutputTokens: 4_096,
    minOutputTokens: 16,
    defaultOutputReserve: 1_024,
  },
  bodyBytesMax: 1_000_000,
  answerBytesMax: 1_000_000,
  drainMs: 1_000,
  stallMs: 1_000,
};

/** The side of a caller's connection that the gateway writes to. */
class Reply extends EventEmitter {
  readonly destroyed = false;
  readonly writableLength = 0;
  writableFinished = false;
  getHeader(): undefined {
    return undefined;
  }
  writeHead(): this {
    return this;
  }
  end(): void {
    this.writableFinished = true;
  }
}

class Stage {
  readonly name: string;
  readonly #gateway: Gateway;
  readonly #keys: readonly VirtualKey[];
  readonly #storage: Storage;
  #next = 0;

  constructor(of: {
    name: string;
    gateway: Gateway;
    keys: readonly VirtualKey[];
    storage: Storage;
  }) {
    this.name = of.name;
    this.#gateway = of.gateway;
    this.#keys = of.keys;
    this.#storage = of.storage;
  }

  get callers(): number {
    return this.#keys.length;
  }

  close(): Promise<void> {
    return this.#storage.close();
  }

  /** @returns microseconds of CPU time of this thread for one request */
  async run(requests: number): Promise<number> {
    const before = process.threadCpuUsage();
    const each = Math.ceil(requests / CLIENTS);
    const clients = Array.from({ length: CLIENTS }, () => this.#client(each));
    await Promise.all(clients);
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / (each * CLIENTS);
  }

  async #client(requests: number): Promise<void> {
    for (let sent = 0; sent < requests; sent++) {
      const source = new EventEmitter();
      // A step that shares no factor with the number of callers comes by all of them, far apart.
      this.#next = (this.#next + 7_919) % this.#keys.length;
      const key = this.#keys[this.#next];
      if (key === undefined) throw new Error('a stage needs callers');
      const done = this.#gateway.complete({
        id: newId('req'),
        key,
        renewKey: () => key,
        method: 'POST',
        url: '/v1/chat/completions',
        headers: { ...HEAD, 'content-length': String(BODY.length), host: '127.0.0.1:8000' },
        source: source as unknown as Readable,
        reply: new Reply() as unknown as ServerResponse,
      });
      source.emit('data', BODY);
      source.emit('end');
      await done;
    }
  }
}

/** The rooms of the gateway, on a database to which nothing is written: commits are durable when a turn of the loop is over. */
async function openStage(variant: Variant, folder: string, metering: Metering): Promise<Stage> {
  const clock = systemClock;
  const opened = await openSqlite({ file: join(folder, `${variant.name}.db`), clock });
  const storage: Storage = {
    ...opened,
    commit: () => new Promise((resolve) => setImmediate(resolve)),
    note: nothing,
    state: () => 'ok',
  };
  const keys = Array.from({ length: variant.callers }, (_, number) => keyOf(number));
  const ledger = await createLedger({ storage, clock, holdMs: 3_600_000 });
  await define(variant, keys, ledger);
  const held = LIMITS[variant.limits];
  const limits = await createLimits({ storage, clock, defaults: { key: held, user: held } });
  const log = { info: nothing, warn: nothing, error: nothing, debug: nothing };
  const gateway = createGateway({
    storage,
    records: createRecords({ storage, clock }),
    ledger,
    limits,
    metering,
    providerKeys: providerKeys as ProviderKeys,
    outbound: provider as Outbound,
    clock,
    log: log as unknown as GatewayDeps['log'],
    settings: SETTINGS,
  });
  return new Stage({ name: variant.name, gateway, keys, storage: opened });
}

function keyOf(number: number): VirtualKey {
  const name = String(number).padStart(6, '0');
  return {
    id: `vk_${name}`,
    userId: `usr_${name}`,
    label: name,
    name: null,
    note: null,
    prefix: 'sk-bench',
    last4: name.slice(-4),
    origin: 'operator',
    ruledBy: 'operator',
    allowUnmetered: false,
    models: null,
    pin: null,
    expiresAt: null,
    isDisabled: false,
    createdAt: 0,
    revokedAt: null,
  };
}

/** So many definitions are on their way to the disk at once. */
const TOGETHER = 5_000;

async function define(
  variant: Variant,
  keys: readonly VirtualKey[],
  ledger: Ledger,
): Promise<void> {
  if (!variant.wallets) return;
  for (let from = 0; from < keys.length; from += TOGETHER) {
    await Promise.all(keys.slice(from, from + TOGETHER).map((key) => credit(key, ledger)));
  }
  const period = { period: 'month', zone: 'UTC', limit: 1_000_000 * DOLLARS } as const;
  for (const { id, userId } of variant.budgets > 0 ? keys : []) {
    await ledger.defineBudget({ id: `bud_${id}`, scope: 'key', scopeId: id, ...period });
    if (variant.budgets === 1) continue;
    await ledger.defineBudget({ id: `bud_${userId}`, scope: 'user', scopeId: userId, ...period });
  }
  if (variant.budgets < 3) return;
  await ledger.defineBudget({ id: 'bud_all', scope: 'installation', scopeId: '', ...period });
}

async function credit({ userId }: VirtualKey, ledger: Ledger): Promise<void> {
  await ledger.defineWallet({ userId, kind: 'prepaid', plan: null, markupPpm: null });
  const amount = nanos(1_000 * DOLLARS);
  await ledger.post({ account: userId, amount, kind: 'credit', reason: 'bench' });
}

export async function runAdmission(of: {
  rounds: number;
  requests: number;
  variants?: readonly Variant[];
  /** For a quick look: no variant has more callers. */
  callersAtMost?: number;
}): Promise<readonly AdmissionFigures[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-admission-'));
  const metering = createMetering();
  const stages: Stage[] = [];
  try {
    for (const variant of of.variants ?? VARIANTS) {
      const callers = Math.min(variant.callers, of.callersAtMost ?? variant.callers);
      stages.push(await openStage({ ...variant, callers }, folder, metering));
    }
    const rounds = stages.map((): number[] => []);
    for (let round = 0; round <= of.rounds; round++) {
      for (const [index, stage] of stages.entries()) {
        // The first round is for the compilers, and for every caller to have called once.
        const requests = round === 0 ? Math.max(of.requests, stage.callers) : of.requests;
        const micros = await stage.run(requests);
        if (round > 0) rounds[index]?.push(micros);
      }
    }
    return stages.map(({ name }, index) => {
      const micros = rounds[index] ?? [];
      return { name, micros: median(micros), lowest: Math.min(...micros) };
    });
  } finally {
    for (const stage of stages) await stage.close();
    await metering.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '15' },
      requests: { type: 'string', default: '6400' },
      json: { type: 'boolean', default: false },
    },
  });
  const [rounds, requests] = [Number(values.rounds), Number(values.requests)];
  const figures = await runAdmission({ rounds, requests });
  if (values.json) {
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    return;
  }
  process.stdout.write(`${'CPU µs per request'.padEnd(28)}   median   lowest    added\n`);
  const base = figures[0]?.lowest ?? 0;
  for (const { name, micros, lowest } of figures) {
    const cells = [micros, lowest, lowest - base].map((each) => each.toFixed(2).padStart(9));
    process.stdout.write(`${name.padEnd(28)}${cells.join('')}\n`);
  }
}

if (import.meta.main) await main();
