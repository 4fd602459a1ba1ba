/** The room over a real database, with a provider that answers as each test scripts it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Nanos, nanos } from '../../contract/money.ts';
import type { KeyHealthChanged } from '../../contract/signals.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, systemClock } from '../clock.ts';
import { HandClock } from '../clock-for-tests.ts';
import { firstId, newId } from '../id.ts';
import { createMetering } from '../metering/metering.ts';
import type {
  Account,
  AccountAnswer,
  AccountCall,
  BalanceReading,
  KeyReading,
  Provider,
  ProviderUsage,
} from '../providers/providers.ts';
import { findProvider } from '../providers/providers.ts';
import { usageRecord } from '../records/record-for-tests.ts';
import { createRecords, type UsageRecord } from '../records/records.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import {
  createMonitoring,
  type Monitoring,
  type MonitoringSettings,
  type WatchedKey,
} from './monitoring.ts';

/** Where the clock of each stage begins. */
export const START = '2026-11-20T12:00:00Z';

export const SETTINGS: MonitoringSettings = {
  intervals: {
    checkMs: 30 * MINUTE_MS,
    validateMs: DAY_MS,
    syncMs: HOUR_MS,
    probeMs: 5 * MINUTE_MS,
  },
  retentionDays: 365,
  probeModel: 'small-model',
  callsPerSecond: 100_000,
};

/** What the provider tells the next time it is asked for a balance. */
export type Answer = (keyId: string) => BalanceReading | Promise<BalanceReading>;

export const dollars = (amount: number): Nanos => nanos(Math.round(amount * 1e9));

const NOTHING = {
  balance: null,
  currency: 'USD',
  limit: null,
  used: null,
  blocked: null,
  others: [],
};

export function has(amount: number, more: Partial<BalanceReading> = {}): BalanceReading {
  return { ...NOTHING, ...reads('valid', 'read'), balance: dollars(amount), ...more };
}

/** An answer that is on its way: it comes when it is let go. */
export function onItsWay(reading: BalanceReading) {
  const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: gone, resolve: letGo } = Promise.withResolvers<void>();
  const answer: Answer = async () => {
    ask();
    await gone;
    return reading;
  };
  return { answer, isAsked, letGo };
}

export function refuses(): BalanceReading {
  return { ...NOTHING, ...reads('invalid', 'read', 'The provider does not accept the key.') };
}

export function fails(outcome: KeyReading['outcome'], retryAfterMs: number | null = null) {
  return { ...NOTHING, ...reads('unknown', outcome, `It was ${outcome}.`), retryAfterMs };
}

export function reads(
  verdict: KeyReading['verdict'],
  outcome: KeyReading['outcome'],
  message = 'The provider accepts the key.',
): KeyReading {
  return { verdict, outcome, message, kind: null, retryAfterMs: null };
}

export function answer(status: number, body: unknown): AccountAnswer {
  return { origin: 'http://provider.test', status, headers: {}, body };
}

