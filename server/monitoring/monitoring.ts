/**
 * The door of `monitoring`: are the provider keys alive and funded, what do their providers say was used, and how long
 * will it last.
 */
import { hash, randomUUID } from 'node:crypto';
import type { KeyHealthChanged } from '../../contract/signals.ts';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Metering } from '../metering/metering.ts';
import type { KeyReading } from '../providers/providers.ts';
import type { Records } from '../records/records.ts';
import type { Storage } from '../storage/storage.ts';
import { type BalanceCourse, balanceCourses, runwaysAt } from './balance-course.ts';
import { countedSince } from './checks.ts';
import { createLanes } from './lanes.ts';
import { createPasses, type PassReport } from './passes.ts';
import { createProbes, type Probe } from './probes.ts';
import { createReadings, type Reading, type Span } from './readings.ts';
import type { Runway } from './runway.ts';
import { type KeyStatus, NOTHING_KNOWN, statusOf } from './status.ts';
import { tidyUp } from './tidying.ts';
import { createTimetable, type KeyRow, type Plan } from './timetable.ts';
import { createUsageSync, type SyncRange } from './usage-sync.ts';
import type { WatchedKey, WatchedKeys } from './watched-key.ts';
import { createWork, type Intervals } from './work.ts';

export type { BalanceCourse, Closing } from './balance-course.ts';
export type { PassReport } from './passes.ts';
export type { Probe } from './probes.ts';
export { createReadings, type Reading, type Span } from './readings.ts';
export type { Runway } from './runway.ts';
export { type KeyStatus, NOTHING_KNOWN } from './status.ts';
export { type WatchedKey, type WatchedKeys, watchedKeys } from './watched-key.ts';
export type { Intervals } from './work.ts';

export interface SyncReport extends SyncRange {
  /** Rows that the provider told. */
  readonly rows: number;
}

export interface Monitoring {
  /** What is known of these keys; of one that was never looked at, nothing. Also of keys that are deleted. */
  statuses(keyIds: readonly string[]): Promise<ReadonlyMap<string, KeyStatus>>;
  /** The newest readings of a span, at most `limit`, oldest first. */
  history(keyId: string, span: Span, limit: number): Promise<readonly Reading[]>;
  /** What was left on these keys by the end of each stretch; these come one after the other. */
  courses(
    keyIds: readonly string[],
    stretches: readonly Span[],
  ): Promise<ReadonlyMap<string, BalanceCourse>>;
  /** How long a key would have lasted at each of these instants, in order; null where nothing can be said. */
  runwaysAt(keyId: string, ends: readonly number[]): Promise<readonly (Runway | null)[]>;
  /** Checks a key now. What the provider does wrong is in the reading. @throws Failure `not_found` */
  check(keyId: string): Promise<Reading>;
  /**
   * Reads now what its provider reports as used.
   * @throws Failure `not_found`; `conflict` where provider or key do not offer it, or the key is refused; an `upstream_…`
   *   one for trouble
   */
  sync(keyId: string): Promise<SyncReport>;
  /** Makes a tiny completion now, which costs money. @throws Failure `not_found` */
  probe(keyId: string): Promise<Probe>;
  /** Does what is due. Never rejects. */
  tick(): Promise<PassReport>;
  /** Checks all watched keys, and probes those that are probed, due or not. */
  checkAll(): Promise<PassReport>;
  /** Cleans up once a week. */
  tidy(): Promise<void>;
  /** Begins nothing more, and lets what has begun end if that is soon. What ends later leaves no trace. */
  close(): Promise<void>;
}

export interface MonitoringSettings {
  readonly intervals: Intervals;
  readonly retentionDays: number;
  /** The model of probes where neither key nor provider has one. */
  readonly probeModel: string;
  /** Calls to one host in any second. */
  readonly callsPerSecond: number;
}

export interface MonitoringDeps {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly keys: WatchedKeys;
  readonly metering: Pick<Metering, 'price' | 'rate'>;
  readonly records: Pick<Records, 'costByDay' | 'prune'>;
  readonly settings: MonitoringSettings;
  readonly onSignal: (signal: KeyHealthChanged) => void;
  /** From 0 up to 1; for tests. */
  readonly random?: () => number;
}

