import { join, resolve } from 'node:path';
import { DAY_MS } from './clock.ts';
import {
  address,
  credential,
  databaseFile,
  dollars,
  encryptionKey,
  flag,
  headerText,
  host,
  hosts,
  oneOf,
  origins,
  path,
  paths,
  proxies,
  type Setting,
  setting,
  signingSecret,
  text,
  wholeNumber,
} from './setting-kinds.ts';
import {
  type ConfigSources,
  canonical,
  Reading,
  readLayers,
  withoutEffect,
} from './setting-layers.ts';
import { safetyOf } from './setting-safety.ts';

/**
 * The only door to flags, environment and settings files. To add a setting, add one line to {@link settingsTable}:
 * its name, type, default, source handling, validation and place in {@link Config} all follow from it.
 */
const settingsTable = ({ cwd, providerIds }: Place) => ({
  server: {
    host: setting('HOST', host, '127.0.0.1'),
    /** 0 lets the system choose a free port. */
    port: setting('PORT', wholeNumber(0, 65_535), 8000),
    env: setting('ENV', oneOf('development', 'production'), 'development'),
    /** Whose `X-Forwarded-*` headers count. */
    trustProxy: setting('TRUST_PROXY', proxies, []),
    allowedOrigins: setting('ALLOWED_ORIGINS', origins, []),
    maxBodyBytes: setting('MAX_BODY_BYTES', wholeNumber(1), 64 * MIB),
    shutdownTimeoutMs: setting('SHUTDOWN_TIMEOUT_MS', wholeNumber(0, DAY_MS), 30_000),
  },
  storage: {
    dataDir: setting('DATA_DIR', path(cwd), resolve(cwd, 'data')),
    databaseFile: setting(
      'DATABASE_URL',
      databaseFile(cwd),
      (seen) => join(String(seen.get('DATA_DIR')), 'tollkeeper.db'),
      { aliases: ['DATABASE_PATH'] },
    ),
    /** How often the database is copied by itself; 0: only on demand. */
    backupIntervalHours: setting('BACKUP_INTERVAL_HOURS', wholeNumber(0, 8_760), 24),
    /** How many of those copies are kept. */
    backupsKept: setting('BACKUP_KEEP', wholeNumber(1, 10_000), 7),
  },
  vault: {
    /** Under which all stored secrets lie; unset, one is made into the data folder. */
    encryptionKey: setting('ENCRYPTION_KEY', encryptionKey, undefined, {
      secret: true,
      aliases: ['MASTER_ENCRYPTION_KEY', 'MASTER_KEY'],
      mustAgree: true,
    }),
    /** How many provider keys one owner may store. */
    maxKeysPerOwner: setting('MAX_API_KEYS_PER_USER', wholeNumber(0, 1_000_000), 100),
  },
  log: {
    level: setting('LOG_LEVEL', oneOf(...LOG_LEVELS), 'info'),
    /** A second copy of the log goes here. */
    file: setting('PROXY_LOG_PATH', path(cwd), undefined),
  },
  access: {
    adminToken: setting('ADMIN_TOKEN', credential, undefined, {
      secret: true,
      aliases: ['API_KEY'],
    }),
    /** Opens `GET /metrics` and nothing else: for scrapers. */
    metricsToken: setting('METRICS_TOKEN', credential, undefined, { secret: true }),
    /** Signs access tokens and cookies; without it the first start makes one into the data folder. */
    secretKey: setting('SECRET_KEY', signingSecret, undefined, { secret: true }),
    algorithm: setting('ALGORITHM', oneOf('HS256'), 'HS256'),
    accessTokenMinutes: setting('ACCESS_TOKEN_EXPIRE_MINUTES', wholeNumber(1, 525_600), 30),
    /** Who may make an account for themselves. */
    registration: setting('REGISTRATION', oneOf('open', 'invite', 'closed'), (seen) =>
      seen.get('ENV') === 'production' ? 'invite' : 'open',
    ),
    /** Lets whoever says a name in: for networks where everybody is trusted. */
    intranetLogin: setting('INTRANET_LOGIN', flag, false),
    /** Lets anyone read the totals of the dashboard; whose they are stays hidden. */
    publicDashboard: setting('DASHBOARD_PUBLIC', flag, false),
    selfServiceKeys: setting('SELF_SERVICE_KEYS', flag, false),
    /** What a key that was issued so may spend in a month. */
    selfServiceBudgetUsd: setting('SELF_SERVICE_BUDGET_USD', dollars, '5'),
    /** Calls of the management surfaces: a minute's worth, how many at once, and paths that do not count. */
    rateLimitRpm: setting('RATE_LIMIT_RPM', wholeNumber(1, 1_000_000), 60),
    rateLimitBurst: setting('RATE_LIMIT_BURST', wholeNumber(1, 1_000_000), 60),
    /** Calls of the public statistics: so many in so many seconds. */
    readRequests: setting('RATE_LIMIT_REQUESTS', wholeNumber(1, 1_000_000), 100),
    readWindowSeconds: setting('RATE_LIMIT_WINDOW', wholeNumber(1, 86_400), 60),
    rateLimitExempt: setting('RATE_LIMIT_EXEMPT', paths, ['/ping', '/dashboard']),
  },
  upstream: {
    apiKey: setting('UPSTREAM_API_KEY', credential, undefined, { secret: true }),
    base: setting('UPSTREAM_BASE', address, 'https://api.openai.com/v1'),
    apiVersion: setting('UPSTREAM_API_VERSION', headerText, undefined),
    /** Whose list prices hold for it: a provider id, `free` or `none`; unset, those of the vendor at that address, else OpenAI's. */
    prices: setting('UPSTREAM_PRICES', oneOf('free', 'none', ...providerIds), undefined),
    /** Private hosts that addresses given by users may name. */
    allowedHosts: setting('ALLOW_PRIVATE_HOSTS', hosts, []),
    connectTimeoutMs: setting('CONNECT_TIMEOUT_MS', wholeNumber(1, DAY_MS), 5_000),
    firstByteTimeoutMs: setting('FIRST_BYTE_TIMEOUT_MS', wholeNumber(1, DAY_MS), 300_000),
    idleTimeoutMs: setting('IDLE_TIMEOUT_MS', wholeNumber(1, DAY_MS), 60_000),
    /** How long an answer is read on after its caller hung up, where the provider bills it all the same. */
    drainTimeoutMs: setting('DRAIN_TIMEOUT_MS', wholeNumber(0, DAY_MS), 60_000),
    maxResponseBytes: setting('MAX_RESPONSE_BYTES', wholeNumber(1), 64 * MIB),
  },
  attribution: {
    siteUrl: setting('OPENROUTER_SITE_URL', address, undefined),
    siteName: setting('OPENROUTER_SITE_NAME', headerText, undefined),
  },
  charging: {
    /** What a million tokens cost under the flat plan; a credit is one token of it. */
    flatPriceUsdPerMtok: setting('FLAT_PRICE_USD_PER_MTOK', dollars, '20'),
    /** How callers with a wallet or budget are charged, unless their wallet says otherwise. */
    plan: setting('DEFAULT_PLAN', oneOf('flat', 'cost'), 'flat'),
    /** Under the plan `cost`: what the provider's cost is multiplied by. */
    markup: setting('MARKUP', dollars, '1'),
    /** Bound of the output where neither request nor model states one. */
    defaultMaxOutputTokens: setting('DEFAULT_MAX_OUTPUT_TOKENS', wholeNumber(1, 10_000_000), 4096),
    /** With less output covered than this, a request is refused. */
    minOutputTokens: setting('MIN_OUTPUT_TOKENS', wholeNumber(0, 10_000_000), 64),
    /** Most output tokens that a rate limit reserves for a request. */
    defaultOutputReserve: setting('DEFAULT_OUTPUT_RESERVE', wholeNumber(0, 10_000_000), 512),
  },
  monitoring: {
    /** How often balances are read; 0: nothing is looked at by itself, only on demand. */
    checkIntervalMinutes: setting('CHECK_INTERVAL_MINUTES', wholeNumber(0, 43_200), 30),
    syncIntervalMinutes: setting('SYNC_INTERVAL_MINUTES', wholeNumber(1, 43_200), 60),
    /** For keys whose provider tells no balance: how often it is asked whether they are good. */
    validateIntervalHours: setting('VALIDATE_INTERVAL_HOURS', wholeNumber(1, 720), 24),
    probeIntervalSecs: setting('PROBE_INTERVAL_SECS', wholeNumber(1, 2_592_000), 300),
    /** The model of probes at OpenAI and custom servers; every other provider has its own, and each key can name one. */
    probeModel: setting('OPENAI_MODEL', headerText, 'gpt-4o-mini-2024-07-18'),
    /** How many calls one provider gets in a second, at most. */
    callsPerSecond: setting('PROVIDER_CALLS_PER_SECOND', wholeNumber(1, 10_000), 20),
    /** How long readings, probes and usage records are kept; sums and the ledger stay. */
    retentionDays: setting('RETENTION_DAYS', wholeNumber(1, 36_500), 365),
  },
  pricing: {
    modelPricingJson: setting('MODEL_PRICING_JSON', text, undefined),
  },
});

