/** What pages and programs ask for, how long it takes, alone and in a crowd, and what an export costs in memory. */
import { requestBody } from './payloads.ts';
import { rssMiB } from './processes.ts';
import type { Product } from './systems.ts';
import { type FilledYear, modelName } from './year-of-records.ts';

export interface Question {
  readonly name: string;
  readonly path: string;
}

const DAY_MS = 86_400_000;
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Every query of the dashboard, and the calls of the seeds and the statistics that read the same sums. */
export function questions({ end, keys }: Pick<FilledYear, 'end' | 'keys'>): readonly Question[] {
  const today = dayOf(end);
  const ago = (days: number) => dayOf(end - days * DAY_MS);
  const [month, year] = [`start=${ago(29)}&end=${today}`, `start=${ago(364)}&end=${today}`];
  const key = keys[7] ?? { id: '', userId: '' };
  const figures = (range: string, rest: string) => `/api/figures?${range}&${rest}`;
  const day = `start=${ago(1)}&end=${ago(1)}&bucket=hour`;
  const of = { model: modelName(3), key: key.id, user: key.userId };
  return [
    ...(['model', 'key', 'user', 'provider_key'] as const).flatMap((group) => [
      { name: `a day by the hour, by ${group}`, path: figures(day, `group=${group}`) },
      { name: `30 days by the day, by ${group}`, path: figures(month, `group=${group}`) },
      { name: `a year by the day, by ${group}`, path: figures(year, `group=${group}`) },
    ]),
    { name: '30 days by the day, ttft_p95', path: figures(month, 'metric=ttft_p95&group=model') },
    { name: 'a year by the day, ttft_p95', path: figures(year, 'metric=ttft_p95&group=model') },
    { name: '30 days, key and model', path: figures(month, 'group=key&subgroup=model') },
    {
      name: '30 days of one user by model',
      path: figures(month, `group=model&user_id=${of.user}`),
    },
    { name: 'a year of one user by model', path: figures(year, `group=model&user_id=${of.user}`) },
    { name: 'overview of a day by the hour', path: `/api/overview?${day}` },
    { name: 'overview of 30 days', path: `/api/overview?${month}` },
    { name: 'overview of a year', path: `/api/overview?${year}` },
    { name: 'overview of 30 days in Berlin', path: `/api/overview?${month}&zone=Europe/Berlin` },
    { name: 'request log, first page', path: `/api/requests?${month}` },
    { name: 'request log, one model', path: `/api/requests?${month}&model=${of.model}` },
    { name: 'request log, one key', path: `/api/requests?${month}&key_id=${of.key}` },
    { name: 'request log, failed', path: `/api/requests?${month}&outcome=failed` },
    { name: '/reports/data, 30 days', path: `/reports/data?${month}` },
    { name: '/reports/data, a year', path: `/reports/data?${year}` },
    { name: '/api/v1/stats, 30 days', path: `/api/v1/stats?${month}&source=gateway` },
    { name: '/api/v1/stats, a year', path: `/api/v1/stats?${year}&source=gateway` },
    { name: '/api/v1/usage, first page', path: `/api/v1/usage?${month}&source=gateway` },
    { name: '/admin/monitor', path: '/admin/monitor' },
    { name: '/admin/usage of a key', path: `/admin/usage/${of.key}` },
  ];
}

/** In milliseconds. */
export interface Times {
  readonly p50: number;
  readonly p95: number;
}

export function timesOf(samples: readonly number[]): Times {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95) };
}

