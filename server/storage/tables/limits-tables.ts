/** Rows of the room `limits`. A limit that is null does not exist. */
export interface RateLimitsTable {
  /** `key` or `user`. */
  scope: string;
  /** The id of the virtual key or of the user. */
  scope_id: string;
  requests_per_minute: number | null;
  requests_per_hour: number | null;
  requests_per_day: number | null;
  tokens_per_minute: number | null;
  tokens_per_hour: number | null;
  tokens_per_day: number | null;
  /** How many requests may be under way at once. */
  max_concurrent: number | null;
  /** Milliseconds since the epoch. */
  changed_at: number;
}
