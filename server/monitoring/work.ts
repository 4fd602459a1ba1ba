/** What is done on one key whose turn it is: a check, a sync, a probe, and one commit for all that came of it. */
import type { KeyHealthChanged } from '../../contract/signals.ts';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { Ask, KeyReading } from '../providers/providers.ts';
import type { Storage, Write } from '../storage/storage.ts';
import type { Anchor, SpendSince } from './anchor.ts';
import { type Checked, checkKey } from './checks.ts';
import type { Lanes } from './lanes.ts';
import type { Probe, Probes } from './probes.ts';
import type { Reading, Readings } from './readings.ts';
import type { KeyChange, KeyRow, Timetable } from './timetable.ts';
import type { Synced, UsageSync } from './usage-sync.ts';
import type { WatchedKey, WatchedKeys } from './watched-key.ts';

export interface Intervals {
  readonly checkMs: number;
  readonly validateMs: number;
  readonly syncMs: number;
  readonly probeMs: number;
}

export interface WorkDeps {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly keys: WatchedKeys;
  readonly lanes: Lanes;
  readonly timetable: Timetable;
  readonly readings: Readings;
  readonly usage: UsageSync;
  readonly probes: Probes;
  readonly meteredSince: (keyId: string, since: number) => Promise<SpendSince['metered']>;
  readonly intervals: Intervals;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly onSignal: (signal: KeyHealthChanged) => void;
  /** Nothing is written any more: what fails now fails because we are going. */
  readonly isOver: () => boolean;
}

export interface Work {
  /** Everything that is due for a claimed key. */
  turn(row: KeyRow): Promise<void>;
  /** A check, a sync or a probe that somebody asked for, whatever the timetable says. */
  check(key: WatchedKey, row: KeyRow): Promise<Reading>;
  /** Null: the provider tells nobody what was used. */
  sync(key: WatchedKey, row: KeyRow): Promise<Synced | null>;
  probe(key: WatchedKey, row: KeyRow): Promise<Probe>;
}

/** A part of the interval by which it is shorter or longer each time. */
const JITTER = 0.05;
/** After trouble a sync waits so long, if its interval is not shorter. */
const SYNC_AGAIN_MS = 600_000;

/** One piece of work, done and not yet written. */
interface Done {
  readonly change: KeyChange;
  readonly writes: readonly Write[];
  readonly signal?: KeyHealthChanged | null;
}

export function createWork(deps: WorkDeps): Work {
  return new Worker(deps);
}

class Worker implements Work {
  readonly #deps: WorkDeps;

  constructor(deps: WorkDeps) {
    this.#deps = deps;
  }

