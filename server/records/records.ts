/**
 * The door of `records`: what happened, one usage record for each request, and the intents of those
 * that have not ended. What it writes it hands over as writes; whoever holds the whole act commits them.
 */
import { sql } from 'kysely';
import type { Nanos } from '../../contract/money.ts';
import { type CostSource, UNKNOWN_USAGE } from '../../contract/usage.ts';
import type { Clock } from '../clock.ts';
import { firstId } from '../id.ts';
import { compileOnce, type Storage, type Write } from '../storage/storage.ts';
import { type AdmittedRequests, admittedToday } from './admitted.ts';
import { type CostOfDay, costByDay } from './cost-by-day.ts';
import { type RefusalNote, readRefusal, refusalWrite } from './refusals.ts';
import { type Spender, spentSince } from './spent.ts';
import { type Charge, RECORD_SHAPE, recordParameters, type UsageRecord } from './usage-record.ts';

export type { AdmittedRequests } from './admitted.ts';
export type { CostOfDay } from './cost-by-day.ts';
export type { RefusalNote } from './refusals.ts';
export { CUT, MEASURES, TTFT_ENDS_MS } from './roll-up.ts';
export { type RollUpFinding, rollUpsAgree } from './roll-up-check.ts';
export type { Spender } from './spent.ts';
export type { Charge, UsageRecord } from './usage-record.ts';

