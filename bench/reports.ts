/**
 * What reports cost on a full database: `node bench/reports.ts --sizes 1000000,10000000`.
 *
 * For each size a year of usage records is written by the product's own rooms, and the product is started on it as its
 * users start it. Everything is asked over HTTP.
 */
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BrowserReport, timeDashboard } from './browser.ts';
import {
  type CrowdReport,
  crowd,
  type ExportReport,
  exportCsv,
  type Question,
  questions,
  type Times,
  timeEach,
} from './dashboard.ts';
import { type Product, startProduct, startUpstream } from './systems.ts';
import { type FilledYear, fillYear, sumsAreRight } from './year-of-records.ts';

export interface ReportsOrder {
  /** Records in the database, of each run; the first is what the others are compared with. */
  readonly sizes: readonly number[];
  /** How often each question is asked by a reader who is alone. */
  readonly times: number;
  readonly readers: number;
  readonly recordsPerSecond: number;
  readonly seconds: number;
  readonly exportRows: number;
  /** Compare every sum with the records before anything is asked. */
  readonly audit: boolean;
  /** Where years that were written are kept for the next run; null: they are not. */
  readonly keep: string | null;
  readonly say: (text: string) => void;
}

export interface SizeReport {
  readonly records: number;
  readonly fillSeconds: number;
  /** Null: not looked at. */
  readonly sumsAreRight: boolean | null;
  readonly questions: readonly (Question & Times)[];
  /** The figures of the dashboard in a browser. Null: there is no browser here. */
  readonly browser: BrowserReport | null;
  readonly crowd: CrowdReport;
  readonly export: ExportReport;
}

/** No limit of calls may be what is measured. */
const SETTINGS = {
  RATE_LIMIT_RPM: '1000000',
  RATE_LIMIT_BURST: '1000000',
  RATE_LIMIT_REQUESTS: '1000000',
  BACKUP_INTERVAL_HOURS: '0',
};

export async function measureReports(order: ReportsOrder): Promise<readonly SizeReport[]> {
  const upstream = await startUpstream(null, { upstreamLatencyMs: 100, chunkIntervalMs: 0 });
  const reports = [];
  try {
    for (const records of order.sizes) reports.push(await ofSize(records, upstream.url, order));
  } finally {
    await upstream.stop();
  }
  return reports;
}

