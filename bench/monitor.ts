/**
 * Passes over many provider keys, in this process and on one core: `node bench/monitor.ts --keys 10000 --rate 400`.
 *
 * A scripted provider in a process of its own answers with trouble now and then (500, 429 with a time to wait, a page,
 * JSON without values) and keeps its own account of who asked how often; more calls within a second than its rate it
 * refuses. Each pass must check every key exactly once.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../server/clock.ts';
import { createMetering } from '../server/metering/metering.ts';
import { createMonitoring, watchedKeys } from '../server/monitoring/monitoring.ts';
import { createOutbound } from '../server/outbound.ts';
import { createProviderKeys, type ProviderKeys } from '../server/provider-keys/provider-keys.ts';
import { createRecords } from '../server/records/records.ts';
import { openSqlite, type Storage } from '../server/storage/storage.ts';
import { createVault, rootKeyFrom } from '../server/vault/vault.ts';
import type { CallFigures } from '../test/fake-provider.ts';
import { cpuMicros, start, takeCores } from './processes.ts';
import { median } from './rounds.ts';

export interface MonitorOrder {
  readonly keys: number;
  /** Calls in a second: what the provider bears, and what we are told to keep to. */
  readonly rate: number;
  readonly passes: number;
  /** The core of the provider; null: any. */
  readonly providerCore: number | null;
}

export interface MonitorReport {
  readonly keys: number;
  readonly passes: number;
  /** Of each pass, in seconds. */
  readonly seconds: readonly number[];
  /** Processor time of this process in each pass, in seconds. */
  readonly cpuSeconds: readonly number[];
  /** Keys with more or less than one reading in a pass, over all passes. */
  readonly checkedTwice: number;
  readonly skipped: number;
  /** Calls that the provider troubled on purpose, and the most that it got in any second. */
  readonly troubled: number;
  readonly mostPerSecond: number;
  readonly rate: number;
  /** Balances that are not what the provider has, and alarms, of which there is no cause for any. */
  readonly wrongBalances: number;
  readonly falseAlarms: number;
  /** Resident memory after each pass, in MiB. */
  readonly rssMiB: readonly number[];
}

const PLATFORM = 'deepseek';
const TROUBLE_SHARE = 0.01;
const KEYS_AT_ONCE = 100;
const FIRST_BALANCE = 1_000_000_000;
const BALANCE_STEP = 1_000_000;

