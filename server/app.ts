/** The composition root: builds the rooms from the bottom up and closes them in reverse. */
import { dirname } from 'node:path';
import { parseScaled } from '../contract/money.ts';
import { type Accounts, createAccounts } from './accounts/accounts.ts';
import {
  type Administration,
  createAdministration,
  createUpkeep,
} from './administration/administration.ts';
import { startBackups, startChores } from './chores.ts';
import { type Clock, HOUR_MS, MINUTE_MS, systemClock } from './clock.ts';
import { type Config, ConfigError, effectiveSettings } from './config.ts';
import { backupFolder, generatedSecret, prepareFolder } from './data-folder.ts';
import {
  createGateway,
  type Gateway,
  type GatewaySettings,
  recoverRequests,
} from './gateway/gateway.ts';
import { createHttp, type Http, v1Routes } from './http/http.ts';
import { createLedger, type Ledger } from './ledger/ledger.ts';
import { createLimits, type Limits } from './limits/limits.ts';
import type { Log } from './log.ts';
import { createMetering, type Metering } from './metering/metering.ts';
import {
  createMonitoring,
  type Monitoring,
  type MonitoringSettings,
  watchedKeys,
} from './monitoring/monitoring.ts';
import { createOutbound, type Outbound } from './outbound.ts';
import {
  createProviderKeys,
  type ProviderKeys,
  type ProviderKeysDeps,
} from './provider-keys/provider-keys.ts';
import { createRecords, type Records } from './records/records.ts';
import { createReports } from './reports/reports.ts';
import { type Backups, createBackups, openSqlite, type Storage } from './storage/storage.ts';
import { createVault, findRootKey, type RootKey, readSeals } from './vault/vault.ts';

export interface App {
  /** Where it listens: `http://127.0.0.1:8000`. */
  readonly address: string;
  /** Where the first owner comes in; null once there is an admin. */
  readonly setUpLink: string | null;
  /** Ends in order: no new requests, open ones finish or are recorded as broken off, then the database. */
  close(): Promise<void>;
}

export interface AppDeps {
  readonly config: Config;
  readonly log: Log;
  readonly version: string;
  readonly clock?: Clock;
  /** Runs when the rooms stand and the port is still closed. What it throws ends the start. */
  readonly beforeListening?: (rooms: Rooms) => Promise<void>;
}

/** What can be prepared before the first request. */
export interface Rooms {
  readonly storage: Storage;
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly limits: Limits;
  readonly records: Records;
  readonly metering: Metering;
  readonly providerKeys: ProviderKeys;
}

/** A request must have arrived whole within this time; slower ones hold a connection for nothing. */
const REQUEST_TIMEOUT_MS = 300_000;

/** Longer than any request runs, though a stream may go on for hours: past it, a hold belongs to nobody any more. */
const HOLD_MS = 24 * HOUR_MS;

/** @throws Error if the data folder, the database or the port cannot be had */
export async function startApp(deps: AppDeps): Promise<App> {
  const { config, log, clock = systemClock } = deps;
  const rootKey = await ownRootKey(config, log);
  prepareFolder(config.storage.dataDir);
  prepareFolder(dirname(config.storage.databaseFile));
  const secrets = {
    adminToken: config.access.adminToken ?? ownAdminToken(config, log),
    secretKey: config.access.secretKey ?? ownSecretKey(config, log),
  };
  const metering = openMetering(config);
  const storage = await openStorage(config, log, clock);
  const outbound = createOutbound(config.upstream, clock);
  const closeFloor = async (): Promise<void> => {
    await outbound.close();
    await metering.close();
    await storage.close();
  };
  try {
    const rooms = await openRooms(deps, { storage, metering, outbound, rootKey });
    const http = await openHttp(deps, rooms, secrets);
    await deps.beforeListening?.(rooms);
    const address = await http.listen(config.server);
    const chores = startChores(rooms, {
      watches: config.monitoring.checkIntervalMinutes > 0,
      probeMs: config.monitoring.probeIntervalSecs * 1_000,
    });
    const stopBackups = startBackups(rooms, backupRule(config));
    const close = async (): Promise<void> => {
      const closing = http.close(config.server.shutdownTimeoutMs);
      await rooms.gateway.drain(config.server.shutdownTimeoutMs);
      await closing;
      await stopBackups();
      await chores.close();
      await closeFloor();
    };
    return { address, setUpLink: setUpLinkOf(rooms.accounts, address), close };
  } catch (error) {
    await closeFloor();
    throw error;
  }
}

interface OpenRooms extends Rooms {
  readonly gateway: Gateway;
  readonly backups: Backups;
  readonly monitoring: Monitoring;
  readonly clock: Clock;
  readonly log: Log;
}

