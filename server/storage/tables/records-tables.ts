/** Rows of the room `records`. Tokens, money and times are integers; null means not known. */
export interface UsageRecordsTable {
  id: string;
  virtual_key_id: string;
  user_id: string;
  provider_id: string | null;
  provider_key_id: string | null;
  /** The path below /v1, without query: `chat/completions`. */
  endpoint: string;
  model: string | null;
  served_model: string | null;
  streamed: number;
  /** The HTTP status that the caller saw. */
  status: number;
  outcome: string;
  provenance: string;
  input_tokens: number | null;
  cached_tokens: number | null;
  cache_write_5m_tokens: number | null;
  cache_write_1h_tokens: number | null;
  output_tokens: number | null;
  reasoning_tokens: number | null;
  /** What the provider charges, in nano-dollars; null means unpriced, which is not free. */
  cost_nanos: number | null;
  cost_source: string;
  price_id: string | null;
  /** What the caller's wallet and budgets were charged; null for callers without. */
  charge_nanos: number | null;
  /** What was held for it; less than the charge only where the provider billed beyond the worst case. */
  hold_nanos: number | null;
  /** `flat` or `cost`. */
  plan: string | null;
  /** 1 if the provider's report held an impossible number that was clamped. */
  flawed: number;
  /** The failure code, for outcomes other than `completed`. */
  failure: string | null;
  attempts: number;
  upstream_id: string | null;
  /** Milliseconds since the epoch. */
  started_at: number;
  /** Milliseconds from the request to the first byte of the answer. */
  ttft_ms: number | null;
  duration_ms: number;
  /** How it was served, in the provider's words: `priority`, `fast us`; null: as usual, or nobody said. */
  service_tier: string | null;
}

/** A price as it was when a record was charged with it, so that the bill can be computed again. */
export interface PricesTable {
  id: string;
  source: string;
  /** JSON: nano-dollars per million units, by class. */
  rates: string;
  first_used_at: number;
}

/** Why a request was refused; what is said here was said to its caller. */
export interface RefusalsTable {
  request_id: string;
  sentence: string;
  /** JSON: the rule with its figures; null where the sentence says all. */
  rule: string | null;
}
