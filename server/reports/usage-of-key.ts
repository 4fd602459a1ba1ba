/** What one key used, in all and by model. */
import { type Nanos, shown, sum } from '../../contract/money.ts';
import type { Sums } from './addition.ts';
import { edgesOf } from './edges.ts';
import { everyDay, type Measure, sumsByName } from './sums.ts';
import type { SumsSource } from './sums-source.ts';
import { compareText } from './text-order.ts';

export interface UsageFigures {
  readonly requests: number;
  readonly unpricedRequests: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cost: Nanos;
}

export interface KeyUsage extends UsageFigures {
  /** The dearest model first. A request that named no model is under `unknown`. */
  readonly byModel: readonly (UsageFigures & { readonly model: string })[];
  /** Milliseconds since the epoch. */
  readonly firstRequestAt: number | null;
  readonly lastRequestAt: number | null;
}

const MEASURES: readonly Measure[] = [
  'requests',
  'unpriced',
  'input_tokens',
  'output_tokens',
  'cost_nanos',
];

export async function usageOfKey(source: SumsSource, keyId: string): Promise<KeyUsage> {
  const selection = { userId: null, names: { key: keyId } };
  const [found, edges] = await Promise.all([
    everyDay(source.db).then((days) =>
      sumsByName(source, days, { groups: ['model'], selection, measures: MEASURES }),
    ),
    edgesOf(source.db, [keyId]),
  ]);
  const byModel = found
    .map(({ names: [model = ''], sums }) => ({ model, ...figuresOf(sums) }))
    .filter(({ requests }) => requests > 0)
    .sort((a, b) => b.cost - a.cost || compareText(a.model, b.model));
  return {
    ...totalOf(byModel),
    byModel,
    firstRequestAt: edges.first,
    lastRequestAt: edges.last,
  };
}

function figuresOf([
  requests = 0,
  unpriced = 0,
  prompt = 0,
  completion = 0,
  cost = 0,
]: Sums): UsageFigures {
  return {
    requests,
    unpricedRequests: unpriced,
    promptTokens: prompt,
    completionTokens: completion,
    cost: shown(cost),
  };
}

function totalOf(parts: readonly UsageFigures[]): UsageFigures {
  const add = (figure: (part: UsageFigures) => number): number =>
    parts.reduce((total, part) => total + figure(part), 0);
  return {
    requests: add((part) => part.requests),
    unpricedRequests: add((part) => part.unpricedRequests),
    promptTokens: add((part) => part.promptTokens),
    completionTokens: add((part) => part.completionTokens),
    cost: sum(...parts.map((part) => part.cost)),
  };
}