const MIB = 1024 * 1024;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

type Table = ReturnType<typeof settingsTable>;
type ValuesOf<Group> = {
  readonly [Name in keyof Group]: Group[Name] extends Setting<infer Value> ? Value : never;
};

/** The effective settings, frozen. Paths are absolute, addresses have no trailing slash, unset means `undefined`. */
export type Config = { readonly [Group in keyof Table]: ValuesOf<Table[Group]> } & {
  /** One for each `<ID>_API_KEY` that is set, in the order of the registry. */
  readonly providerKeys: readonly ProviderKeySetting[];
  /** From `<ID>_API_URL`, by the provider's id: it holds for every key of that provider. */
  readonly providerBases: Readonly<Record<string, string>>;
};

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface ProviderKeySetting {
  readonly providerId: string;
  readonly secret: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Sentences for the operator: settings that were passed over. They hold no values. */
  readonly notices: readonly string[];
}

/** Everything that is wrong with the settings, at once. The message names settings and sources, never a secret's value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The settings are not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads the settings: flags over `config.yaml` over environment over `.env.local` over `.env` over defaults.
 * An empty value counts as unset.
 *
 * @throws ConfigError naming every setting that cannot be used
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const { cwd, providerIds, env = process.env } = sources;
  const table = settingsTable({ cwd, providerIds });
  const providers = providerIds.map((id) => providerSettings(id));
  const known = [...settingsOf(table), ...providers.flatMap(({ key, base }) => [key, base])];
  const reading = new Reading(cwd);
  reading.layers = readLayers({ ...sources, env }, known, reading);

  const seen = new Map<string, unknown>();
  for (const entry of known) seen.set(entry.name, Object.freeze(reading.valueOf(entry, seen)));
  const grouped = Object.entries(table).map(([group, members]) => {
    const values = Object.entries(members).map(([name, entry]) => [name, seen.get(entry.name)]);
    return [group, Object.freeze(Object.fromEntries(values))];
  });
  const providerKeys = providers.flatMap(({ id, key }) => {
    const secret = seen.get(key.name);
    return typeof secret === 'string' ? [Object.freeze({ providerId: id, secret })] : [];
  });
  const bases = providers.map(({ id, base }) => [id, seen.get(base.name)] as const);
  const providerBases = Object.fromEntries(bases.filter(([, base]) => base !== undefined));
  const safety = safetyOf(seen);
  const problems = [...reading.problems, ...safety.problems];
  if (problems.length > 0) throw new ConfigError(problems);
  const config = {
    ...Object.fromEntries(grouped),
    providerKeys: Object.freeze(providerKeys),
    providerBases: Object.freeze(providerBases),
  };
  // The table gives both the type and the values, but `fromEntries` cannot carry the one to the other.
  return {
    config: Object.freeze(config) as Config,
    notices: [...reading.notices, ...withoutEffect(reading.layers), ...safety.notices],
  };
}

/** The environment as it stands, for a command that takes only a part of it. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** A setting with the value that is in force. */
export interface EffectiveSetting {
  readonly name: string;
  readonly isSecret: boolean;
  readonly isSet: boolean;
  /** Null for a secret, and for what is not set. */
  readonly value: string | null;
}