/** Checks under way at one host; fewer where it takes only a few calls a second. */
const CONCURRENT_MAX = 48;
const CONCURRENT_PER_CALL = 4;

/** How often, and how long at a time, a pass over all keys waits for hosts that want to be left alone. */
const RESTS_MAX = 20;
const LONGEST_REST_MS = 60_000;

export function createMonitoring(deps: MonitoringDeps): Monitoring {
  return new Monitor(deps);
}

class Monitor implements Monitoring {
  readonly #deps: MonitoringDeps;
  readonly #lanes;
  readonly #timetable;
  readonly #readings;
  readonly #work;
  readonly #passes;
  /** Checks that somebody asked for and that are under way: whoever asks meanwhile of that secret gets the same one. */
  readonly #demanded = new Map<string, Promise<Reading>>();
  #isOver = false;

  constructor(deps: MonitoringDeps) {
    const { storage, clock, log, keys, metering, records, settings, onSignal } = deps;
    this.#deps = deps;
    const perSecond = settings.callsPerSecond;
    const concurrent = Math.min(CONCURRENT_MAX, CONCURRENT_PER_CALL * perSecond);
    const lanes = createLanes(clock, { perSecond, concurrent });
    this.#lanes = lanes;
    this.#timetable = createTimetable({ storage, clock, nameOfClaim: randomUUID });
    this.#readings = createReadings(storage);
    this.#work = createWork({
      storage,
      clock,
      keys,
      lanes,
      timetable: this.#timetable,
      readings: this.#readings,
      usage: createUsageSync(storage),
      probes: createProbes({ storage, clock, metering, model: settings.probeModel }),
      meteredSince: records.costByDay,
      intervals: settings.intervals,
      random: deps.random ?? Math.random,
      onSignal,
      isOver: () => this.#isOver,
    });
    const align = () => this.#timetable.align(keys.watched().map((key) => this.#planOf(key)));
    const { work, timetable } = { work: this.#work, timetable: this.#timetable };
    this.#passes = createPasses({ timetable, work, lanes, clock, log, align });
  }

  async statuses(keyIds: readonly string[]): Promise<ReadonlyMap<string, KeyStatus>> {
    const rows = await this.#timetable.rows(keyIds);
    const known = new Map(
      rows
        .filter((row) => !this.#isOfAnotherSecret(row))
        .map((row) => [row.provider_key_id, this.#statusOf(row)]),
    );
    return new Map(keyIds.map((id) => [id, known.get(id) ?? NOTHING_KNOWN]));
  }

  history(keyId: string, span: Span, limit: number): Promise<readonly Reading[]> {
    return this.#readings.history(keyId, span, limit);
  }

  courses(
    keyIds: readonly string[],
    stretches: readonly Span[],
  ): Promise<ReadonlyMap<string, BalanceCourse>> {
    return balanceCourses(this.#deps.storage.questions, keyIds, stretches);
  }

  async runwaysAt(keyId: string, ends: readonly number[]): Promise<readonly (Runway | null)[]> {
    const { keys, storage } = this.#deps;
    const [row] = await this.#timetable.rows([keyId]);
    const now =
      row === undefined || this.#isOfAnotherSecret(row) ? null : this.#statusOf(row).balance;
    if (row === undefined || now === null) return ends.map(() => null);
    const since = countedSince(keys.find(keyId) ?? { anchor: null }, row, now.source);
    const readings = createReadings({ db: storage.questions });
    return await runwaysAt(readings, { keyId, now, countedSince: since }, ends);
  }

  check(keyId: string): Promise<Reading> {
    const demanded = JSON.stringify([keyId, this.#deps.keys.find(keyId)?.masked]);
    const underWay = this.#demanded.get(demanded);
    if (underWay !== undefined) return underWay;
    const reading = this.#onKey(keyId, (key, row) => this.#work.check(key, row)).finally(() =>
      this.#demanded.delete(demanded),
    );
    this.#demanded.set(demanded, reading);
    return reading;
  }

  async sync(keyId: string): Promise<SyncReport> {
    const synced = await this.#onKey(keyId, (key, row) => this.#work.sync(key, row));
    if (synced === null) {
      throw new Failure('conflict', { sentence: 'This provider reports no usage.' });
    }
    const { usage, from, to } = synced;
    if (usage.outcome !== 'read' || usage.verdict === 'invalid') throw failureOf(usage);
    return { rows: usage.rows.length, from, to };
  }

  probe(keyId: string): Promise<Probe> {
    return this.#onKey(keyId, (key, row) => this.#work.probe(key, row));
  }

  tick(): Promise<PassReport> {
    return this.#passes.run();
  }

  async checkAll(): Promise<PassReport> {
    const { keys, clock } = this.#deps;
    const startedAt = clock.elapsed();
    await this.#passes.idle();
    await this.#timetable.align(keys.watched().map((key) => this.#planOf(key)));
    await this.#timetable.hurry();
    const reports = [await this.#passes.run()];
    // Hosts that wanted to be left alone for a while have keys that are still due.
    for (let rest = 0; rest < RESTS_MAX; rest++) {
      const wait = this.#lanes.reopensIn();
      if (wait === null || wait > LONGEST_REST_MS) break;
      await this.#rest(wait);
      reports.push(await this.#passes.run());
    }
    const total = (of: (report: PassReport) => number) =>
      reports.reduce((sum, report) => sum + of(report), 0);
    const tookMs = Math.round(clock.elapsed() - startedAt);
    return { done: total(({ done }) => done), broken: total(({ broken }) => broken), tookMs };
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#deps.clock.after(ms, resolve);
    });
  }

  async tidy(): Promise<void> {
    const { storage, clock, keys, records, settings, log } = this.#deps;
    const { retentionDays } = settings;
    const neededSince = (keyId: string) => keys.find(keyId)?.anchor?.at ?? null;
    const pruneRecords = records.prune;
    const isDone = await tidyUp({ storage, clock, retentionDays, neededSince, pruneRecords });
    if (isDone) log.info({ retentionDays }, 'old readings, probes and usage records were cleared');
  }

  async close(): Promise<void> {
    await this.#passes.close();
    this.#isOver = true;
  }

  async #onKey<T>(keyId: string, work: (key: WatchedKey, row: KeyRow) => Promise<T>): Promise<T> {
    const key = this.#deps.keys.find(keyId);
    if (key === null) throw new Failure('not_found', { sentence: 'There is no such key.' });
    const [known] = await this.#timetable.rows([keyId]);
    if (known !== undefined && !this.#isOfAnotherSecret(known)) return await work(key, known);
    await this.#timetable.enter(this.#planOf(key));
    const [entered] = await this.#timetable.rows([keyId]);
    if (entered === undefined) throw new Error(`key ${keyId} was entered and is not there`);
    return await work(key, entered);
  }

  #statusOf(row: KeyRow): KeyStatus {
    return statusOf(row, this.#deps.clock.now());
  }

  /** The key got another secret since, and nobody has looked at it yet: what the row tells is of the one before. */
  #isOfAnotherSecret({ provider_key_id, secret_mark }: KeyRow): boolean {
    const key = this.#deps.keys.find(provider_key_id);
    return key !== null && secret_mark !== null && secret_mark !== markOf(key);
  }

  #planOf(key: WatchedKey): Plan {
    const { checkMs, validateMs } = this.#deps.settings.intervals;
    const { id, lane, masked, checkIntervalMinutes, probe, threshold, anchor, provider } = key;
    return {
      keyId: id,
      lane,
      rules: JSON.stringify([
        ...[lane, masked, checkIntervalMinutes, probe, threshold, anchor, checkMs, validateMs],
      ]),
      secretMark: markOf(key),
      syncs: provider.account.usage !== undefined,
      probes: probe,
    };
  }
}

/** Made of what may be shown of a secret, which it does not repeat. */
function markOf({ masked }: WatchedKey): string {
  return hash('sha256', masked, 'base64url').slice(0, 16);
}

/** What a sync that taught nothing tells whoever asked for it. */
function failureOf({ verdict, outcome, message, retryAfterMs }: KeyReading): Failure {
  const details = {
    sentence: message,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
  if (verdict === 'invalid' || outcome === 'not permitted' || outcome === 'not offered') {
    return new Failure('conflict', details);
  }
  return new Failure(
    outcome === 'unreadable' ? 'upstream_unreadable' : 'upstream_unreachable',
    details,
  );
}