  async turn(row: KeyRow): Promise<void> {
    const key = this.#deps.keys.find(row.provider_key_id);
    const now = this.#deps.clock.now();
    const isDue = (at: number | null): boolean => at !== null && at <= now;
    const done: Done[] = [];
    if (key !== null && isDue(row.check_at)) done.push((await this.#checked(key, row, false)).done);
    if (key !== null && isDue(row.sync_at)) done.push((await this.#synced(key)).done);
    if (key !== null && isDue(row.probe_at)) done.push((await this.#probed(key, row)).done);
    await this.#write(row, done, row.lease_by);
  }

  async check(key: WatchedKey, row: KeyRow): Promise<Reading> {
    const { reading, done } = await this.#checked(key, row, true);
    await this.#write(row, [done], null);
    return reading;
  }

  async sync(key: WatchedKey, row: KeyRow): Promise<Synced | null> {
    const { synced, done } = await this.#synced(key);
    await this.#write(row, [done], null);
    return synced;
  }

  async probe(key: WatchedKey, row: KeyRow): Promise<Probe> {
    const { probe, done } = await this.#probed(key, row);
    await this.#write(row, [done], null);
    return probe;
  }

  async #checked(
    key: WatchedKey,
    row: KeyRow,
    isDemanded: boolean,
  ): Promise<Checked & { done: Done }> {
    const { clock, readings, intervals, probes } = this.#deps;
    const checked = await checkKey(
      {
        now: () => clock.now(),
        ask: this.#askOf(key),
        spendSince: (anchor) => this.#spendSince(key.id, anchor),
        isUnpaid: () => probes.areUnpaid(key.id, row.secret_since ?? 0),
        balancesLike: readings.balances,
        jittered: (ms) => this.#jittered(ms),
        checkIntervalMs: intervals.checkMs,
        validateIntervalMs: intervals.validateMs,
      },
      key,
      row,
      isDemanded,
    );
    this.#heard(key, checked.told);
    const { reading, change, signal } = checked;
    return { ...checked, done: { change, signal, writes: [readings.append(reading)] } };
  }

  async #synced(key: WatchedKey): Promise<{ synced: Synced | null; done: Done }> {
    const { clock, usage, keys } = this.#deps;
    const of = { ...key, former: keys.formerOf(key.id) };
    const synced = await usage.sync(of, this.#askOf(key), clock.now());
    this.#heard(key, synced?.usage ?? null);
    const change = { sync_at: synced === null ? null : clock.now() + this.#syncWait(synced.usage) };
    return { synced, done: { change, writes: synced?.writes ?? [] } };
  }

  #syncWait({ outcome, retryAfterMs }: KeyReading): number {
    const { syncMs, validateMs } = this.#deps.intervals;
    if (outcome === 'read') return this.#jittered(syncMs);
    // What this key may not ask today it may perhaps tomorrow.
    if (outcome === 'not permitted' || outcome === 'not offered') return this.#jittered(validateMs);
    return Math.max(Math.min(syncMs, SYNC_AGAIN_MS), retryAfterMs ?? 0);
  }

  async #probed(key: WatchedKey, row: KeyRow): Promise<{ probe: Probe; done: Done }> {
    const { clock, probes, intervals } = this.#deps;
    const probe = await probes.probe(key, this.#askOf(key));
    const now = clock.now();
    const change: KeyChange = {
      probe_at: key.probe ? now + this.#jittered(intervals.probeMs) : null,
      ...(probe.ok ? { last_ok_at: now } : {}),
      // A probe that failed says little about the cause; the check that it brings about says more.
      ...(probe.ok && row.status !== 'exhausted'
        ? {}
        : { check_at: Math.min(now, row.check_at ?? now) }),
    };
    return { probe, done: { change, writes: [probes.append(probe)] } };
  }

  async #write(row: KeyRow, done: readonly Done[], lease: string | null): Promise<void> {
    const { storage, timetable, onSignal, isOver } = this.#deps;
    if (isOver()) throw new Failure('shutting_down');
    const change: KeyChange = Object.assign({}, ...done.map((one) => one.change));
    const writes = done.flatMap((one) => one.writes);
    await storage.commit([...writes, timetable.settle(row, change, lease)]);
    for (const { signal } of done) if (signal) onSignal(signal);
  }

  /** Asks in the name of the key, at the pace that its host bears. */
  #askOf(key: WatchedKey): Ask {
    const { keys, lanes } = this.#deps;
    const ask = keys.account(key.id);
    return async (call) => {
      const over = await lanes.turn(key.lane);
      try {
        return await ask(call);
      } finally {
        over();
      }
    };
  }

  #heard({ lane }: WatchedKey, told: KeyReading | null): void {
    if (told === null) return;
    if (told.outcome === 'rate limited') this.#deps.lanes.limited(lane, told.retryAfterMs);
    else if (told.outcome === 'read') this.#deps.lanes.answered(lane);
  }

  async #spendSince(keyId: string, { at }: Anchor): Promise<SpendSince> {
    const { usage, meteredSince, probes } = this.#deps;
    const [reported, served, probed] = await Promise.all([
      usage.costs(keyId, at),
      meteredSince(keyId, at),
      probes.costs(keyId, at),
    ]);
    return { reported, metered: [...served, ...probed] };
  }

  #jittered(ms: number): number {
    return Math.round(ms * (1 - JITTER + 2 * JITTER * this.#deps.random()));
  }
}
