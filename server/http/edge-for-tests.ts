/** The edge over a real database in a folder of its own; only the gateway behind it is a stand-in. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { SecretWatch } from '../../test/leaks/secret-watch.ts';
import { type Accounts, createAccounts, type VirtualKey } from '../accounts/accounts.ts';
import { createAdministration, createUpkeep } from '../administration/administration.ts';
import { type Clock, systemClock } from '../clock.ts';
import { firstId, newId } from '../id.ts';
import { createLedger, type Ledger } from '../ledger/ledger.ts';
import { createLimits, type Limits } from '../limits/limits.ts';
import { createMonitoring, type Monitoring, watchedKeys } from '../monitoring/monitoring.ts';
import { createOutbound } from '../outbound.ts';
import { createProviderKeys, type ProviderKeys } from '../provider-keys/provider-keys.ts';
import { providers } from '../providers/providers.ts';
import { usageRecord } from '../records/record-for-tests.ts';
import { createRecords, type Records, type UsageRecord } from '../records/records.ts';
import { createReports } from '../reports/reports.ts';
import { createBackups, openSqlite, type Storage } from '../storage/storage.ts';
import { createVault, rootKeyFrom } from '../vault/vault.ts';
import { createHttp, type Http, type HttpDeps, type HttpSettings } from './http.ts';

export const ADMIN_TOKEN = 'admin-token-of-the-tests';
export const OPERATOR = { 'x-admin-token': ADMIN_TOKEN };

/** The instant at which the edge's clock stands. */
export const NOW = Date.parse('2026-11-20T12:00:00Z');

export interface TestEdge {
  readonly http: Http;
  /** What the edge wrote to the log, as text. */
  readonly logged: string[];
  /** The rooms behind it, to do what only the gateway does. */
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly limits: Limits;
  readonly providerKeys: ProviderKeys;
  readonly storage: Storage;
  record(key: Pick<VirtualKey, 'id' | 'userId'>, what?: Partial<UsageRecord>): Promise<void>;
  /** Every value of every row in the database, to look for what must not be there. */
  everythingStored(): Promise<string>;
  close(): Promise<void>;
}

export interface TestEdgeOptions {
  /** Laid over a clock that stands at {@link NOW}. */
  readonly clock?: Partial<Clock>;
  readonly settings?: Partial<HttpSettings>;
  readonly gateway?: Partial<HttpDeps['gateway']>;
  readonly databaseState?: () => 'ok' | 'failing';
  readonly v1?: HttpDeps['v1'];
  readonly webFolder?: string;
  /** Laid over the real database, to make it fail. */
  readonly disk?: (storage: Storage) => Storage;
  /** Laid over the real rooms, to make one of them fail. */
  readonly rooms?: { accounts?: HttpDeps['accounts']; reports?: Partial<HttpDeps['reports']> };
}

const SETTINGS: HttpSettings = {
  adminToken: ADMIN_TOKEN,
  secretKey: 'signing-key-of-the-tests-0123456789',
  accessTokenMinutes: 30,
  registration: 'open',
  intranetLogin: false,
  isProduction: false,
  trustedProxies: [],
  effective: [],
  env: 'development',
  debug: false,
  probeIntervalSecs: 300,
  selfServiceKeys: false,
  publicDashboard: false,
  metricsToken: null,
  allowedOrigins: [],
  bodyLimitBytes: 1_000_000,
  requestTimeoutMs: 10_000,
  rateGuard: {
    perMinute: 1_000_000,
    burst: 1_000_000,
    exempt: [],
    reading: { requests: 1_000_000, seconds: 60 },
  },
};

async function openProviderKeys(storage: Storage, clock: Clock) {
  const times = { connectTimeoutMs: 500, firstByteTimeoutMs: 500, idleTimeoutMs: 500 };
  const outbound = createOutbound(times);
  const vault = await createVault({ storage, clock, rootKey: rootKeyFrom(randomBytes(32)) });
  const upstream = {
    apiKey: null,
    base: 'https://upstream.example/v1',
    apiVersion: null,
    prices: null,
  };
  // Nobody listens there: no test asks a real provider anything.
  const bases = Object.fromEntries(providers.map(({ id }) => [id, 'http://127.0.0.1:1/v1']));
  const settings = { upstream, keys: [], bases, headers: {}, maxPerOwner: 3 };
  const providerKeys = await createProviderKeys({ storage, vault, outbound, clock, settings });
  return { providerKeys, closeOutbound: () => outbound.close() };
}

