/** The three systems under test, each started as its own users would start it. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, start } from './processes.ts';

/**
 * `charged` is our gateway again, with a caller who has a wallet and limits; `floor` is what is left of it where nothing is
 * done but to put a record on disk.
 */
export const NAMES = ['tollkeeper', 'charged', 'floor', 'bare', 'portkey'] as const;
export type Name = (typeof NAMES)[number];

export interface System extends Child {
  name: Name;
  /** What a caller of this system sends along. */
  headers: Record<string, string>;
}

export interface Books {
  requests: number;
  total_tokens: number;
}

/** Our gateway can also be asked what it wrote down. */
export interface Tollkeeper extends System {
  books(): Promise<Books>;
}

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..');
const TMPFS = 0x01021994;

/** Only what a process needs to run: settings of the person who runs the benchmark must not change its figures. */
function environment(more: Record<string, string>): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...more };
}

export interface Pace {
  /** The upstream waits this long before it answers. */
  upstreamLatencyMs: number;
  /** It waits this long between two events of a stream. */
  chunkIntervalMs: number;
}

export function startUpstream(core: number | null, pace: Pace): Promise<Child> {
  const waits = ['--latency-ms', pace.upstreamLatencyMs, '--chunk-ms', pace.chunkIntervalMs];
  const command = [process.execPath, join(HERE, 'upstream.ts'), ...waits.map(String)];
  return start({ name: 'upstream', command, env: environment({}), cwd: ROOT, core });
}

/** The flags of Node in the start script, so that what is measured is what users run. */
function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

export interface Product extends Child {
  /** The operator's token, for a header of its own. */
  readonly admin: Record<string, string>;
}

/** What `npm start` runs, on this data folder, with everything left switched on. */
export async function startProduct(plan: {
  readonly name: string;
  readonly data: string;
  readonly upstream: string;
  readonly core: number | null;
  readonly settings?: Record<string, string>;
}): Promise<Product> {
  const { name, data, upstream, core, settings = {} } = plan;
  const adminToken = randomBytes(24).toString('hex');
  const env = environment({
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: data,
    UPSTREAM_BASE: `${upstream}/v1`,
    UPSTREAM_API_KEY: 'sk-bench-upstream',
    ADMIN_TOKEN: adminToken,
    ...settings,
  });
  const command = [process.execPath, ...startFlags(), join(ROOT, 'scripts/start.mjs'), 'serve'];
  const child = await start({ name, command, env, cwd: data, core });
  return { ...child, admin: { 'x-admin-token': adminToken } };
}

/**
 * The product on a fresh data folder, with a key issued over its own API.
 * A charged caller has limits on requests and tokens, and prepaid credit of which each request holds its worst case.
 */
export async function startTollkeeper(
  core: number | null,
  upstream: string,
  name: 'tollkeeper' | 'charged' = 'tollkeeper',
): Promise<Tollkeeper> {
  const data = mkdtempSync(join(tmpdir(), 'tollkeeper-bench-'));
  let child: Child | null = null;
  const stop = async () => {
    await child?.stop();
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const product = await startProduct({ name, data, upstream, core });
    child = product;
    const { pid, url, mustRun } = product;
    const admin = { ...product.admin, 'content-type': 'application/json' };
    const order = async (path: string, order: object): Promise<Record<string, string>> => {
      const body = JSON.stringify(order);
      const answer = await fetch(url + path, { method: 'POST', headers: admin, body });
      if (answer.ok) return (await answer.json()) as Record<string, string>;
      throw new Error(`${path} was refused: ${await answer.text()}`);
    };
    const token = await (name === 'charged' ? chargedKey(order) : plainKey(order));
    const books = async () => {
      const answer = await fetch(`${url}/admin/usage/${token}`, { headers: admin });
      return (await answer.json()) as Books;
    };
    return { pid, url, mustRun, name, headers: bearer(token), stop, books };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Order = (path: string, order: object) => Promise<Record<string, string>>;

async function plainKey(order: Order): Promise<string> {
  const { token = '' } = await order('/admin/keys', { label: 'bench' });
  return token;
}

/** Credit and limits that are counted with every request and last for any run. */
async function chargedKey(order: Order): Promise<string> {
  const user = { username: 'bench', initial_credits: 100_000_000_000 };
  const { api_key = '' } = await order('/admin/create_user', user);
  const [requests, tokens] = [1_000_000_000, 1_000_000_000_000];
  const rate_limits = {
    requests_per_minute: requests,
    requests_per_hour: requests,
    requests_per_day: requests,
    tokens_per_minute: tokens,
    tokens_per_hour: tokens,
    tokens_per_day: tokens,
  };
  await order('/admin/limit', { api_key, rate_limits });
  return api_key;
}

/** One of the proxies in this folder. */
export async function startProxy(
  core: number | null,
  upstream: string,
  name: 'bare' | 'floor',
): Promise<System> {
  const flags = name === 'floor' ? startFlags() : [];
  const command = [process.execPath, ...flags, join(HERE, `${name}-proxy.ts`)];
  const env = environment({ UPSTREAM: upstream });
  const child = await start({ name, command, env, cwd: ROOT, core });
  return { ...child, name, headers: bearer('sk-bench') };
}

/** Portkey's own start script, without its log page, which would cost it time. It cannot say which port it got. */
export async function startPortkey(core: number | null, upstream: string): Promise<System> {
  const folder = join(HERE, 'portkey');
  if (!existsSync(join(folder, 'node_modules/@portkey-ai/gateway'))) {
    const args = ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const port = await freePort();
  const script = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  const command = [process.execPath, script, `--port=${port}`, '--headless'];
  const env = environment({ NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1' });
  const url = `http://127.0.0.1:${port}`;
  const child = await start({ name: 'portkey', command, env, cwd: folder, core, url });
  const headers = {
    ...bearer('sk-bench'),
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${upstream}/v1`,
  };
  return { ...child, name: 'portkey', headers };
}

/** Whether our gateway's data folder would lie in memory, where a commit costs nothing. */
export function dataIsInMemory(): boolean {
  return statfsSync(tmpdir()).type === TMPFS;
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