async function openRooms(
  deps: AppDeps,
  floor: { storage: Storage; metering: Metering; outbound: Outbound; rootKey: RootKey },
): Promise<OpenRooms> {
  const { config, log, clock = systemClock } = deps;
  const { storage, outbound, rootKey } = floor;
  const accounts = await createAccounts({ storage, clock });
  const records = createRecords({ storage, clock });
  const ledger = await createLedger({ storage, clock, holdMs: HOLD_MS });
  const limits = await createLimits({ storage, clock });
  const unfinished = await recoverRequests({ records, ledger });
  if (unfinished > 0) log.warn({ unfinished }, 'requests that a crash left open are on record');
  limits.restore(await records.admittedToday());
  const vault = await createVault({ storage, clock, rootKey });
  const providerKeys = await createProviderKeys({
    ...{ storage, vault, outbound, clock },
    settings: providerKeySettings(config),
  });
  if (providerKeys.routed(null).length === 0) log.warn('no provider key is set: /v1 answers 503');
  const { dataDir, databaseFile: file } = config.storage;
  const backups = createBackups({ file, folder: backupFolder(dataDir), clock });
  const rooms = { ...floor, log, clock, accounts, records, ledger, limits, providerKeys, backups };
  const gateway = createGateway({ ...rooms, settings: gatewaySettings(config) });
  return { ...rooms, gateway, monitoring: openMonitoring(config, rooms) };
}

function openMonitoring(
  config: Config,
  rooms: Pick<OpenRooms, 'storage' | 'metering' | 'records' | 'providerKeys' | 'clock' | 'log'>,
): Monitoring {
  const { log } = rooms;
  return createMonitoring({
    ...rooms,
    keys: watchedKeys(rooms.providerKeys),
    settings: monitoringSettings(config),
    onSignal({ kind, to, ...more }) {
      const level = to === 'healthy' ? 'info' : 'warn';
      log[level]({ ...more, to }, kind);
    },
  });
}

