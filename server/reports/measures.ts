/** What can be asked of the sums: each metric with the measures that it is made of. */
import type { Metric } from '../../contract/api/figures-api.ts';
import { formatDollars, shown } from '../../contract/money.ts';
import { MEASURES, TTFT_ENDS_MS } from '../records/records.ts';
import type { Sums } from './addition.ts';
import type { Measure } from './sums.ts';

/** Dollars as an exact decimal in text, anything else as a number; null where nothing is known. */
export type Value = string | number | null;

/** Sums by name. */
export type Figures = Readonly<Record<Measure, number>>;

export const ALL_MEASURES = MEASURES as readonly Measure[];
const TTFT_MEASURES = ALL_MEASURES.filter((name) => name.startsWith('ttft_'));

export interface MetricRule {
  readonly measures: readonly Measure[];
  /** Of the sums of these measures; what follows them is not looked at. */
  readonly value: (sums: Sums) => Value;
  /** By what series are put in order: their value, or their requests where the value is no sum. */
  readonly weight: (sums: Sums) => number;
}

const first = (sums: Sums): number => sums[0] ?? 0;

const count = (measure: Measure): MetricRule => ({
  measures: [measure],
  value: first,
  weight: first,
});

const dollars = (amount: number): string => formatDollars(shown(amount));

const bothTokens = ([input = 0, output = 0]: Sums): number => input + output;

const ttft = (share: number): MetricRule => ({
  measures: [...TTFT_MEASURES, 'requests'],
  value: (sums) => quantile(sums, share),
  weight: (sums) => sums[TTFT_MEASURES.length] ?? 0,
});

export const METRIC_RULES: Readonly<Record<Metric, MetricRule>> = {
  spend: {
    measures: ['cost_nanos', 'requests', 'unpriced'],
    // Where not one of the requests has a price, nothing is known of the cost.
    value: ([cost = 0, requests = 0, unpriced = 0]) =>
      requests > 0 && unpriced === requests ? null : dollars(cost),
    weight: first,
  },
  charge: { measures: ['charge_nanos'], value: ([charge = 0]) => dollars(charge), weight: first },
  average_spend: {
    measures: ['requests', 'cost_nanos'],
    value: ([requests = 0, cost = 0]) =>
      requests === 0 ? null : dollars(Math.round(cost / requests)),
    weight: first,
  },
  requests: count('requests'),
  errors: count('errors'),
  refused: count('refused'),
  unpriced_requests: count('unpriced'),
  tokens: {
    measures: ['input_tokens', 'output_tokens'],
    value: bothTokens,
    weight: bothTokens,
  },
  tokens_input: count('input_tokens'),
  tokens_cached: count('cached_tokens'),
  tokens_output: count('output_tokens'),
  tokens_reasoning: count('reasoning_tokens'),
  error_rate: {
    measures: ['requests', 'unowed', 'errors'],
    value: ([requests = 0, unowed = 0, errors = 0]) => errorRate({ requests, unowed, errors }),
    weight: ([requests = 0, unowed = 0]) => requests + unowed,
  },
  ttft_p50: ttft(0.5),
  ttft_p95: ttft(0.95),
};

/** How a metric is read from the sums of these measures, of which it may need a part. */
export function readerOf(metric: Metric, measures: readonly Measure[]): (sums: Sums) => Value {
  const { measures: needed, value } = METRIC_RULES[metric];
  const pick = picking(needed, measures);
  return (sums) => value(pick(sums));
}

/** Takes the sums of some measures out of those of others. */
export function picking(
  needed: readonly Measure[],
  measures: readonly Measure[],
): (sums: Sums) => Sums {
  const places = needed.map((measure) => measures.indexOf(measure));
  const isFirst = places.every((place, index) => place === index);
  return isFirst ? (sums) => sums : (sums) => places.map((place) => sums[place] ?? 0);
}

/** Sums of these measures by name; any other is not there. */
export function named(measures: readonly Measure[], sums: Sums): Figures {
  const entries = measures.map((measure, place) => [measure, sums[place] ?? 0]);
  return Object.fromEntries(entries) as Figures;
}

/** Errors among all that left us; null if nothing did. */
export function errorRate({
  requests,
  unowed,
  errors,
}: Pick<Figures, 'requests' | 'unowed' | 'errors'>): number | null {
  const sent = requests + unowed;
  return sent === 0 ? null : errors / sent;
}

/** The time that this share of the requests had their first byte within, in whole milliseconds; null if none had one. */
export function ttftQuantile(figures: Figures, share: number): number | null {
  return quantile(
    TTFT_MEASURES.map((measure) => figures[measure]),
    share,
  );
}

/** Within a class the times are taken to be spread as its width grows, evenly on a logarithmic scale. */
function quantile(counts: Sums, share: number): number | null {
  let total = 0;
  for (let index = 0; index < TTFT_MEASURES.length; index++) total += counts[index] ?? 0;
  if (total === 0) return null;
  let rank = share * total;
  for (let index = 0; index < TTFT_MEASURES.length; index++) {
    const one = counts[index] ?? 0;
    if (rank > one || one === 0) {
      rank -= one;
      continue;
    }
    const end = TTFT_ENDS_MS[index];
    const start = TTFT_ENDS_MS[index - 1];
    // The last class has no end: what is known is that it took longer than its start.
    if (end === undefined) return start ?? null;
    const within = rank / one;
    return Math.round(start === undefined ? end * within : start * (end / start) ** within);
  }
  return TTFT_ENDS_MS.at(-1) ?? null;
}
