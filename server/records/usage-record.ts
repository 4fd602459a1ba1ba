/** A usage record, and the row that it becomes. */
import type { Nanos } from '../../contract/money.ts';
import type { CostSource, Outcome, Provenance, TokenUsage } from '../../contract/usage.ts';
import type { UsageRecordsTable } from '../storage/tables/records-tables.ts';

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
  /** How it was served, in the provider's words; null: as usual, or nobody said. */
  readonly serviceTier: string | null;
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
  readonly charge: Charge | null;
  readonly flawed: boolean;
  readonly failure: string | null;
  readonly attempts: number;
  /** The upstream's own id of the answer, for comparison with its bill. */
  readonly upstreamId: string | null;
  readonly startedAt: number;
  readonly ttftMs: number | null;
  readonly durationMs: number;
}

/** What a caller with a wallet or a budget pays. */
export interface Charge {
  readonly amount: Nanos;
  readonly held: Nanos;
  readonly plan: string;
}

/** Column order of the hot insert: names here, values in the function below, in the same order. */
export const RECORD_SHAPE: UsageRecordsTable = {
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
  charge_nanos: 0,
  hold_nanos: 0,
  plan: '',
  flawed: 0,
  failure: '',
  attempts: 0,
  upstream_id: '',
  started_at: 0,
  ttft_ms: 0,
  duration_ms: 0,
  service_tier: '',
};

export function recordParameters(record: UsageRecord): readonly unknown[] {
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
    record.charge?.amount ?? null,
    record.charge?.held ?? null,
    record.charge?.plan ?? null,
    record.flawed ? 1 : 0,
    record.failure,
    record.attempts,
    record.upstreamId,
    record.startedAt,
    record.ttftMs,
    record.durationMs,
    record.serviceTier,
  ];
}
