/**
 * The side-by-side benchmark: the same load on our gateway, on a bare proxy and on Portkey, in turns, each alone on one core.
 * `npm run bench -- --help` lists the options; README.md in this folder says how to read the figures.
 */
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { watchMemory } from './memory.ts';
import { USAGE } from './payloads.ts';
import { type Child, type Cores, takeCores } from './processes.ts';
import { cautions, floorLine, ratios, tables, verdicts, wanted } from './report.ts';
import { compete, type Settings } from './rounds.ts';
import {
  dataIsInMemory,
  NAMES,
  type Name,
  type System,
  startPortkey,
  startProxy,
  startTollkeeper,
  startUpstream,
  type Tollkeeper,
} from './systems.ts';

const HELP = `npm run bench -- [options]
  --quick                 one short round of everything, for a first look
  --json                  print one JSON object instead of tables
  --only a,b              only these systems (${NAMES.join(', ')})
  --rounds N              rounds of all systems (5)
  --seconds N             length of each run in a round (4)
  --connections N         open connections (64)
  --upstream-latency MS   the upstream waits this long before it answers (0)
  --chunk-interval MS     the upstream waits this long between two events of a stream (0)
  --rss N                 instead: N plain requests through our gateway, memory read every 10,000`;

interface Options {
  help: boolean;
  json: boolean;
  names: Name[];
  /** How many requests the memory run sends; null for the usual comparison. */
  rss: number | null;
  settings: Settings;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      only: { type: 'string', default: NAMES.join(',') },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      connections: { type: 'string', default: '64' },
      'upstream-latency': { type: 'string', default: '0' },
      'chunk-interval': { type: 'string', default: '0' },
      rss: { type: 'string' },
    },
  });
  const { quick, help, json } = values;
  const settings: Settings = {
    rounds: whole('rounds', values.rounds ?? (quick ? '1' : '5'), 1),
    seconds: whole('seconds', values.seconds ?? (quick ? '2' : '4'), 1),
    // Compilers work for seconds on a fresh process, in threads of its own that count too.
    warmUpSeconds: quick ? 1 : 10,
    connections: whole('connections', values.connections, 1),
    upstreamLatencyMs: whole('upstream-latency', values['upstream-latency'], 0),
    chunkIntervalMs: whole('chunk-interval', values['chunk-interval'], 0),
  };
  const rss = values.rss === undefined ? null : whole('rss', values.rss, 10_000);
  return { help, json, names: values.only.split(',').map(knownName), rss, settings };
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${option} takes a whole number of at least ${least}.`);
}

function knownName(text: string): Name {
  const name = NAMES.find((candidate) => candidate === text);
  if (name === undefined) throw new Error(`--only knows ${NAMES.join(', ')}, not ${text}.`);
  return name;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

interface Books {
  name: Name;
  requests: number;
  recorded: number;
  tokens: number;
  tokensRecorded: number;
  balanced: boolean;
}

/** Whether the gateway under load wrote down every answer and every token. A figure bought by losing records is worth nothing. */
async function checkBooks(gateway: Tollkeeper, requests: number): Promise<Books> {
  const tokens = requests * USAGE.total_tokens;
  for (let attempt = 1; ; attempt++) {
    const { requests: recorded, total_tokens: tokensRecorded } = await gateway.books();
    const balanced = recorded === requests && tokensRecorded === tokens;
    if (balanced || attempt === 50) {
      return { name: gateway.name, requests, recorded, tokens, tokensRecorded, balanced };
    }
    await pause(100);
  }
}

/** The whole comparison. Returns whether all requests were answered and all of ours are on record. */
async function comparison(
  options: Options,
  cores: Cores | null,
  upstream: Child,
): Promise<boolean> {
  const { settings, names } = options;
  const core = cores?.system ?? null;
  const systems: System[] = [];
  try {
    const ours: Tollkeeper[] = [];
    for (const name of ['tollkeeper', 'charged'] as const) {
      if (!names.includes(name)) continue;
      const gateway = await startTollkeeper(core, upstream.url, name);
      ours.push(gateway);
      systems.push(gateway);
    }
    for (const name of ['floor', 'bare'] as const) {
      if (names.includes(name)) systems.push(await startProxy(core, upstream.url, name));
    }
    if (names.includes('portkey')) systems.push(await startPortkey(core, upstream.url));
    const all = await compete({ systems, upstream, cores, settings, say });
    const books: Books[] = [];
    for (const each of ours) books.push(await checkBooks(each, all.get(each.name)?.answered ?? 0));
    const [plain, stream] = [ratios(all, 'plain'), ratios(all, 'stream')];
    const charged = ratios(all, 'plain', 'charged');
    const floor = ratios(all, 'plain', 'floor');
    const limits = wanted({ plain, stream, charged });
    if (options.json) {
      const figures = {
        systems: Object.fromEntries(all),
        ratios: { plain, stream, charged, floor },
        wanted: limits,
        cautions: cautions(all),
        books,
      };
      console.log(JSON.stringify({ machine: machine(cores), settings, ...figures }));
    } else {
      console.log(`${tables(all)}\n\n${verdicts(limits)}\n${floorLine(floor)}`);
      for (const caution of cautions(all)) console.log(`Caution: ${caution}`);
      for (const { name, recorded, requests, tokensRecorded, tokens } of books)
        console.log(
          `Records of ${name}: ${recorded} of ${requests} requests, ${tokensRecorded} of ${tokens} tokens`,
        );
    }
    const failures = [...all.values()].some(
      (each) => each.plain.failures + each.stream.failures > 0,
    );
    return !failures && books.every(({ balanced }) => balanced);
  } finally {
    await Promise.all(systems.map((system) => system.stop()));
  }
}

/** The memory run. Returns whether memory stayed flat and nothing failed. */
async function memory(options: Options, cores: Cores | null, upstream: Child): Promise<boolean> {
  const gateway = await startTollkeeper(cores?.system ?? null, upstream.url);
  try {
    const report = await watchMemory(gateway, options.rss ?? 0, options.settings.connections);
    if (options.json) {
      console.log(JSON.stringify({ machine: machine(cores), memory: report }));
    } else {
      const samples = report.samplesMiB.map((sample) => sample.toFixed(0)).join(' ');
      const farthest = (report.farthest * 100).toFixed(1);
      console.log(`RSS in MiB after every 10,000 requests: ${samples}`);
      console.log(
        `Farthest from the median: ${farthest} % (wanted at most 10 %) ${report.flat ? 'met' : 'NOT MET'}`,
      );
    }
    return report.flat && report.failures === 0;
  } finally {
    await gateway.stop();
  }
}

function machine(cores: Cores | null): Record<string, unknown> {
  return {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    platform: `${process.platform} ${process.arch}`,
    pinned: cores,
    dataInMemory: dataIsInMemory(),
  };
}

async function main(): Promise<boolean> {
  const options = readOptions();
  if (options.help) {
    console.log(HELP);
    return true;
  }
  const cores = takeCores(say);
  if (dataIsInMemory())
    say('The data folder lies in memory (set TMPDIR to a disk): commits cost nothing here.');
  const upstream = await startUpstream(cores?.load ?? null, options.settings);
  try {
    const run = options.rss === null ? comparison : memory;
    return await run(options, cores, upstream);
  } finally {
    await upstream.stop();
  }
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
