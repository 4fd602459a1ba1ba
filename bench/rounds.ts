/** Runs the systems against each other in rounds, and takes the median of what each of them did. */
import { type LoadResult, runLoad } from './load.ts';
import { KINDS, type Kind } from './payloads.ts';
import { type Child, type Cores, coreMicros, cpuMicros, rssMiB } from './processes.ts';
import type { Name, Pace, System } from './systems.ts';

export interface Settings extends Pace {
  rounds: number;
  seconds: number;
  warmUpSeconds: number;
  connections: number;
}

/** One run, or the medians of several. Busy: share of one core, 1 being all of it. */
export interface Figures {
  requests: number;
  failures: number;
  cpuMicrosPerRequest: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  systemBusy: number;
  /** What anything else took of the system's core meanwhile; NaN if nothing was pinned. */
  othersBusy: number;
  loadBusy: number;
  readsPerAnswer: number;
}

/** What one system did: medians of its rounds, the rounds themselves, and its memory at the end. */
export interface SystemFigures {
  plain: Figures;
  stream: Figures;
  runs: Record<Kind, Figures[]>;
  /** Every request it answered rightly, the warm-up included. */
  answered: number;
  rssMiB: number;
}

export interface Competition {
  systems: System[];
  upstream: Child;
  cores: Cores | null;
  settings: Settings;
  say: (text: string) => void;
}

/** Warm-up, then rounds in which every system has its turn, so that noise of the machine falls on all alike. */
export async function compete(competition: Competition): Promise<Map<Name, SystemFigures>> {
  const { systems, settings, say } = competition;
  const entries = systems.map((system) => {
    const runs: Record<Kind, Figures[]> = { plain: [], stream: [] };
    return { system, runs, answered: 0 };
  });
  for (let round = 0; round <= settings.rounds; round++) {
    say(round === 0 ? 'warm-up' : `round ${round} of ${settings.rounds}`);
    const seconds = round === 0 ? settings.warmUpSeconds : settings.seconds;
    for (const kind of KINDS) {
      for (const entry of rotated(entries, round)) {
        const { system, runs } = entry;
        const figures = await measure(competition, { system, kind, seconds });
        entry.answered += figures.requests;
        if (round > 0) runs[kind].push(figures);
      }
    }
  }
  return new Map(
    entries.map(({ system, runs, answered }) => {
      const [plain, stream] = [medians(runs.plain), medians(runs.stream)];
      return [system.name, { plain, stream, runs, answered, rssMiB: rssMiB(system.pid) }];
    }),
  );
}

/** Another system goes first in every round, so that none of them always follows the same one. */
function rotated<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

interface Turn {
  system: System;
  kind: Kind;
  seconds: number;
}

/** One run, with the CPU time of the system and of the load's side (this process and the upstream) around it. */
async function measure(competition: Competition, turn: Turn): Promise<Figures> {
  const { upstream, cores, settings, say } = competition;
  const { system, kind, seconds } = turn;
  const core = cores?.system ?? null;
  const { url, headers, pid, name } = system;
  const ownBefore = process.cpuUsage();
  const before = {
    system: cpuMicros(pid),
    upstream: cpuMicros(upstream.pid),
    core: coreMicros(core),
  };
  const { connections } = settings;
  const result = await runLoad({ url, headers, kind, connections, until: { seconds } });
  system.mustRun();
  upstream.mustRun();
  const own = process.cpuUsage(ownBefore);
  const used = cpuMicros(pid) - before.system;
  const othersUsed = Math.max(0, coreMicros(core) - before.core - used);
  const loadUsed = own.user + own.system + cpuMicros(upstream.pid) - before.upstream;
  if (result.failures > 0) say(complaint(name, kind, result));
  const micros = result.elapsedMs * 1_000;
  return {
    requests: result.requests,
    failures: result.failures,
    cpuMicrosPerRequest: used / result.requests,
    requestsPerSecond: (result.requests / micros) * 1e6,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    systemBusy: used / micros,
    othersBusy: othersUsed / micros,
    loadBusy: loadUsed / micros,
    readsPerAnswer: result.readsPerAnswer,
  };
}

function complaint(name: Name, kind: Kind, result: LoadResult): string {
  return `${name}: ${result.failures} ${kind} requests failed, the first so: ${result.firstFailure}`;
}

/** The median of each figure; requests and failures are summed, since no failure may hide behind a median. */
function medians(runs: readonly Figures[]): Figures {
  const of = (pick: (run: Figures) => number) => median(runs.map(pick));
  const sum = (pick: (run: Figures) => number) => runs.reduce((total, run) => total + pick(run), 0);
  return {
    requests: sum((run) => run.requests),
    failures: sum((run) => run.failures),
    cpuMicrosPerRequest: of((run) => run.cpuMicrosPerRequest),
    requestsPerSecond: of((run) => run.requestsPerSecond),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
    systemBusy: of((run) => run.systemBusy),
    othersBusy: of((run) => run.othersBusy),
    loadBusy: of((run) => run.loadBusy),
    readsPerAnswer: of((run) => run.readsPerAnswer),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
