/** What a usage record adds to which sums. The thread that writes loads this, so it imports next to nothing. */

import { HOUR_MS } from '../clock.ts';
import type { UsageRecordsTable } from '../storage/tables/records-tables.ts';
import { RECORD_SHAPE } from './usage-record.ts';

/** A value of the row of a record, as it was bound. */
export type RecordValue = string | number | null;

/** User, virtual key, provider, provider key and model; empty for what is not told. */
export type Dimensions = readonly [string, string, string, string, string];

export const dimensionNames = [
  'user_id',
  'virtual_key_id',
  'provider_id',
  'provider_key_id',
  'model',
] as const;

/**
 * The ways in which each record is summed, by the numbers of `usage_cells.cut`: only providers and their keys count, only
 * models, only users and their virtual keys, or everything.
 */
export const CUT = { providerKey: 0, model: 1, caller: 2, whole: 3 } as const;

/** What of a record's dimensions each cut keeps. */
export const CUTS: readonly {
  readonly cut: number;
  readonly narrow: (all: Dimensions) => Dimensions;
}[] = [
  {
    cut: CUT.providerKey,
    narrow: ([, , provider, providerKey]) => ['', '', provider, providerKey, ''],
  },
  { cut: CUT.model, narrow: ([, , , , model]) => ['', '', '', '', model] },
  { cut: CUT.caller, narrow: ([user, key]) => [user, key, '', '', ''] },
  { cut: CUT.whole, narrow: (all) => all },
];

/**
 * Upper ends of the classes of the time to the first byte, in milliseconds, in steps of about √2: from their counts any
 * quantile can be read to a few per cent, over any period and any group. The last class has no end.
 */
export const TTFT_ENDS_MS = [
  ...[50, 71, 100, 141, 200, 283, 400, 566, 800, 1_131, 1_600, 2_263, 3_200, 4_525],
  ...[6_400, 9_051, 12_800, 25_600, 51_200],
] as const;

const AMOUNTS = [
  'requests',
  'unowed',
  'refused',
  'errors',
  'unpriced',
  'input_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_nanos',
  'charge_nanos',
  'spent_nanos',
] as const;

/** Columns of the sums, in the order of {@link Measures}. */
export const MEASURES: readonly string[] = [
  ...AMOUNTS,
  ...Array.from(
    { length: TTFT_ENDS_MS.length + 1 },
    (_, index) => `ttft_${String(index).padStart(2, '0')}`,
  ),
];

/** The place of each amount among the {@link Measures}. */
const to = Object.fromEntries(AMOUNTS.map((name, index) => [name, index])) as Record<
  (typeof AMOUNTS)[number],
  number
>;

/** One number for each of {@link MEASURES}. */
export type Measures = number[];

/** The place of each column in the row of a record. */
const at = Object.fromEntries(
  Object.keys(RECORD_SHAPE).map((name, index) => [name, index]),
) as Record<keyof UsageRecordsTable, number>;

/** Where a record belongs. */
export function placeOf(row: readonly RecordValue[]): { hour: number; names: Dimensions } {
  const text = (index: number): string => (row[index] ?? '') as string;
  const model = row[at.model] ?? row[at.served_model] ?? 'unknown';
  return {
    hour: Math.floor((row[at.started_at] as number) / HOUR_MS),
    names: [
      text(at.user_id),
      text(at.virtual_key_id),
      text(at.provider_id),
      text(at.provider_key_id),
      model as string,
    ],
  };
}

/** What a record adds there. Whatever nothing was owed for is counted, and adds to no other figure. */
export function measuresOf(row: readonly RecordValue[]): Measures {
  const sums: Measures = new Array(MEASURES.length).fill(0);
  const outcome = row[at.outcome];
  const isRefused = outcome === 'refused';
  const isOwed = !isRefused && row[at.cost_source] !== 'none';
  sums[to.requests] = isOwed ? 1 : 0;
  sums[to.unowed] = isRefused || isOwed ? 0 : 1;
  sums[to.refused] = isRefused ? 1 : 0;
  sums[to.errors] = outcome === 'failed' || outcome === 'unfinished' ? 1 : 0;
  if (!isOwed) return sums;
  const number = (index: number): number => (row[index] ?? 0) as number;
  sums[to.unpriced] = row[at.cost_nanos] === null ? 1 : 0;
  sums[to.input_tokens] = number(at.input_tokens);
  sums[to.cached_tokens] = number(at.cached_tokens);
  sums[to.cache_write_tokens] = number(at.cache_write_5m_tokens) + number(at.cache_write_1h_tokens);
  sums[to.output_tokens] = number(at.output_tokens);
  sums[to.reasoning_tokens] = number(at.reasoning_tokens);
  sums[to.cost_nanos] = number(at.cost_nanos);
  sums[to.charge_nanos] = number(at.charge_nanos);
  sums[to.spent_nanos] = number(row[at.charge_nanos] === null ? at.cost_nanos : at.charge_nanos);
  const ttft = row[at.ttft_ms];
  if (typeof ttft === 'number') sums[AMOUNTS.length + ttftClass(ttft)] = 1;
  return sums;
}

function ttftClass(ttftMs: number): number {
  const index = TTFT_ENDS_MS.findIndex((end) => ttftMs <= end);
  return index < 0 ? TTFT_ENDS_MS.length : index;
}
