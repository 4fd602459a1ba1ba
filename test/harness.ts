/** Starts the product for a test: in this process, or as a process of its own that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type App, type Rooms, startApp } from '../server/app.ts';
import { type Clock, systemClock } from '../server/clock.ts';
import { type Config, loadConfig, secretsOf } from '../server/config.ts';
import { audit, type Finding } from '../server/ledger/ledger.ts';
import { createLog } from '../server/log.ts';
import { providers } from '../server/providers/providers.ts';
import { openToRead } from '../server/storage/storage.ts';
import { SecretWatch } from './leaks/secret-watch.ts';

export const ADMIN_TOKEN = 'admin-token-of-the-tests';

export type Settings = Readonly<Record<string, string>>;

/** A usage record as it stands in the database. */
export interface RecordRow {
  readonly id: string;
  readonly virtual_key_id: string;
  readonly user_id: string;
  readonly provider_id: string | null;
  readonly provider_key_id: string | null;
  readonly endpoint: string;
  readonly model: string | null;
  readonly served_model: string | null;
  readonly streamed: number;
  readonly status: number;
  readonly outcome: string;
  readonly provenance: string;
  readonly input_tokens: number | null;
  readonly cached_tokens: number | null;
  readonly cache_write_5m_tokens: number | null;
  readonly cache_write_1h_tokens: number | null;
  readonly output_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly cost_nanos: number | null;
  readonly cost_source: string;
  readonly price_id: string | null;
  readonly charge_nanos: number | null;
  readonly hold_nanos: number | null;
  readonly plan: string | null;
  readonly flawed: number;
  readonly failure: string | null;
  readonly attempts: number;
  readonly upstream_id: string | null;
  readonly started_at: number;
  readonly ttft_ms: number | null;
  readonly duration_ms: number;
  readonly service_tier: string | null;
}

export interface Tollkeeper extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly dataDir: string;
  /** Every line that was logged. */
  readonly logged: string[];
  /** Issues a virtual key and gives its token. */
  issueKey(label?: string): Promise<string>;
  /** An operator's call; the parsed JSON answer. */
  operator(path: string, init?: { method?: string; body?: unknown }): Promise<unknown>;
  /** All usage records, oldest first, read from the file itself. */
  records(): RecordRow[];
  /** Requests that have left and are not on record yet. */
  intents(): { id: string }[];
  close(): Promise<void>;
}

/** The product in this process: what has no call over HTTP can be set and read in its rooms. */
export interface LocalTollkeeper extends Tollkeeper {
  readonly rooms: Rooms;
}

export interface StartOptions {
  /** Environment of the product. Nothing of the test's own environment reaches it. */
  readonly settings?: Settings;
  /** Kept after the end if given; otherwise a temporary folder that goes with the product. */
  readonly dataDir?: string;
  readonly clock?: Clock;
}

/** Any free port, calls of the operator as fast as a test makes them, and no call to a provider that no test makes. */
const NO_OPEN_PORT = {
  HOST: '127.0.0.1',
  PORT: '0',
  ADMIN_TOKEN,
  RATE_LIMIT_RPM: '1000000',
  RATE_LIMIT_BURST: '1000000',
  CHECK_INTERVAL_MINUTES: '0',
};

export interface LocalOptions extends StartOptions {
  /** Runs when the rooms stand and the port is still closed. */
  readonly prepare?: (rooms: Rooms) => Promise<void>;
  /** Puts something in front of the address at which it listens. @returns where it is reached then */
  readonly front?: (url: string) => string;
}

/**
 * In this process, with everything that `npm start` builds. At its end the books are audited: `close` throws for a
 * finding that is not as it must be. Secrets are looked for as well, and one that got out fails the run.
 */
export async function startTollkeeper(options: LocalOptions = {}): Promise<LocalTollkeeper> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'tollkeeper-'));
  const config = configOf(dataDir, options.settings);
  const logged: string[] = [];
  const watch = new SecretWatch({ dataDir, secrets: secretsOf(config), logged });
  const log = createLog({
    level: 'debug',
    secrets: secretsOf(config),
    destination: { write: (line: string) => logged.push(line) },
  });
  const clock = options.clock ?? systemClock;
  const prepared = Promise.withResolvers<Rooms>();
  const beforeListening = async (rooms: Rooms): Promise<void> => {
    await options.prepare?.(rooms);
    prepared.resolve(rooms);
  };
  const version = '0.0.0-test';
  const app: App = await startApp({ config, log, version, clock, beforeListening });
  watch.listenTo(app.address);
  if (app.setUpLink !== null) watch.setUpLink(app.setUpLink);
  const rooms = await prepared.promise;
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await app.close();
    try {
      await assertSoundBooks(config.storage.databaseFile, clock.now());
      watch.end();
    } finally {
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    }
  };
  const url = options.front?.(app.address) ?? app.address;
  const spoken = speakTo(url, dataDir);
  return { ...spoken, rooms, dataDir, logged, close, [Symbol.asyncDispose]: close };
}

function configOf(dataDir: string, settings: Settings = {}): Config {
  const env = { ...NO_OPEN_PORT, DATA_DIR: dataDir, ...settings };
  return loadConfig({ cwd: dataDir, providerIds: providers.map(({ id }) => id), env }).config;
}

/** What the invariants of the books say of a database, with nobody or somebody at work on it. */
export async function auditOf(databaseFile: string, now = Date.now()): Promise<readonly Finding[]> {
  const books = openToRead(databaseFile);
  try {
    return await audit(books, { now });
  } finally {
    await books.close();
  }
}