/** It looks at nothing by itself, and what it is asked to look at goes nowhere from a test. */
function openMonitoring(rooms: {
  storage: Storage;
  clock: Clock;
  providerKeys: ProviderKeys;
  records: Records;
}): Monitoring {
  return createMonitoring({
    ...rooms,
    keys: watchedKeys(rooms.providerKeys),
    log: { info: () => undefined, warn: () => undefined },
    metering: {
      price: () => null,
      rate: () => ({ cost: null, source: 'unpriced', priceId: null }),
    },
    settings: {
      intervals: { checkMs: 60_000, validateMs: 60_000, syncMs: 60_000, probeMs: 60_000 },
      retentionDays: 365,
      probeModel: 'small',
      callsPerSecond: 100,
    },
    onSignal: () => undefined,
  });
}

function openUpkeep(of: { folder: string; storage: Storage; clock: Clock }) {
  const { folder, storage, clock } = of;
  const file = join(folder, 'test.db');
  const backups = createBackups({ file, folder: join(folder, 'backups'), clock });
  return createUpkeep({ storage, backups, clock, watches: true, log: { warn: () => undefined } });
}

export async function openTestEdge(options: TestEdgeOptions = {}): Promise<TestEdge> {
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-edge-'));
  const clock: Clock = { ...systemClock, now: () => NOW, ...options.clock };
  const disk = await openSqlite({ file: join(folder, 'test.db'), clock });
  const storage = options.disk?.(disk) ?? disk;
  const records = createRecords({ storage, clock });
  const accounts = await createAccounts({ storage, clock });
  const ledger = await createLedger({ storage, clock, holdMs: 60_000 });
  const limits = await createLimits({ storage, clock });
  const { providerKeys, closeOutbound } = await openProviderKeys(storage, clock);
  const administration = createAdministration({
    providerKeys,
    storage,
    clock,
    accounts,
    ledger,
    limits,
    flatPriceUsdPerMtok: '20',
    defaultPlan: { plan: 'flat', markupPpm: 1_000_000 },
    selfServiceBudgetUsd: '5',
  });
  const monitoring = openMonitoring({ storage, clock, providerKeys, records });
  const logged: string[] = [];
  const secrets = [ADMIN_TOKEN, SETTINGS.secretKey];
  const watch = new SecretWatch({ dataDir: folder, secrets, logged });
  const http = await createHttp({
    records,
    upkeep: openUpkeep({ folder, storage, clock }),
    accounts: options.rooms?.accounts ?? accounts,
    administration,
    limits,
    reports: { ...createReports({ storage, clock }), ...options.rooms?.reports },
    gateway: {
      models: async () => [],
      upstreamState: () => 'ok',
      inFlight: () => 0,
      ...options.gateway,
    },
    providerKeys,
    monitoring,
    databaseState: options.databaseState ?? (() => 'ok'),
    clock,
    version: '1.2.3',
    log: logInto(logged),
    settings: { ...SETTINGS, ...options.settings },
    v1: options.v1 ?? (() => undefined),
    ...(options.webFolder !== undefined && { webFolder: options.webFolder }),
  });
  return {
    http,
    logged,
    accounts,
    ledger,
    limits,
    providerKeys,
    storage,
    record: async (key, what) => {
      await storage.commit(records.finish(recordOf(key, what), null));
    },
    everythingStored: () => everythingIn(storage, folder),
    async close() {
      await http.close(100);
      await closeOutbound();
      await storage.close();
      watch.end();
      await rm(folder, { recursive: true });
    },
  };
}

/** A log that keeps what it is told as text. */
function logInto(lines: string[]): HttpDeps['log'] {
  return {
    error: (fields, message) => {
      const { err, ...rest } = fields;
      lines.push(`${message} ${JSON.stringify(rest)} ${String(err)}`);
    },
  };
}

/** All rows, and what else lies in the files of the database, where something deleted might be left. */
async function everythingIn({ db }: Storage, folder: string): Promise<string> {
  const rows = await Promise.all(
    (await db.introspection.getTables()).map(({ name }) =>
      db.selectFrom(sql.table(name).as('t')).selectAll().execute(),
    ),
  );
  const names = (await readdir(folder)).filter((name) => name.startsWith('test.db'));
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
  return [JSON.stringify(rows), ...files].join('\n');
}

function recordOf(
  key: Pick<VirtualKey, 'id' | 'userId'>,
  what: Partial<UsageRecord> = {},
): UsageRecord {
  const startedAt = what.startedAt ?? NOW;
  // Ids begin with the time, and lists are in their order.
  const id = `${firstId('req', startedAt)}${newId('req').slice(16)}`;
  return usageRecord({ id, virtualKeyId: key.id, userId: key.userId, startedAt, ...what });
}