async function ofSize(records: number, upstream: string, order: ReportsOrder): Promise<SizeReport> {
  const { say } = order;
  const data = mkdtempSync(join(tmpdir(), 'tollkeeper-reports-'));
  try {
    const file = join(data, 'tollkeeper.db');
    const year = await writtenYear(file, records, order);
    const isRight = order.audit ? await sumsAreRight(file) : null;
    say('the product starts');
    const product = await startProduct({
      ...{ name: 'tollkeeper', data, upstream, core: null },
      settings: { ...SETTINGS, DATABASE_PATH: file },
    });
    try {
      const measured = await measure(product, { year, records, order });
      return { records, fillSeconds: year.seconds, sumsAreRight: isRight, ...measured };
    } finally {
      await product.stop();
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

/** Writes a year into the file, or copies one that was kept: ten million records take minutes to write. */
async function writtenYear(
  file: string,
  records: number,
  { keep, say }: ReportsOrder,
): Promise<FilledYear> {
  const kept = keep === null ? null : join(keep, `${records}.db`);
  const facts = `${kept}.json`;
  if (kept !== null && existsSync(facts)) {
    say(`${records} records were kept in ${kept}`);
    copyFileSync(kept, file, constants.COPYFILE_FICLONE);
    return JSON.parse(readFileSync(facts, 'utf8')) as FilledYear;
  }
  say(`writing ${records} records`);
  const year = await fillYear({ file, records, say });
  say(`written in ${year.seconds.toFixed(0)} s`);
  if (kept !== null) {
    mkdirSync(join(kept, '..'), { recursive: true });
    copyFileSync(file, kept, constants.COPYFILE_FICLONE);
    writeFileSync(facts, JSON.stringify(year));
  }
  return year;
}

async function measure(
  product: Product,
  { year, records, order }: { year: FilledYear; records: number; order: ReportsOrder },
): Promise<Pick<SizeReport, 'questions' | 'browser' | 'crowd' | 'export'>> {
  const list = questions(year);
  order.say('asking, one at a time');
  const alone = await timeEach(product, list, order.times);
  order.say('opening the dashboard in a browser');
  const browser = await timeDashboard(product, BROWSER_TIMES);
  order.say('asking in a crowd');
  const token = year.keys[0]?.token ?? '';
  const inCrowd = await crowd(product, { ...order, list, token });
  order.say('exporting');
  await exportCsv(product, exportPath(year, records, Math.ceil(order.exportRows / 20)));
  const exported = await exportCsv(product, exportPath(year, records, order.exportRows));
  product.mustRun();
  return { questions: alone, browser, crowd: inCrowd, export: exported };
}

/** Each takes some eight seconds. */
const BROWSER_TIMES = 10;

const DAY_MS = 86_400_000;
const YEAR_DAYS = 365;

/** The log of the newest days that have so many records. */
function exportPath({ end }: FilledYear, records: number, rows: number): string {
  const days = Math.min(YEAR_DAYS, Math.ceil((YEAR_DAYS * rows) / records) + 1);
  const start = new Date(end - days * DAY_MS).toISOString().slice(0, 10);
  return `/api/requests?format=csv&start=${start}`;
}

const WANTED = {
  aloneP95Ms: 50,
  growth: 2,
  browserP95Ms: 1_000,
  crowdP95Ms: 500,
  exportGrowthMiB: 50,
};
/** Shorter than this, a time is that of the call itself, and twice as long says nothing about the records. */
const CALL_MS = 3;

export interface Verdict {
  readonly what: string;
  readonly found: string;
  readonly met: boolean;
}

export function verdictsOf(reports: readonly SizeReport[]): readonly Verdict[] {
  const first = reports[0];
  return reports.flatMap((report) => {
    const slowest = report.questions.reduce((a, b) => (a.p95 > b.p95 ? a : b));
    const grown = report.questions.map((question, index) => {
      const before = Math.max(CALL_MS, first?.questions[index]?.p50 ?? Number.NaN);
      return { name: question.name, by: question.p50 / before };
    });
    const most = grown.reduce((a, b) => (a.by > b.by ? a : b));
    const { browser, crowd: inCrowd, export: file } = report;
    const of = `${report.records} records:`;
    return [
      {
        what: `${of} each question alone, p95 under ${WANTED.aloneP95Ms} ms`,
        found: `${slowest.p95.toFixed(1)} ms at most (${slowest.name})`,
        met: slowest.p95 < WANTED.aloneP95Ms,
      },
      {
        what: `${of} at most ${WANTED.growth} times its time at ${first?.records ?? 0}`,
        found: `${most.by.toFixed(2)} times at most (${most.name})`,
        met: most.by <= WANTED.growth,
      },
      {
        what: `${of} the dashboard's figures in a browser, p95 under ${WANTED.browserP95Ms} ms`,
        found:
          browser === null
            ? 'no browser'
            : `${browser.again.p95.toFixed(0)} ms, ${browser.first.p95.toFixed(0)} ms at a first visit`,
        met: browser !== null && browser.again.p95 < WANTED.browserP95Ms,
      },
      {
        what: `${of} ${inCrowd.readers} readers at once, p95 under ${WANTED.crowdP95Ms} ms`,
        found: `${inCrowd.p95.toFixed(0)} ms, ${inCrowd.failures} failures, ${inCrowd.recordsPerSecond.toFixed(0)} records/s`,
        met: inCrowd.p95 < WANTED.crowdP95Ms && inCrowd.failures === 0,
      },
      {
        what: `${of} an export takes under ${WANTED.exportGrowthMiB} MiB`,
        found: `${file.growthMiB.toFixed(1)} MiB for ${file.rows} rows in ${file.seconds.toFixed(1)} s`,
        met: file.growthMiB < WANTED.exportGrowthMiB,
      },
    ];
  });
}

function print(reports: readonly SizeReport[]): void {
  const lines = reports.flatMap((report) => [
    `${report.records} records, written in ${report.fillSeconds.toFixed(0)} s`,
    `${''.padEnd(36)}${'p50 ms'.padStart(9)}${'p95 ms'.padStart(9)}`,
    ...report.questions.map(
      ({ name, p50, p95 }) =>
        `${name.padEnd(36)}${p50.toFixed(1).padStart(9)}${p95.toFixed(1).padStart(9)}`,
    ),
    '',
  ]);
  const verdicts = verdictsOf(reports).map(
    ({ what, found, met }) => `${what}: ${found} ${met ? 'met' : 'NOT MET'}`,
  );
  process.stdout.write(`${[...lines, ...verdicts].join('\n')}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '1000000,10000000' },
      times: { type: 'string', default: '40' },
      readers: { type: 'string', default: '100' },
      rate: { type: 'string', default: '500' },
      seconds: { type: 'string', default: '20' },
      'export-rows': { type: 'string', default: '1000000' },
      audit: { type: 'boolean', default: false },
      keep: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const reports = await measureReports({
    sizes: values.sizes.split(',').map(Number),
    times: Number(values.times),
    readers: Number(values.readers),
    recordsPerSecond: Number(values.rate),
    seconds: Number(values.seconds),
    exportRows: Number(values['export-rows']),
    audit: values.audit,
    keep: values.keep ?? null,
    say: (text) => process.stderr.write(`${text}\n`),
  });
  const verdicts = verdictsOf(reports);
  if (values.json) process.stdout.write(`${JSON.stringify({ reports, verdicts })}\n`);
  else print(reports);
  const isSound = reports.every((report) => report.sumsAreRight !== false);
  if (!isSound || !verdicts.every(({ met }) => met)) process.exitCode = 1;
}

if (import.meta.main) await main();