export interface Stage {
  readonly clock: HandClock;
  readonly storage: Storage;
  readonly monitoring: Monitoring;
  readonly signals: KeyHealthChanged[];
  readonly warnings: string[];
  /** The keys that there are; tests add, change and take away. */
  readonly keys: Map<string, WatchedKey>;
  /** Deleted keys with the secret of one that is there, by the id of that. */
  readonly former: Map<string, readonly string[]>;
  /** Ids of keys that the provider was asked about, in order. */
  readonly asked: string[];
  /** How the provider answers; a test sets it anew. */
  script: {
    balance: Answer;
    usage: (from: string, to: string) => ProviderUsage;
    completion: (call: AccountCall) => AccountAnswer | Promise<AccountAnswer>;
  };
  add(id: string, more?: Partial<WatchedKey>): WatchedKey;
  /** A second instance over the same database. */
  another(storage?: Storage): Monitoring;
  rows<Row>(sql: string): Row[];
  record(what: Partial<UsageRecord>): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(settings: Partial<MonitoringSettings> = {}): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-monitor-'));
  const file = join(folder, 'test.db');
  const storage = await openSqlite({ file, clock: systemClock });
  const clock = new HandClock(START);
  const metering = createMetering({
    modelPricingJson: '{"small-model": {"input": 0.001, "output": 0.002}}',
  });
  const records = createRecords({ storage, clock });
  const keys = new Map<string, WatchedKey>();
  const former = new Map<string, readonly string[]>();
  const asked: string[] = [];
  const signals: KeyHealthChanged[] = [];
  const warnings: string[] = [];
  const script = plainScript();
  const log = {
    info: () => undefined,
    warn: (_: unknown, text?: string) => warnings.push(text ?? ''),
  };
  const account = accountOf(script, asked);
  const make = (over: Storage = storage): Monitoring =>
    createMonitoring({
      storage: over,
      clock,
      log: log as never,
      keys: {
        watched: () => [...keys.values()],
        find: (id) => keys.get(id) ?? null,
        formerOf: (id) => former.get(id) ?? [],
        account,
      },
      metering,
      records,
      settings: { ...SETTINGS, ...settings },
      onSignal: (signal) => signals.push(signal),
      random: () => 0.5,
    });
  return {
    clock,
    storage,
    monitoring: make(),
    signals,
    warnings,
    keys,
    former,
    asked,
    script,
    add(id, more = {}) {
      const key = { ...PLAIN_KEY, id, name: `the key ${id}`, ...more };
      keys.set(id, key);
      return key;
    },
    another: make,
    rows: (sql) => queried(file, sql),
    record: async (what) => {
      const { startedAt = PLAIN_RECORD.startedAt } = what;
      const id = `${firstId('req', startedAt)}${newId('req').slice(-8)}`;
      await storage.commit(records.finish({ ...PLAIN_RECORD, id, ...what }, null));
    },
    async close() {
      await metering.close();
      await storage.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A provider of which every key has ten dollars, and which does nothing else. */
function plainScript(): Stage['script'] {
  return {
    balance: () => has(10),
    usage: () => ({
      ...reads('unknown', 'not offered'),
      days: [],
      openDays: [],
      rows: [],
      currency: 'USD',
    }),
    completion: () => answer(500, undefined),
  };
}

/** What a key's provider answers to each call, by the script. */
function accountOf(script: Stage['script'], asked: string[]) {
  return (id: string) =>
    async (call: AccountCall): Promise<AccountAnswer> => {
      asked.push(id);
      if (call.method === 'POST') return await script.completion(call);
      const told =
        call.path === '/balance'
          ? await script.balance(id)
          : script.usage(...(call.path.split('/').slice(2) as [string, string]));
      return answer(200, told);
    };
}

function queried<Row>(file: string, sql: string): Row[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row })) as Row[];
  } finally {
    database.close();
  }
}

/** An adapter that believes whatever the scripted provider tells. */
const scripted: Account = {
  validate: async (ask) => (await ask({ method: 'GET', path: '/balance' })).body as KeyReading,
  balance: async (ask) => (await ask({ method: 'GET', path: '/balance' })).body as BalanceReading,
  usage: async (ask, { from, to }) =>
    (await ask({ method: 'GET', path: `/usage/${from}/${to}` })).body as ProviderUsage,
};

const [base] = [findProvider('custom')];
if (base === undefined) throw new Error('there is no custom provider');

/** Tells balance and usage. */
export const TELLING: Provider = { ...base, account: scripted };
/** Tells whether a key is good, and nothing else. */
export const SILENT: Provider = { ...base, account: { validate: scripted.validate } };

const PLAIN_KEY: WatchedKey = {
  id: 'pk_1',
  owner: null,
  name: 'a key',
  masked: 'sk-aaaa...0000',
  provider: {
    ...base,
    account: { validate: scripted.validate, balance: scripted.balance as never },
  },
  lane: 'provider.test',
  threshold: null,
  checkIntervalMinutes: null,
  probe: false,
  probeModel: null,
  anchor: null,
};

const PLAIN_RECORD = usageRecord({
  id: 'req_1',
  providerId: 'custom',
  model: 'small-model',
  cost: nanos(1_000),
  costSource: 'upstream',
  startedAt: Date.parse(START),
});
