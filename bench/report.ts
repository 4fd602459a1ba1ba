/** Ratios, the wanted limits, and the printed form of a competition. */
import { KINDS, type Kind } from './payloads.ts';
import { type Figures, median, type SystemFigures } from './rounds.ts';
import { NAMES, type Name } from './systems.ts';

/** The median of the ratios of the single rounds, with the lowest and the highest of them. */
export interface Ratio {
  median: number;
  lowest: number;
  highest: number;
}

/** Null: a system was left out or failed, so that nothing can be said. */
export interface Ratios {
  /** Our CPU time per request over the bare proxy's. */
  cpuOursToBare: Ratio | null;
  /** Our requests per second over the bare proxy's. */
  rateOursToBare: Ratio | null;
  /** Portkey's CPU time per request over ours. */
  cpuPortkeyToOurs: Ratio | null;
}

export interface Wanted {
  what: string;
  limit: string;
  found: Ratio | null;
  met: boolean | null;
}

type All = ReadonlyMap<Name, SystemFigures>;

/**
 * The ratios of one kind of load. Each is taken within a round, where both systems met the same weather on the machine,
 * and only then the median over the rounds.
 *
 * @param ours which of ours: with a caller who has a wallet and limits, or without, or the floor under both
 */
export function ratios(
  all: All,
  kind: Kind,
  ours: 'tollkeeper' | 'charged' | 'floor' = 'tollkeeper',
): Ratios {
  const paired = (over: Name, under: Name, pick: (run: Figures) => number) => {
    const [left, right] = [all.get(over)?.runs[kind] ?? [], all.get(under)?.runs[kind] ?? []];
    if ([...left, ...right].some((run) => run.failures > 0)) return null;
    const values = left.flatMap((run, round) => {
      const other = right[round];
      return other === undefined ? [] : [pick(run) / pick(other)];
    });
    if (values.length === 0 || !values.every(Number.isFinite)) return null;
    return { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) };
  };
  return {
    cpuOursToBare: paired(ours, 'bare', (run) => run.cpuMicrosPerRequest),
    rateOursToBare: paired(ours, 'bare', (run) => run.requestsPerSecond),
    cpuPortkeyToOurs: paired('portkey', ours, (run) => run.cpuMicrosPerRequest),
  };
}

/** The limits this project holds itself to. */
export function wanted(of: { plain: Ratios; stream: Ratios; charged: Ratios }): Wanted[] {
  const { plain, stream, charged } = of;
  return [
    atMost('CPU per plain request, ours to bare', 1.25, plain.cpuOursToBare),
    atMost('CPU per stream, ours to bare', 1.15, stream.cpuOursToBare),
    atLeast('CPU per plain request, Portkey to ours', 6, plain.cpuPortkeyToOurs),
    atLeast('Plain requests per second, ours to bare', 0.8, plain.rateOursToBare),
    atMost('CPU per charged request, ours to bare', 1.35, charged.cpuOursToBare),
    atLeast('CPU per charged request, Portkey to ours', 6, charged.cpuPortkeyToOurs),
    atLeast('Charged requests per second, ours to bare', 0.75, charged.rateOursToBare),
  ];
}

function atMost(what: string, limit: number, found: Ratio | null): Wanted {
  return { what, limit: `at most ${limit}`, found, met: found && found.median <= limit };
}

function atLeast(what: string, limit: number, found: Ratio | null): Wanted {
  return { what, limit: `at least ${limit}`, found, met: found && found.median >= limit };
}

/**
 * What makes a figure of this run worth less than it looks, in sentences: a load that was a limit itself, others on the
 * measured core, and answers that came through in unlike numbers of pieces, so that unlike work was compared.
 */
export function cautions(all: All): string[] {
  const found: string[] = [];
  for (const kind of KINDS) {
    const bareReads = all.get('bare')?.[kind].readsPerAnswer;
    for (const [name, system] of all) {
      const run = system[kind];
      const who = `${name}, ${kind}:`;
      if (run.loadBusy > 0.95)
        found.push(`${who} the load was at its own limit, so req/s is too low.`);
      if (run.othersBusy > 0.05)
        found.push(`${who} others took ${percent(run.othersBusy)} of the core.`);
      if (bareReads !== undefined && Math.abs(run.readsPerAnswer / bareReads - 1) > 0.2) {
        const pieces = `${run.readsPerAnswer.toFixed(1)} pieces per answer, bare ${bareReads.toFixed(1)}`;
        found.push(`${who} ${pieces}: not the same work; compare with --chunk-interval 5.`);
      }
    }
  }
  return found;
}

/** One table for each kind of load. */
export function tables(all: All): string {
  return KINDS.map((kind) => table(all, kind)).join('\n\n');
}

function table(all: All, kind: Kind): string {
  const title = kind === 'plain' ? 'Plain requests' : 'Streams of 100 chunks';
  const head = [
    '',
    'CPU µs',
    'req/s',
    'p50 ms',
    'p99 ms',
    'RSS MiB',
    'busy',
    'others',
    'load',
    'reads',
    'failed',
  ];
  const rows = NAMES.flatMap((name) => {
    const system = all.get(name);
    if (system === undefined) return [];
    const run = system[kind];
    const cells = [
      run.cpuMicrosPerRequest.toFixed(1),
      run.requestsPerSecond.toFixed(0),
      run.p50Ms.toFixed(2),
      run.p99Ms.toFixed(2),
      system.rssMiB.toFixed(0),
      percent(run.systemBusy),
      percent(run.othersBusy),
      percent(run.loadBusy),
      run.readsPerAnswer.toFixed(1),
      String(run.failures),
    ];
    return [[name, ...cells]];
  });
  const lines = [head, ...rows].map(([first = '', ...cells]) =>
    [first.padEnd(12), ...cells.map((cell) => cell.padStart(9))].join(''),
  );
  return [title, ...lines].join('\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** One line for each limit, with what was found. */
export function verdicts(list: readonly Wanted[]): string {
  return list
    .map(({ what, limit, found, met }) => {
      if (found === null) return `${what}: not measured (wanted ${limit})`;
      return `${what}: ${spread(found)} (wanted ${limit}) ${met ? 'met' : 'NOT MET'}`;
    })
    .join('\n');
}

/** What the libraries and a durable record leave of a limit. */
export function floorLine({ cpuOursToBare: cpu, rateOursToBare: rate }: Ratios): string {
  if (cpu === null || rate === null) return 'Floor to bare: not measured';
  return `Floor to bare: CPU per plain request ${spread(cpu)}; requests per second ${spread(rate)}`;
}

function spread({ median: middle, lowest, highest }: Ratio): string {
  return `${middle.toFixed(2)}, rounds ${lowest.toFixed(2)} to ${highest.toFixed(2)}`;
}