/** What is known of a request when it leaves us. */
export interface RequestIntent {
  readonly id: string;
  readonly virtualKeyId: string;
  readonly userId: string;
  readonly providerId: string;
  readonly providerKeyId: string;
  /** The path below /v1, without query. */
  readonly endpoint: string;
  readonly model: string | null;
  readonly streamed: boolean;
  /** Estimated prompt tokens, and what they would cost (null: unpriced). */
  readonly inputEstimate: number;
  readonly priceId: string | null;
  readonly costSource: CostSource;
  readonly costEstimate: Nanos | null;
  /** What its prompt would be charged, never more than was held; null for callers without wallet or budget. */
  readonly charge: Charge | null;
  /** What whoever holds money needs to find its hold again: plain data that is handed back untouched. */
  readonly hold: unknown;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** A price in use, kept so that a bill can be computed again. `rates` are stored as JSON. */
export interface PriceInUse {
  readonly id: string;
  readonly source: string;
  readonly rates: object;
}

/** What is noted of a request, and the price that its prompt would be charged by. */
export interface Opening {
  readonly intent: RequestIntent;
  readonly price: PriceInUse | null;
}

export interface Records {
  /**
   * Notes that a request is about to leave. Nobody waits: the provider works meanwhile. What is noted is only made if
   * the note comes to be written, which it is not for a request that ends before.
   */
  open(id: string, make: () => Opening): void;
  /**
   * The record of an ended request; the commit that holds it `closes` the intent, by the record's id.
   * Written twice, it changes nothing.
   */
  finish(record: UsageRecord, price: PriceInUse | null): readonly Write[];
  /** Why a request was refused, to be committed with its record. */
  explain(id: string, note: RefusalNote): Write;
  /** Null for a request that was not refused, or of which nothing is kept any more. */
  refusalOf(id: string): Promise<RefusalNote | null>;
  /** Hears of each record in the moment in which it is finished, before it is written. Must be quick and not throw. */
  watch(hear: (record: UsageRecord) => void): void;
  /** What a key, or all keys of a user, spent since each of these UTC days: charged, else the provider's cost. */
  spentSince(whose: Spender, days: readonly number[]): Promise<readonly Nanos[]>;
  /** What a provider key cost since an instant, by UTC day; the first from that instant on. Unpriced requests add nothing. */
  costByDay(providerKeyId: string, since: number): Promise<readonly CostOfDay[]>;
  /**
   * Takes away the oldest records before an instant, at most `limit`; their sums stay.
   * @returns how many it were
   */
  prune(before: number, limit: number): Promise<number>;
  /** What was admitted since the UTC day began, for the counters of rates. To be asked before the first request. */
  admittedToday(): Promise<readonly AdmittedRequests[]>;
  /** The requests that an earlier process left open, and which are not on record. */
  leftOpen(): Promise<readonly RequestIntent[]>;
  /**
   * Turns each of them into one record marked `unfinished`.
   *
   * @param others writes that must stand with the records, such as what is charged
   */
  recover(left: readonly RequestIntent[], others?: readonly Write[]): Promise<void>;
}

export function createRecords(deps: { storage: Storage; clock: Clock }): Records {
  const { storage, clock } = deps;
  const insertRecord = compileOnce(
    storage.db
      .insertInto('usage_records')
      .values(RECORD_SHAPE)
      .onConflict((c) => c.doNothing()),
  );
  const insertPrice = compileOnce(
    storage.db
      .insertInto('prices')
      .values({ id: '', source: '', rates: '', first_used_at: 0 })
      .onConflict((c) => c.doNothing()),
  );
  storage.derive(insertRecord([]).sql, new URL('./roll-up-thread.ts', import.meta.url));
  const pricesNoted = new Set<string>();
  const listeners: ((record: UsageRecord) => void)[] = [];
  /** The row of a price, the first time that it is used. */
  const priceRow = (price: PriceInUse | null): readonly Write[] => {
    if (price === null || pricesNoted.has(price.id)) return [];
    pricesNoted.add(price.id);
    const { id, source, rates } = price;
    return [insertPrice([id, source, JSON.stringify(rates), clock.now()])];
  };

  return {
    open(id, make) {
      storage.note(id, () => {
        const { intent, price } = make();
        const row = priceRow(price);
        // Leaves with the note, kept until it is written; the state of the disk is told elsewhere.
        if (row.length > 0) storage.commit(row, { keep: true }).catch(() => undefined);
        return intent;
      });
    },
    explain: (id, note) => refusalWrite(storage, id, note),
    refusalOf: (id) => readRefusal(storage, id),
    finish(record, price) {
      for (const hear of listeners) hear(record);
      return [insertRecord(recordParameters(record)), ...priceRow(price)];
    },
    watch(hear) {
      listeners.push(hear);
    },
    spentSince: (whose, days) => spentSince(storage, whose, days),
    costByDay: (providerKeyId, since) =>
      costByDay(storage, providerKeyId, { since, now: clock.now() }),
    prune: (before, limit) => prune(storage, before, limit),
    admittedToday: () => admittedToday(storage, clock.now()),
    async leftOpen() {
      const left = storage.leftNotes.map(({ value }) => value as RequestIntent);
      const recorded = await recordedOf(storage, left);
      return left.filter(({ id }) => !recorded.has(id));
    },
    async recover(left, others = []) {
      if (storage.leftNotes.length === 0) return;
      const now = clock.now();
      const records = left.map((intent) => insertRecord(recordParameters(unfinished(intent, now))));
      await storage.commit([...records, ...others, storage.forgetLeftNotes]);
    },
  };
}

async function prune(storage: Storage, before: number, limit: number): Promise<number> {
  const { db } = storage;
  const oldest = await db
    .selectFrom('usage_records')
    .select('id')
    .where('id', '<', firstId('req', before))
    .orderBy('id')
    .limit(limit)
    .execute();
  const last = oldest.at(-1);
  if (last === undefined) return 0;
  await storage.commit([
    db.deleteFrom('usage_records').where('id', '<=', last.id).compile(),
    db.deleteFrom('refusals').where('request_id', '<=', last.id).compile(),
  ]);
  return oldest.length;
}

/** Which of these requests are on record: a note stays until all of its bundle are closed. */
async function recordedOf(
  storage: Storage,
  left: readonly RequestIntent[],
): Promise<ReadonlySet<string>> {
  const ids = JSON.stringify(left.map(({ id }) => id));
  const rows = await storage.db
    .selectFrom('usage_records')
    .select('id')
    .where('id', 'in', sql<string>`(select value from json_each(${ids}))`)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** The written policy for what a crash leaves open: its prompt as estimated, and nothing invented. */
function unfinished(intent: RequestIntent, now: number): UsageRecord {
  return {
    ...intent,
    servedModel: null,
    serviceTier: null,
    status: 0,
    outcome: 'unfinished',
    provenance: 'unfinished',
    tokens: { ...UNKNOWN_USAGE, input: intent.inputEstimate },
    cost: intent.costEstimate,
    flawed: false,
    failure: null,
    attempts: 1,
    upstreamId: null,
    ttftMs: null,
    durationMs: Math.max(0, now - intent.startedAt),
  };
}
