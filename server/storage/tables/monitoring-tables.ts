/** Rows of the room `monitoring`. Money is nano-units of `currency`, times are milliseconds since the epoch; null means not known. */
export interface KeyHealthTable {
  provider_key_id: string;
  /** The host that is asked about it; what is asked of one host shares one rate. Empty while nothing is to be asked. */
  lane: string;
  /** Marks the secret that all this is known of; null: noted before secrets were marked. */
  secret_mark: string | null;
  /** When that secret took the place of another; null: it never did. */
  secret_since: number | null;
  /** `healthy`, `low`, `exhausted`, `invalid`, `unreachable` or `unknown`. */
  status: string;
  /** Clear refusals of the key, and failures to learn anything, since the last good answer. */
  refusals: number;
  failures: number;
  /** Checks of any outcome since the last good answer. */
  strikes: number;
  /** `ordinary` or `management`. */
  kind: string | null;
  /** What the last check was told, in a sentence of ours. */
  message: string | null;
  /** The last balance that was known; a failed check leaves it alone. */
  balance_nanos: number | null;
  currency: string | null;
  source: string | null;
  balance_at: number | null;
  last_checked_at: number | null;
  last_ok_at: number | null;
  runway_hours: number | null;
  runway_low_hours: number | null;
  runway_high_hours: number | null;
  /** From what the timetable was made: a key whose rules have changed is planned anew. */
  rules: string;
  /** When each kind of work is due; null: never. `due_at` is the first of them. */
  check_at: number | null;
  validate_at: number | null;
  sync_at: number | null;
  probe_at: number | null;
  due_at: number | null;
  /** When the timetable was written: one that comes from the future was written by a clock that was wrong. */
  scheduled_at: number;
  /** Whose turn it is, and until when the others keep off. */
  lease_by: string | null;
  lease_until: number | null;
}

export interface BalanceReadingsTable {
  provider_key_id: string;
  at: number;
  /** 1 if the provider said that the key is good. */
  ok: number;
  balance_nanos: number | null;
  currency: string | null;
  /** `reported`, `anchored` or `estimated`. */
  source: string;
  /** The health of the key after this reading. */
  status: string;
  error: string | null;
}

/** What a provider says was used, by key, UTC day and model. */
export interface ProviderUsageTable {
  provider_key_id: string;
  /** `2026-11-20`. */
  date: string;
  /** The provider's own name; `*` where it does not split by model. */
  model: string;
  requests: number | null;
  /** Cached tokens included. */
  input_tokens: number | null;
  cached_tokens: number | null;
  output_tokens: number | null;
  reasoning_tokens: number | null;
  cost_nanos: number | null;
  currency: string;
  /** 0 while the provider may still change the day. */
  complete: number;
  synced_at: number;
}

export interface ProbesTable {
  id: string;
  provider_key_id: string;
  at: number;
  model: string;
  ok: number;
  input_tokens: number | null;
  output_tokens: number | null;
  /** Nano-dollars; null means unpriced, which is not free. */
  cost_nanos: number | null;
  cost_source: string;
  latency_ms: number;
  error: string | null;
}

/** When work that comes round was done last. */
export interface ChoreRunsTable {
  chore: string;
  ran_at: number;
}
