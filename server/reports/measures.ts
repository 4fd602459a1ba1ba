/** What can be asked of the sums: each metric with the measures that it is made of. */
import type { Metric } from '../../contract/api/figures-api.ts';
import { formatDollars, nanos } from '../../contract/money.ts';
import { MEASURES, TTFT_ENDS_MS } from '../records/records.ts';
import type { Measure, Sums } from './sums.ts';

/** Dollars as an exact decimal in text, anything else as a number; null where nothing is known. */
export type Value = string | number | null;

/** Sums by name; what was not read is not there. */
export type Figures = Readonly<Record<Measure, number>>;

export const ALL_MEASURES = MEASURES as readonly Measure[];
const TTFT_MEASURES = ALL_MEASURES.filter((name) => name.startsWith('ttft_'));

export interface MetricRule {
  readonly measures: readonly Measure[];
  readonly value: (figures: Figures) => Value;
  /** By what series are put in order: their value, or their requests where the value is no sum. */
  readonly weight: (figures: Figures) => number;
}

const count = (...measures: readonly Measure[]): MetricRule => {
  const total = (figures: Figures): number =>
    measures.reduce((sum, measure) => sum + figures[measure], 0);
  return { measures, value: total, weight: total };
};

const dollars = (measure: Measure): MetricRule => ({
  measures: [measure],
  value: (figures) => formatDollars(nanos(figures[measure])),
  weight: (figures) => figures[measure],
});

const ttft = (share: number): MetricRule => ({
  measures: ['requests', ...TTFT_MEASURES],
  value: (figures) => ttftQuantile(figures, share),
  weight: ({ requests }) => requests,
});

export const METRIC_RULES: Readonly<Record<Metric, MetricRule>> = {
  spend: {
    measures: ['cost_nanos', 'requests', 'unpriced'],
    value: (figures) => (isUnpriced(figures) ? null : formatDollars(nanos(figures.cost_nanos))),
    weight: ({ cost_nanos }) => cost_nanos,
  },
  charge: dollars('charge_nanos'),
  average_spend: {
    measures: ['requests', 'cost_nanos'],
    value: ({ requests, cost_nanos }) =>
      requests === 0 ? null : formatDollars(nanos(Math.round(cost_nanos / requests))),
    weight: ({ requests }) => requests,
  },
  requests: count('requests'),
  errors: count('errors'),
  refused: count('refused'),
  unpriced_requests: count('unpriced'),
  tokens: count('input_tokens', 'output_tokens'),
  tokens_input: count('input_tokens'),
  tokens_cached: count('cached_tokens'),
  tokens_output: count('output_tokens'),
  tokens_reasoning: count('reasoning_tokens'),
  error_rate: {
    measures: ['requests', 'unowed', 'errors'],
    value: errorRate,
    weight: ({ requests, unowed }) => requests + unowed,
  },
  ttft_p50: ttft(0.5),
  ttft_p95: ttft(0.95),
};

/** Nothing is known of the cost: not one of the requests has a price. */
function isUnpriced({ requests, unpriced }: Figures): boolean {
  return requests > 0 && unpriced === requests;
}

/** Errors among all that left us; null if nothing did. */
export function errorRate({ requests, unowed, errors }: Figures): number | null {
  const sent = requests + unowed;
  return sent === 0 ? null : errors / sent;
}

/**
 * The time that this share of the requests had their first byte within, in whole milliseconds; null if none had one.
 * Within a class the times are taken to be spread as its width grows, evenly on a logarithmic scale.
 */
export function ttftQuantile(figures: Figures, share: number): number | null {
  const counts = TTFT_MEASURES.map((measure) => figures[measure]);
  const total = counts.reduce((sum, one) => sum + one, 0);
  if (total === 0) return null;
  let rank = share * total;
  for (const [index, one] of counts.entries()) {
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

export const NOTHING = Object.freeze(
  Object.fromEntries(ALL_MEASURES.map((measure) => [measure, 0])),
) as Figures;

/** Sums as they were read, by name; any other measure is not there. */
export function named(measures: readonly Measure[], sums: Sums): Figures {
  const figures = {} as Record<Measure, number>;
  measures.forEach((measure, index) => {
    figures[measure] = sums[index] ?? 0;
  });
  return figures;
}

/** Of many sums of the same measures. */
export function totalOfAll(all: readonly Figures[]): Figures {
  const parts = all.filter((part) => part !== NOTHING);
  const [first, ...rest] = parts;
  if (first === undefined) return NOTHING;
  const figures = { ...first } as Record<Measure, number>;
  const measures = Object.keys(first) as Measure[];
  for (const part of rest) for (const measure of measures) figures[measure] += part[measure];
  return figures;
}

/** Of two sums of the same measures. */
export function added(a: Figures, b: Figures): Figures {
  if (a === NOTHING) return b;
  if (b === NOTHING) return a;
  const figures = { ...a } as Record<Measure, number>;
  for (const measure in b) figures[measure as Measure] += b[measure as Measure];
  return figures;
}

/** What is left of a sum without parts of it, in these measures only. */
export function without(
  whole: Figures,
  parts: readonly Figures[],
  measures: readonly Measure[],
): Figures {
  const figures = {} as Record<Measure, number>;
  for (const measure of measures) {
    let left = whole[measure];
    for (const part of parts) left -= part[measure];
    figures[measure] = left;
  }
  return figures;
}
