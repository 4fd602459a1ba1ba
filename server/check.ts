/**
 * One pass over all provider keys, from the command line: the server that works on the database is asked to make it,
 * and where there is none it is made here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { keyChecks } from '../contract/api/monitoring-api.ts';
import { openMonitor } from './app.ts';
import { type Config, ConfigError } from './config.ts';
import { toFailure } from './failure.ts';
import { checksIn } from './http/http.ts';
import type { Log } from './log.ts';
import { createOutbound } from './outbound.ts';
import { DatabaseInUse } from './storage/storage.ts';

type Checks = z.output<typeof keyChecks>;

/**
 * @returns the table, ready to be printed
 * @throws ConfigError in words for the operator
 */
export async function checkOnce(config: Config, log: Log): Promise<string> {
  const file = config.storage.databaseFile;
  if (!existsSync(file)) throw new ConfigError([`There is no database at ${file}.`]);
  try {
    return tableOf(await checkHere(config, log));
  } catch (error) {
    if (!(error instanceof DatabaseInUse)) throw error;
    return tableOf(await checkThere(config));
  }
}

async function checkHere(config: Config, log: Log): Promise<Checks> {
  const monitor = await openMonitor({ config, log });
  try {
    return await checksIn(await monitor.monitoring.checkAll(), monitor);
  } finally {
    await monitor.monitoring.close();
    await monitor.close();
  }
}

/** A pass over very many keys takes minutes, and its answer comes at its end. */
const ANSWER_MS = 1_800_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

async function checkThere(config: Config): Promise<Checks> {
  const { host, port } = config.server;
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const outbound = createOutbound({
    connectTimeoutMs: config.upstream.connectTimeoutMs,
    firstByteTimeoutMs: ANSWER_MS,
    idleTimeoutMs: ANSWER_MS,
  });
  const headers = { 'x-admin-token': adminToken(config) };
  const request = { origin, path: '/api/checks', method: 'POST', headers, body: null };
  try {
    const { status, body } = await outbound.fetchJson(request, ANSWER_BYTES_MAX);
    const checks = keyChecks.safeParse(body);
    if (checks.success) return checks.data;
    throw new ConfigError([`The server at ${origin} answered with status ${status}.`]);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([
      `A server works on the database, and it cannot be asked at ${origin} (${toFailure(error).code}): name the address at which it listens with --host and --port.`,
    ]);
  } finally {
    await outbound.close();
  }
}

function adminToken({ access, storage }: Config): string {
  if (access.adminToken !== undefined) return access.adminToken;
  const file = join(storage.dataDir, 'admin-token');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // A server that was given a token makes no file of one.
    throw new ConfigError([
      `A server works on the database, and its admin token is not in ${file}: set ADMIN_TOKEN as it is set there.`,
    ]);
  }
}

const COLUMNS = ['key', 'platform', 'status', 'balance', 'runway', 'last check'] as const;

function tableOf({ checked, broken, took_ms, data }: Checks): string {
  const rows = data.map((state) => [
    oneLine(state.name),
    state.platform,
    state.status,
    state.balance === null ? '-' : `${state.balance} ${state.currency} ${state.source}`,
    state.runway === null ? '-' : `${state.runway.days.toFixed(1)} days`,
    state.message ?? '-',
  ]);
  const all = [[...COLUMNS], ...rows];
  const widths = COLUMNS.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const end = `${checked} keys checked in ${(took_ms / 1_000).toFixed(1)} s, ${broken} could not be.`;
  return `${[...lines, '', end].join('\n')}\n`;
}

/** A name is its owner's choice; what a terminal would act on is not printed. */
function oneLine(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ');
}