export async function watchManyKeys(order: MonitorOrder): Promise<MonitorReport> {
  const provider = await start({
    name: 'the scripted provider',
    command: [
      ...[process.execPath, join(import.meta.dirname, '../test/fake-provider.ts')],
      ...['--keys', String(order.keys), '--share', String(TROUBLE_SHARE)],
      ...['--rate', String(order.rate)],
    ],
    env: {},
    cwd: import.meta.dirname,
    core: order.providerCore,
  });
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-monitor-'));
  try {
    return await withRooms(join(folder, 'bench.db'), { url: provider.url, order });
  } finally {
    await provider.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withRooms(
  file: string,
  { url, order }: { url: string; order: MonitorOrder },
): Promise<MonitorReport> {
  const clock = systemClock;
  const storage = await openSqlite({ file, clock });
  const times = { connectTimeoutMs: 5_000, firstByteTimeoutMs: 20_000, idleTimeoutMs: 20_000 };
  const outbound = createOutbound(times);
  const metering = createMetering();
  const vault = await createVault({ storage, clock, rootKey: rootKeyFrom(randomBytes(32)) });
  const upstream = { apiKey: null, base: `${url}/v1`, apiVersion: null, prices: null };
  const bases = { [PLATFORM]: `${url}/${PLATFORM}` };
  const settings = { upstream, keys: [], bases, headers: {}, maxPerOwner: order.keys };
  const providerKeys = await createProviderKeys({ storage, vault, outbound, clock, settings });
  await addKeys(providerKeys, order.keys);
  let alarms = 0;
  const monitoring = createMonitoring({
    storage,
    clock,
    metering,
    log: { info: () => undefined, warn: (fields: unknown) => console.error(fields) },
    keys: watchedKeys(providerKeys),
    records: createRecords({ storage, clock }),
    settings: { ...SETTINGS, callsPerSecond: order.rate },
    onSignal: ({ to }) => {
      if (to !== 'healthy') alarms++;
    },
  });
  try {
    const passes = [];
    for (let pass = 0; pass < order.passes; pass++) {
      passes.push(await measured(storage, order.keys, monitoring.checkAll.bind(monitoring)));
    }
    const figures = (await (await fetch(`${url}/figures`)).json()) as CallFigures;
    return {
      keys: order.keys,
      passes: order.passes,
      seconds: passes.map(({ seconds }) => seconds),
      cpuSeconds: passes.map(({ cpuSeconds }) => cpuSeconds),
      checkedTwice: passes.reduce((sum, { twice }) => sum + twice, 0),
      skipped: passes.reduce((sum, { skipped }) => sum + skipped, 0),
      troubled: figures.troubled,
      mostPerSecond: figures.mostPerSecond,
      rate: order.rate,
      wrongBalances: await wrongBalances(storage),
      falseAlarms: alarms,
      rssMiB: passes.map(({ rssMiB }) => rssMiB),
    };
  } finally {
    await monitoring.close();
    await outbound.close();
    await metering.close();
    await storage.close();
  }
}

const HOUR_MS = 3_600_000;
const SETTINGS = {
  intervals: { checkMs: HOUR_MS, validateMs: 24 * HOUR_MS, syncMs: HOUR_MS, probeMs: HOUR_MS },
  retentionDays: 365,
  probeModel: 'gpt-4o-mini-2024-07-18',
};

async function addKeys(providerKeys: ProviderKeys, count: number): Promise<void> {
  const add = (index: number) =>
    providerKeys.add({
      owner: null,
      platform: PLATFORM,
      name: `sk-fake-${index}`,
      secret: `sk-fake-${index}`,
      description: null,
      base: null,
      purposes: { watch: true, route: false },
      thresholdNanos: null,
      checkIntervalMinutes: null,
      probe: false,
      probeModel: null,
    });
  for (let from = 0; from < count; from += KEYS_AT_ONCE) {
    const some = Array.from({ length: Math.min(KEYS_AT_ONCE, count - from) }, (_, i) => from + i);
    await Promise.all(some.map(add));
  }
}

interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly twice: number;
  readonly skipped: number;
  readonly rssMiB: number;
}

async function measured(
  { db }: Storage,
  keys: number,
  pass: () => Promise<unknown>,
): Promise<Measured> {
  const before = { at: Date.now(), tick: performance.now(), cpu: cpuMicros(process.pid) };
  await pass();
  const seconds = (performance.now() - before.tick) / 1_000;
  const cpuSeconds = (cpuMicros(process.pid) - before.cpu) / 1e6;
  const counts = await db
    .selectFrom('balance_readings')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('at', '>=', before.at)
    .groupBy('provider_key_id')
    .execute();
  return {
    seconds,
    cpuSeconds,
    twice: counts.filter(({ count }) => count > 1).length,
    skipped: keys - counts.length,
    rssMiB: process.memoryUsage().rss / 2 ** 20,
  };
}

/** A known balance must be the provider's, whatever trouble there was; one that was never told is null. */
async function wrongBalances({ db }: Storage): Promise<number> {
  const rows = await db
    .selectFrom('key_health')
    .innerJoin('provider_keys', 'provider_keys.id', 'key_health.provider_key_id')
    .select(['name', 'balance_nanos as balance'])
    .where('balance_nanos', 'is not', null)
    .execute();
  return rows.filter(({ name, balance }) => {
    const index = Number(name.slice('sk-fake-'.length));
    return balance !== FIRST_BALANCE + index * BALANCE_STEP;
  }).length;
}

const PASS_SECONDS_MAX = 60;
const MEMORY_TOLERANCE = 0.1;

/** Is everything as it must be? How long it took is judged apart, because it depends on the machine. */
export function isSound(report: MonitorReport): boolean {
  const { checkedTwice, skipped, wrongBalances: wrong, falseAlarms, mostPerSecond, rate } = report;
  const none = [checkedTwice, skipped, wrong, falseAlarms].every((count) => count === 0);
  return none && mostPerSecond <= rate && report.troubled > 0;
}

function isFlat(rssMiB: readonly number[]): boolean {
  // The first pass fills what is kept for good: statements, connections, the timetable.
  const later = rssMiB.slice(1);
  return later.every((sample) => Math.abs(sample / median(later) - 1) <= MEMORY_TOLERANCE);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      keys: { type: 'string', default: '10000' },
      rate: { type: 'string', default: '400' },
      passes: { type: 'string', default: '4' },
      json: { type: 'boolean', default: false },
    },
  });
  const cores = takeCores((text) => process.stderr.write(`${text}\n`));
  const report = await watchManyKeys({
    keys: Number(values.keys),
    rate: Number(values.rate),
    passes: Number(values.passes),
    providerCore: cores?.system ?? null,
  });
  const isFast = report.seconds.every((seconds) => seconds < PASS_SECONDS_MAX);
  const verdict = { sound: isSound(report), fast: isFast, flat: isFlat(report.rssMiB) };
  if (values.json) process.stdout.write(`${JSON.stringify({ ...report, ...verdict })}\n`);
  else {
    for (const [name, value] of Object.entries({ ...report, ...verdict })) {
      const shown = Array.isArray(value)
        ? value.map((one: number) => one.toFixed(1)).join(' ')
        : value;
      process.stdout.write(`${name} ${shown}\n`);
    }
  }
  if (!Object.values(verdict).every(Boolean)) process.exitCode = 1;
}

// Not awaited, so that the test that imports this can be loaded at once.
if (import.meta.main) void main();
