/** Starting, pinning and measuring the processes of the benchmark. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The two cores in use: one for the system under test alone, one for the upstream and the load. Null: nothing is pinned. */
export interface Cores {
  system: number;
  load: number;
}

export interface Child {
  pid: number;
  url: string;
  /** Throws, with the last output, if the process ended although nobody here stopped it. */
  mustRun(): void;
  stop(): Promise<void>;
}

export interface Start {
  name: string;
  command: string[];
  env: Record<string, string>;
  cwd: string;
  core: number | null;
  /** Where it will listen, if its output does not say so. */
  url?: string;
}

/** A crowded machine takes a while to start four systems. */
const READY_MS = 120_000;
const STOP_MS = 10_000;

/** Pins this process, threads and all, to the second core it may use; says why not where that cannot be done. */
export function takeCores(warn: (text: string) => void): Cores | null {
  try {
    const list = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    const [system, load] = (list ?? '').split(',').flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
    if (system === undefined || load === undefined) throw new Error('only one core may be used');
    execFileSync('taskset', ['-a', '-cp', String(load), String(process.pid)], { stdio: 'ignore' });
    return { system, load };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(
      `Nothing is pinned to a core (${why}), so these figures are not comparable with pinned ones.`,
    );
    return null;
  }
}

/** Starts a process and waits until it says, or shows, that it listens. Throws with the end of its output otherwise. */
export async function start(plan: Start): Promise<Child> {
  const pin = plan.core === null ? [] : ['taskset', '-c', String(plan.core)];
  const [program = '', ...args] = [...pin, ...plan.command];
  const child = spawn(program, args, { cwd: plan.cwd, env: plan.env });
  let output = '';
  const ready = Promise.withResolvers<string>();
  const listen = (part: Buffer) => {
    output = (output + part.toString()).slice(-4_000);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
    if (plan.url === undefined && url !== undefined) ready.resolve(url);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', (part: Buffer) => {
    output = (output + part.toString()).slice(-4_000);
  });
  const fail = (why: string) => ready.reject(new Error(`${plan.name} ${why}. It said:\n${output}`));
  child.on('error', (error) => fail(`did not start: ${error.message}`));
  child.on('exit', (code) => fail(`ended with code ${code}`));
  const timer = setTimeout(() => fail('was not ready in time'), READY_MS);
  const poll = plan.url === undefined ? null : pollUntilUp(plan.url, ready.resolve);
  try {
    const url = await ready.promise;
    const mustRun = () => {
      const end = child.signalCode ?? child.exitCode;
      if (end !== null)
        throw new Error(`${plan.name} ended in mid-run (${end}). It said:\n${output}`);
    };
    return { pid: child.pid ?? 0, url, mustRun, stop: () => stop(child) };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    if (poll !== null) clearInterval(poll);
  }
}

function pollUntilUp(url: string, up: (url: string) => void): NodeJS.Timeout {
  return setInterval(() => {
    fetch(url).then(
      () => up(url),
      () => undefined,
    );
  }, 100);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(timer);
}

const TICKS_PER_SECOND = clockTicks();

function clockTicks(): number {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  } catch {
    return 100;
  }
}

/** CPU time of a process so far, user and system, all threads, in microseconds; NaN where there is no /proc. */
export function cpuMicros(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces; utime and stime are the 12th and 13th fields after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6;
  } catch {
    return Number.NaN;
  }
}

/** Time a core spent on anything at all so far, in microseconds; NaN where there is no /proc. */
export function coreMicros(core: number | null): number {
  try {
    const stat = readFileSync('/proc/stat', 'utf8');
    const line = new RegExp(`^cpu${core ?? ''} +(.*)$`, 'm').exec(stat)?.[1];
    if (core === null || line === undefined) return Number.NaN;
    // user, nice, system, idle, iowait, irq, softirq, steal; the guest times after them are part of user and nice.
    const [user = 0, nice = 0, kernel = 0, , , irq = 0, softirq = 0, steal = 0] = line
      .split(' ')
      .map(Number);
    return ((user + nice + kernel + irq + softirq + steal) / TICKS_PER_SECOND) * 1e6;
  } catch {
    return Number.NaN;
  }
}

/** Resident memory of a process in MiB; NaN where there is no /proc. */
export function rssMiB(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s*(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
}
