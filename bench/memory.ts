/** Whether our gateway's memory stays flat under many requests. */
import { runLoad } from './load.ts';
import { rssMiB } from './processes.ts';
import { median } from './rounds.ts';
import type { System } from './systems.ts';

const STEP = 10_000;
const WARM_UP = 30_000;
const TOLERANCE = 0.1;

export interface MemoryReport {
  requests: number;
  failures: number;
  warmUpRequests: number;
  /** Resident memory after each 10,000 requests, in MiB. */
  samplesMiB: number[];
  medianMiB: number;
  /** The sample farthest from the median, as a share of it. */
  farthest: number;
  /** Every sample lies within 10 % of the median. */
  flat: boolean;
}

/** Sends the requests after a warm-up and reads the memory after every 10,000 of them. */
export async function watchMemory(
  system: System,
  requests: number,
  connections: number,
): Promise<MemoryReport> {
  const { url, headers, pid } = system;
  let failures = 0;
  const send = async (count: number) => {
    const result = await runLoad({ url, headers, kind: 'plain', connections, until: { count } });
    failures += result.failures;
    system.mustRun();
  };
  await send(WARM_UP);
  const samplesMiB: number[] = [];
  for (let sent = 0; sent < requests; sent += STEP) {
    await send(Math.min(STEP, requests - sent));
    samplesMiB.push(rssMiB(pid));
  }
  const medianMiB = median(samplesMiB);
  const farthest = Math.max(...samplesMiB.map((sample) => Math.abs(sample / medianMiB - 1)));
  const flat = farthest <= TOLERANCE;
  return { requests, failures, warmUpRequests: WARM_UP, samplesMiB, medianMiB, farthest, flat };
}
