/** Sums of usage records, of the room `records`. Times are counted in whole hours or days since the epoch, UTC. */

/**
 * What is summed apart. A cut says which of these names count: 0 provider and provider key, 1 model, 2 user and
 * virtual key, 3 all of them. A name that does not count in its cut is empty, and so is one that a record lacks.
 */
export interface UsageCellsTable {
  id: number;
  cut: number;
  user_id: string;
  virtual_key_id: string;
  provider_id: string;
  provider_key_id: string;
  model: string;
}

export interface RollUpTable extends Record<TtftColumn, number> {
  /** Hours or days since the epoch in which the requests started. */
  bucket: number;
  /** The cut of the cell, here too so that the rows of one cut lie together. */
  cut: number;
  cell: number;
  /** Those that something was owed for; all figures below but `errors` are theirs. */
  requests: number;
  /** Those that left us and cost nothing: free at every provider, or failed before anything was served. */
  unowed: number;
  /** Those that never left us. */
  refused: number;
  /** Those that failed, whether something was served or not. */
  errors: number;
  unpriced: number;
  input_tokens: number;
  cached_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  cost_nanos: number;
  charge_nanos: number;
  /** The charge of each, or its cost where nobody was charged. */
  spent_nanos: number;
}

/** How many requests had their first byte in each class of time; see `TTFT_ENDS_MS` of the room. */
export type TtftColumn =
  `ttft_${'0' | '1'}${'0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'}`;

/** What each single record adds, and where: the view that the sums are made from and checked against. */
export interface UsageMeasuresView
  extends Omit<RollUpTable, 'bucket' | 'cut' | 'cell'>,
    Omit<UsageCellsTable, 'id' | 'cut'> {
  hour: number;
  day: number;
}