/** The rooms that watch provider keys, and nothing else: for a pass over a database that no server works on. */
export async function openMonitor({ config, log, clock = systemClock }: Omit<AppDeps, 'version'>) {
  const rootKey = await ownRootKey(config, log);
  const metering = openMetering(config);
  const storage = await openStorage(config, log, clock);
  const outbound = createOutbound(config.upstream, clock);
  const close = async (): Promise<void> => {
    await outbound.close();
    await metering.close();
    await storage.close();
  };
  try {
    const records = createRecords({ storage, clock });
    const vault = await createVault({ storage, clock, rootKey });
    const providerKeys = await createProviderKeys({
      ...{ storage, vault, outbound, clock },
      settings: providerKeySettings(config),
    });
    const rooms = { storage, metering, records, providerKeys, clock, log };
    return { providerKeys, monitoring: openMonitoring(config, rooms), close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Secrets {
  readonly adminToken: string;
  readonly secretKey: string;
}

function openHttp(deps: AppDeps, rooms: OpenRooms, secrets: Secrets): Promise<Http> {
  const { config, version } = deps;
  const { accounts, gateway, storage, clock, log } = rooms;
  return createHttp({
    accounts,
    administration: administrationOf(config, rooms),
    limits: rooms.limits,
    gateway,
    reports: createReports({ storage, clock }),
    providerKeys: rooms.providerKeys,
    monitoring: rooms.monitoring,
    databaseState: storage.state,
    records: rooms.records,
    upkeep: createUpkeep({ ...rooms, watches: config.monitoring.checkIntervalMinutes > 0 }),
    clock,
    log,
    version,
    v1: v1Routes({ gateway, log, clock }),
    settings: {
      ...secrets,
      accessTokenMinutes: config.access.accessTokenMinutes,
      registration: config.access.registration,
      intranetLogin: config.access.intranetLogin,
      selfServiceKeys: config.access.selfServiceKeys,
      publicDashboard: config.access.publicDashboard,
      metricsToken: config.access.metricsToken ?? null,
      isProduction: config.server.env === 'production',
      trustedProxies: config.server.trustProxy,
      effective: effectiveSettings(config),
      env: config.server.env,
      debug: ['trace', 'debug'].includes(config.log.level),
      probeIntervalSecs: config.monitoring.probeIntervalSecs,
      allowedOrigins: config.server.allowedOrigins,
      bodyLimitBytes: config.server.maxBodyBytes,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      rateGuard: {
        perMinute: config.access.rateLimitRpm,
        burst: config.access.rateLimitBurst,
        exempt: config.access.rateLimitExempt,
        reading: {
          requests: config.access.readRequests,
          seconds: config.access.readWindowSeconds,
        },
      },
    },
  });
}

function backupRule({ storage }: Config): { intervalMs: number; keep: number } {
  return { intervalMs: storage.backupIntervalHours * HOUR_MS, keep: storage.backupsKept };
}

function administrationOf(config: Config, rooms: OpenRooms): Administration {
  return createAdministration({
    ...rooms,
    flatPriceUsdPerMtok: config.charging.flatPriceUsdPerMtok,
    defaultPlan: {
      plan: config.charging.plan,
      markupPpm: scaled('MARKUP', config.charging.markup, 6),
    },
    selfServiceBudgetUsd: config.access.selfServiceBudgetUsd,
  });
}

function openMetering(config: Config): Metering {
  try {
    return createMetering({ modelPricingJson: config.pricing.modelPricingJson });
  } catch (error) {
    throw new ConfigError([(error as Error).message]);
  }
}

function ownAdminToken(config: Config, log: Log): string {
  const { value, file, isNew } = generatedSecret(config.storage.dataDir, 'admin-token');
  log.info({ file }, isNew ? 'an admin token was made; read it here' : 'the admin token is here');
  return value;
}

function ownSecretKey(config: Config, log: Log): string {
  const { value, file, isNew } = generatedSecret(config.storage.dataDir, 'secret-key');
  if (isNew) log.info({ file }, 'a key was made to sign access tokens with');
  return value;
}

/** Found before anything is opened: with the wrong key nothing is written, not even a new table. */
async function ownRootKey(config: Config, log: Log): Promise<RootKey> {
  const { dataDir, databaseFile } = config.storage;
  const seals = await readSeals(databaseFile);
  const isProduction = config.server.env === 'production';
  const set = config.vault.encryptionKey ?? null;
  const { rootKey, file, isNew } = findRootKey({ set, dataDir, isProduction, seals });
  if (isNew) log.warn({ file }, 'an encryption key was made; without it the stored keys are lost');
  return rootKey;
}

/** The token stands behind the `#`, so that no log on the way sees it. */
function setUpLinkOf({ entrance }: Accounts, address: string): string | null {
  const token = entrance.setUpToken();
  return token === null ? null : `${address}/setup#token=${token}`;
}

function openStorage(config: Config, log: Log, clock: Clock): Promise<Storage> {
  return openSqlite({
    file: config.storage.databaseFile,
    clock,
    onState: (state, reason) => {
      if (state === 'ok') log.info('the database takes writes again');
      else
        log.error(
          { reason },
          'the database refuses writes: requests are refused until it takes them',
        );
    },
  });
}

function providerKeySettings(config: Config): ProviderKeysDeps['settings'] {
  const { upstream, attribution, providerKeys, providerBases } = config;
  const { siteUrl, siteName } = attribution;
  return {
    maxPerOwner: config.vault.maxKeysPerOwner,
    upstream: {
      apiKey: upstream.apiKey ?? null,
      base: upstream.base,
      apiVersion: upstream.apiVersion ?? null,
      prices: upstream.prices ?? null,
    },
    keys: providerKeys,
    bases: providerBases,
    headers: {
      openrouter: {
        ...(siteUrl === undefined ? {} : { 'http-referer': siteUrl }),
        ...(siteName === undefined ? {} : { 'x-title': siteName }),
      },
    },
  };
}

/** A decimal setting as an integer; one that leaves the exact range must not become free in silence. */
function scaled(name: string, decimal: string, places: number): number {
  const value = parseScaled(decimal, places);
  if (value === undefined) throw new ConfigError([`${name} is more than can be counted.`]);
  return value;
}

function monitoringSettings({ monitoring: settings }: Config): MonitoringSettings {
  return {
    intervals: {
      // Switched off, it is still what a key that is checked on demand is planned by.
      checkMs: (settings.checkIntervalMinutes || 30) * MINUTE_MS,
      validateMs: settings.validateIntervalHours * 60 * MINUTE_MS,
      syncMs: settings.syncIntervalMinutes * MINUTE_MS,
      probeMs: settings.probeIntervalSecs * 1_000,
    },
    retentionDays: settings.retentionDays,
    probeModel: settings.probeModel,
    callsPerSecond: settings.callsPerSecond,
  };
}

function gatewaySettings(config: Config): GatewaySettings {
  return {
    charging: {
      ...config.charging,
      flatNanosPerMillion: scaled(
        'FLAT_PRICE_USD_PER_MTOK',
        config.charging.flatPriceUsdPerMtok,
        9,
      ),
      markupPpm: scaled('MARKUP', config.charging.markup, 6),
    },
    bodyBytesMax: config.server.maxBodyBytes,
    answerBytesMax: config.upstream.maxResponseBytes,
    drainMs: config.upstream.drainTimeoutMs,
    stallMs: config.upstream.idleTimeoutMs,
  };
}