/** @throws Error that quotes any answer but 200 */
async function ask(product: Product, path: string): Promise<number> {
  const began = performance.now();
  const answer = await fetch(product.url + path, { headers: product.admin });
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${body.slice(0, 300)}`);
  return performance.now() - began;
}

/** Each question so many times, in turn with all others, after a few that are not counted. */
export async function timeEach(
  product: Product,
  list: readonly Question[],
  times: number,
): Promise<readonly (Question & Times)[]> {
  const samples = list.map((): number[] => []);
  for (let round = -2; round < times; round++) {
    for (const [index, { path }] of list.entries()) {
      const took = await ask(product, path);
      if (round >= 0) samples[index]?.push(took);
    }
  }
  return list.map((question, index) => ({ ...question, ...timesOf(samples[index] ?? []) }));
}

export interface CrowdReport extends Times {
  readonly readers: number;
  readonly answers: number;
  readonly recordsPerSecond: number;
  /** Of readers and of callers of the gateway. */
  readonly failures: number;
}

/**
 * Readers who each ask the next question as soon as the last one is answered, while callers of the gateway have so many
 * requests recorded in each second.
 */
export async function crowd(
  product: Product,
  order: {
    readonly list: readonly Question[];
    readonly readers: number;
    readonly recordsPerSecond: number;
    readonly seconds: number;
    readonly token: string;
  },
): Promise<CrowdReport> {
  const until = performance.now() + order.seconds * 1_000;
  const samples: number[] = [];
  let failures = 0;
  const read = async (reader: number): Promise<void> => {
    for (let turn = reader; performance.now() < until; turn++) {
      const { path = '' } = order.list[turn % order.list.length] ?? {};
      await ask(product, path).then(
        (took) => samples.push(took),
        () => failures++,
      );
    }
  };
  const readers = Array.from({ length: order.readers }, (_, reader) => read(reader));
  const calls = await callSteadily(product, { ...order, until });
  await Promise.all(readers);
  return {
    readers: order.readers,
    answers: samples.length,
    recordsPerSecond: calls.answered / order.seconds,
    failures: failures + calls.failures,
    ...timesOf(samples),
  };
}

const TICK_MS = 10;

/** Sends what is due, whether or not earlier requests were answered: a slow gateway is not spared. */
async function callSteadily(
  product: Product,
  order: { readonly recordsPerSecond: number; readonly until: number; readonly token: string },
): Promise<{ answered: number; failures: number }> {
  const url = `${product.url}/v1/chat/completions`;
  const headers = { authorization: `Bearer ${order.token}`, 'content-type': 'application/json' };
  const body = requestBody('plain');
  const began = performance.now();
  const open = new Set<Promise<void>>();
  const counts = { answered: 0, failures: 0 };
  let sent = 0;
  while (performance.now() < order.until) {
    const due = ((performance.now() - began) / 1_000) * order.recordsPerSecond;
    for (; sent < due; sent++) {
      const call = fetch(url, { method: 'POST', headers, body })
        .then(async (answer) => {
          await answer.arrayBuffer();
          if (answer.status === 200) counts.answered++;
          else counts.failures++;
        })
        .catch(() => {
          counts.failures++;
        })
        .finally(() => open.delete(call));
      open.add(call);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(open);
  return counts;
}

export interface ExportReport {
  readonly rows: number;
  readonly seconds: number;
  readonly mebibytes: number;
  /** Resident memory of the product beyond what it had before, at most, in MiB. */
  readonly growthMiB: number;
}

const SAMPLE_MS = 100;

/** Reads the request log as CSV, counts its lines and watches the product's memory meanwhile. */
export async function exportCsv(product: Product, path: string): Promise<ExportReport> {
  const before = rssMiB(product.pid);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, rssMiB(product.pid));
  }, SAMPLE_MS);
  const began = performance.now();
  let [lines, bytes] = [0, 0];
  try {
    const answer = await fetch(product.url + path, { headers: product.admin });
    if (answer.status !== 200 || answer.body === null) {
      throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    }
    for await (const part of answer.body as AsyncIterable<Uint8Array>) {
      bytes += part.length;
      for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) lines++;
    }
  } finally {
    clearInterval(timer);
  }
  return {
    rows: lines - 1,
    seconds: (performance.now() - began) / 1_000,
    mebibytes: bytes / 2 ** 20,
    growthMiB: most - before,
  };
}