/** Every setting as it is in force; of a secret only whether it is set. */
export function effectiveSettings(config: Config): readonly EffectiveSetting[] {
  const own = entriesOf(config).map(({ entry, value }) => {
    const { name, secret: isSecret } = entry;
    const isSet = value !== undefined;
    return { name, isSecret, isSet, value: isSecret || !isSet ? null : asText(value) };
  });
  const keys = config.providerKeys.map(({ providerId }) => {
    const { name } = providerSettings(providerId).key;
    return { name, isSecret: true, isSet: true, value: null };
  });
  const bases = Object.entries(config.providerBases).map(([providerId, value]) => {
    const { name } = providerSettings(providerId).base;
    return { name, isSecret: false, isSet: true, value };
  });
  return [...own, ...keys, ...bases];
}

/** Every secret among the settings, so that the log can mask them wherever they turn up. */
export function secretsOf(config: Config): string[] {
  const own = entriesOf(config).filter(({ entry }) => entry.secret);
  const all = [...own.map(({ value }) => value), ...config.providerKeys.map((key) => key.secret)];
  return all.filter((secret) => typeof secret === 'string');
}

/** Each setting of the table with its effective value. */
function entriesOf(config: Config): { entry: Setting<unknown>; value: unknown }[] {
  return Object.entries(settingsTable(NOWHERE)).flatMap(([group, members]) => {
    const values: Readonly<Record<string, unknown>> = config[group as keyof Table];
    return Object.entries(members).map(([key, entry]) => ({ entry, value: values[key] }));
  });
}

function asText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

interface Place {
  readonly cwd: string;
  readonly providerIds: readonly string[];
}

const NOWHERE: Place = { cwd: '.', providerIds: [] };

function settingsOf(table: Table): Setting<unknown>[] {
  return Object.values(table).flatMap((group) => Object.values(group) as Setting<unknown>[]);
}

function providerSettings(id: string) {
  const prefix = canonical(id);
  return {
    id,
    key: setting(`${prefix}_API_KEY`, credential, undefined, { secret: true }),
    base: setting(`${prefix}_API_URL`, address, undefined),
  };
}
