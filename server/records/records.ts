/**
 * The door of `records`: what happened, one usage record for each request, and the intents of those
 * that have not ended. Its verbs return writes; whoever holds the whole act commits them together.
 */
import type { Nanos } from '../../contract/money.ts';
import type { CostSource, Outcome, Provenance, TokenUsage } from '../../contract/usage.ts';
import type { Clock } from '../clock.ts';
import { compileOnce, type Storage, type Write } from '../storage/storage.ts';
import type { RequestIntentsTable, UsageRecordsTable } from '../storage/tables/records-tables.ts';

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
  readonly costEstimate: Nanos | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** One metered request, ended. */
export interface UsageRecord {
  readonly id: string;
  readonly virtualKeyId: string;
  readonly userId: string;
  /** Null where the request never left us. */
  readonly providerId: string | null;
  readonly providerKeyId: string | null;
  readonly endpoint: string;
  readonly model: string | null;
  readonly servedModel: string | null;
  readonly streamed: boolean;
  /** The HTTP status that the caller saw. */
  readonly status: number;
  readonly outcome: Outcome;
  readonly provenance: Provenance;
  readonly tokens: TokenUsage;
  /** The provider's cost; null means unpriced, which is not free. */
  readonly cost: Nanos | null;
  readonly costSource: CostSource;
  readonly priceId: string | null;
  readonly flawed: boolean;
  readonly failure: string | null;
  readonly attempts: number;
  /** The upstream's own id of the answer, for comparison with its bill. */
  readonly upstreamId: string | null;
  readonly startedAt: number;
  readonly ttftMs: number | null;
  readonly durationMs: number;
}

/** A price in use, kept so that a bill can be computed again. `rates` is its JSON. */
export interface PriceInUse {
  readonly id: string;
  readonly source: string;
  readonly rates: string;
}

export interface Records {
  /** Notes that a request is about to leave. Dropped again if the request ends before it was written. */
  open(intent: RequestIntent): Write;
  /** The record of an ended request; closes its intent. Written twice, it changes nothing. */
  finish(record: UsageRecord, price: PriceInUse | null): readonly Write[];
  /**
   * Turns each intent that an earlier process left open into one record marked `unfinished`.
   *
   * @returns how many there were
   */
  recover(): Promise<number>;
}

export function createRecords(deps: { storage: Storage; clock: Clock }): Records {
  const { storage, clock } = deps;
  const openIntent = compileOnce(storage.db.insertInto('request_intents').values(INTENT_SHAPE));
  const closeIntent = compileOnce(storage.db.deleteFrom('request_intents').where('id', '=', ''));
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
  const pricesNoted = new Set<string>();

  const finish: Records['finish'] = (record, price) => {
    const writes: Write[] = [
      insertRecord(recordParameters(record)),
      { ...closeIntent([record.id]), closes: record.id },
    ];
    if (price !== null && !pricesNoted.has(price.id)) {
      pricesNoted.add(price.id);
      const { id, source, rates } = price;
      writes.push(insertPrice([id, source, rates, clock.now()]));
    }
    return writes;
  };

  return {
    open: (intent) => ({ ...openIntent(intentParameters(intent)), opens: intent.id }),
    finish,
    async recover() {
      const left = await storage.db.selectFrom('request_intents').selectAll().execute();
      const now = clock.now();
      await storage.commit(left.flatMap((intent) => finish(unfinished(intent, now), null)));
      return left.length;
    },
  };
}

/** The written policy for what a crash leaves open: its prompt as estimated, and nothing invented. */
function unfinished(intent: RequestIntentsTable, now: number): UsageRecord {
  return {
    id: intent.id,
    virtualKeyId: intent.virtual_key_id,
    userId: intent.user_id,
    providerId: intent.provider_id,
    providerKeyId: intent.provider_key_id,
    endpoint: intent.endpoint,
    model: intent.model,
    servedModel: null,
    streamed: intent.streamed === 1,
    status: 0,
    outcome: 'unfinished',
    provenance: 'unfinished',
    tokens: {
      input: intent.input_estimate,
      cachedInput: null,
      cacheWrite5m: null,
      cacheWrite1h: null,
      output: null,
      reasoning: null,
    },
    cost: intent.cost_estimate_nanos as Nanos | null,
    costSource: intent.cost_estimate_nanos === null ? 'unpriced' : 'catalogue',
    priceId: intent.price_id,
    flawed: false,
    failure: null,
    attempts: 1,
    upstreamId: null,
    startedAt: intent.started_at,
    ttftMs: null,
    durationMs: Math.max(0, now - intent.started_at),
  };
}

/** Column order of the two hot inserts: keys here, values in the functions below, in the same order. */
const INTENT_SHAPE: RequestIntentsTable = {
  id: '',
  virtual_key_id: '',
  user_id: '',
  provider_id: '',
  provider_key_id: '',
  endpoint: '',
  model: '',
  streamed: 0,
  input_estimate: 0,
  price_id: '',
  cost_estimate_nanos: 0,
  started_at: 0,
};

function intentParameters(intent: RequestIntent): readonly unknown[] {
  return [
    intent.id,
    intent.virtualKeyId,
    intent.userId,
    intent.providerId,
    intent.providerKeyId,
    intent.endpoint,
    intent.model,
    intent.streamed ? 1 : 0,
    intent.inputEstimate,
    intent.priceId,
    intent.costEstimate,
    intent.startedAt,
  ];
}

const RECORD_SHAPE: UsageRecordsTable = {
  id: '',
  virtual_key_id: '',
  user_id: '',
  provider_id: '',
  provider_key_id: '',
  endpoint: '',
  model: '',
  served_model: '',
  streamed: 0,
  status: 0,
  outcome: '',
  provenance: '',
  input_tokens: 0,
  cached_tokens: 0,
  cache_write_5m_tokens: 0,
  cache_write_1h_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  cost_nanos: 0,
  cost_source: '',
  price_id: '',
  flawed: 0,
  failure: '',
  attempts: 0,
  upstream_id: '',
  started_at: 0,
  ttft_ms: 0,
  duration_ms: 0,
};

function recordParameters(record: UsageRecord): readonly unknown[] {
  const { tokens } = record;
  return [
    record.id,
    record.virtualKeyId,
    record.userId,
    record.providerId,
    record.providerKeyId,
    record.endpoint,
    record.model,
    record.servedModel,
    record.streamed ? 1 : 0,
    record.status,
    record.outcome,
    record.provenance,
    tokens.input,
    tokens.cachedInput,
    tokens.cacheWrite5m,
    tokens.cacheWrite1h,
    tokens.output,
    tokens.reasoning,
    record.cost,
    record.costSource,
    record.priceId,
    record.flawed ? 1 : 0,
    record.failure,
    record.attempts,
    record.upstreamId,
    record.startedAt,
    record.ttftMs,
    record.durationMs,
  ];
}