/** A test that took its database away has nothing to be audited. */
async function assertSoundBooks(databaseFile: string, now: number): Promise<void> {
  if (!existsSync(databaseFile)) return;
  const breaches = (await auditOf(databaseFile, now)).filter(({ ok }) => !ok);
  if (breaches.length === 0) return;
  const lines = breaches.map(({ id, name, figure }) => `${id} ${name}: ${figure}`);
  throw new Error(`the books do not balance:\n${lines.join('\n')}`);
}

export interface Process extends Tollkeeper {
  readonly child: ChildProcess;
  /** Ends it without a chance to tidy up, and waits until it is gone. */
  kill(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('../server/main.ts', import.meta.url));
/** Where a start keeps what it compiled. */
export const COMPILED = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));

/**
 * Node would pass it on by itself. What the product's own processes go through is gone through in this one too, and to
 * note it down costs them a sixth of their time.
 */
const NO_COVERAGE = { NODE_V8_COVERAGE: '' };

/** As a process of its own, started the way a user starts it. */
export async function spawnTollkeeper(
  options: StartOptions & { readonly dataDir: string },
): Promise<Process> {
  const { dataDir } = options;
  const env = {
    PATH: process.env['PATH'],
    ...NO_COVERAGE,
    // As `npm start` does: a test that starts the product fifty times waits for fifty starts.
    NODE_COMPILE_CACHE: COMPILED,
    ...NO_OPEN_PORT,
    DATA_DIR: dataDir,
    ...options.settings,
  };
  const child = spawn(process.execPath, [ENTRY, 'serve'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logged: string[] = [];
  const secrets = secretsOf(configOf(dataDir, options.settings));
  const watch = new SecretWatch({ dataDir, secrets, logged });
  createInterface({ input: child.stderr }).on('line', (line) => logged.push(line));
  // Not when it has ended, but when the last that it said has been read.
  const gone = once(child, 'close');
  const url = await readyAddress(child, (line) => watch.printed(line)).catch(() => {
    throw new Error(`the server ended before it was ready:\n${logged.join('\n')}`);
  });
  watch.listenTo(url);
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await gone;
    watch.end();
  };
  const close = () => stop('SIGTERM');
  const kill = () => stop('SIGKILL');
  return {
    ...speakTo(url, dataDir),
    dataDir,
    logged,
    child,
    kill,
    close,
    [Symbol.asyncDispose]: kill,
  };
}

/** @throws Error if it ends before */
function readyAddress(child: ChildProcess, onLine: (line: string) => void): Promise<string> {
  const ready = Promise.withResolvers<string>();
  const { stdout } = child;
  if (stdout === null) throw new Error('the process has no standard output');
  const lines = createInterface({ input: stdout });
  lines.on('line', (line) => {
    onLine(line);
    const address = /listens on (http:\S+)/.exec(line)?.[1];
    if (address !== undefined) ready.resolve(address);
  });
  lines.on('close', () => ready.reject(new Error('its output ended')));
  return ready.promise;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const SECRET_SETTING = /(KEY|TOKEN|SECRET)$/;

/** A command of the product that ends by itself. What it prints is searched for secrets as a log is. */
export async function runTollkeeper(
  args: readonly string[],
  of: { readonly dataDir: string; readonly settings?: Settings; readonly input?: string },
): Promise<Ended> {
  const { dataDir, settings = {}, input = '' } = of;
  const common = { PATH: process.env['PATH'], ...NO_COVERAGE, NODE_COMPILE_CACHE: COMPILED };
  const env = { ...common, PORT: '0', DATA_DIR: dataDir, ADMIN_TOKEN, ...settings };
  const child = spawn(process.execPath, [ENTRY, ...args], { env, cwd: dataDir });
  const ended = once(child, 'close');
  // One that ends before it has read all of it is no trouble of ours.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  // Settings that the command refuses are secret too.
  const secrets = Object.keys(settings).flatMap((name) =>
    SECRET_SETTING.test(name) ? [settings[name] ?? ''] : [],
  );
  new SecretWatch({ dataDir, secrets: [ADMIN_TOKEN, ...secrets], logged: [stdout, stderr] }).end();
  return { status: child.exitCode, stdout, stderr };
}

function speakTo(url: string, dataDir: string) {
  const operator: Tollkeeper['operator'] = async (path, init = {}) => {
    const { method = init.body === undefined ? 'GET' : 'POST', body } = init;
    const answer = await fetch(url + path, {
      method,
      headers: { 'x-admin-token': ADMIN_TOKEN, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  return {
    url,
    operator,
    async issueKey(label = 'tester') {
      const { token } = (await operator('/admin/keys', { body: { label } })) as { token: string };
      return token;
    },
    records: () => query<RecordRow>(dataDir, 'select * from usage_records order by id'),
    intents: () => query<{ id: string }>(dataDir, OPEN_REQUESTS),
  };
}

/** A bundle of notes stays until all in it are closed; those on record are. */
const OPEN_REQUESTS = `
  select note.value ->> 0 as id from open_notes, json_each(open_notes.notes) as note
  where not exists (select 1 from usage_records where usage_records.id = note.value ->> 0)`;

function query<Row>(dataDir: string, sql: string): Row[] {
  const database = new DatabaseSync(join(dataDir, 'tollkeeper.db'), { readOnly: true });
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row })) as Row[];
  } finally {
    database.close();
  }
}
