/** Models with their prices and their use: those that providers list, and those that were asked for and nobody lists. */
import type { z } from 'zod';
import type { ModelOrder, priceList, pricesQuery } from '../../../contract/api/requests-api.ts';
import type { ServedModel } from '../../gateway/gateway.ts';
import {
  type Chart,
  type FiguresOrder,
  named,
  type Reports,
  spanOf,
} from '../../reports/reports.ts';
import { dollarsOf } from '../formats/dollars.ts';
import { inPortions } from '../formats/export.ts';
import { inOrder, type Rank } from '../formats/in-order.ts';

export type PricedModel = z.output<typeof priceList>['data']['models'][number];
type Query = z.output<typeof pricesQuery>;

const COLUMNS = [
  ...['id', 'name', 'provider', 'input_usd_per_mtok', 'cached_input_usd_per_mtok'],
  ...['output_usd_per_mtok', 'source', 'requests', 'unpriced_requests'],
];

export function priceFile(models: readonly PricedModel[]) {
  return { name: 'prices', columns: COLUMNS, pages: inPortions(models, (model) => model) };
}

/** What stands in the sums for a request that named no model. */
const NAMELESS = new Set(['', 'unknown']);

/** Of each model, how often it was used in the range. @throws Failure `validation_failed` for a range that cannot be */
export async function usesOf(
  reports: Pick<Reports, 'chart'>,
  selection: FiguresOrder['selection'],
  { start, end }: Pick<Query, 'start' | 'end'>,
  now: number,
): Promise<Chart['series']> {
  const span = spanOf({ start, end, zone: 'UTC', bucket: 'none' }, now);
  const top = Number.MAX_SAFE_INTEGER;
  // The sums of the spend hold both counts.
  const order = { span, selection, metric: 'spend', groups: ['model'], top } as const;
  return (await reports.chart(order)).series;
}

export function pricedModels(
  served: readonly ServedModel[],
  uses: Chart['series'],
  { q = '', state, sort }: Pick<Query, 'q' | 'state' | 'sort'>,
): readonly PricedModel[] {
  const counts = new Map(
    uses.map(({ names, measures, total }) => [names?.[0] ?? '', named(measures, total)]),
  );
  const listed = new Set(served.map(({ id }) => id));
  const unlisted = [...counts.keys()].filter((id) => !listed.has(id) && !NAMELESS.has(id));
  return [...served, ...unlisted.map((id) => ({ id }))]
    .map((model): PricedModel => {
      const { requests = 0, unpriced = 0 } = counts.get(model.id) ?? {};
      return { ...priceOf(model), requests, unpriced_requests: unpriced };
    })
    .filter((model) => isOfState(model, state) && isNamed(model, q))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .sort(inOrder(sort, RANKS));
}

function priceOf(model: ServedModel): Omit<PricedModel, 'requests' | 'unpriced_requests'> {
  return {
    id: model.id,
    name: model.name ?? null,
    provider: model.provider ?? null,
    input_usd_per_mtok: dollarsOf(model.inputNanosPerMillion),
    cached_input_usd_per_mtok: dollarsOf(model.cachedInputNanosPerMillion),
    output_usd_per_mtok: dollarsOf(model.outputNanosPerMillion),
    source: model.priceSource ?? null,
  };
}

function isNamed({ id, name }: PricedModel, text: string): boolean {
  return `${id}\n${name ?? ''}`.toLowerCase().includes(text.toLowerCase());
}

function isOfState({ requests, source }: PricedModel, state: Query['state']): boolean {
  if (state === undefined) return true;
  if (state === 'used') return requests > 0;
  return state === 'unpriced' ? source === null : source === state;
}

const amount = (text: string | null): number | null => (text === null ? null : Number(text));

const RANKS: Readonly<Record<ModelOrder, Rank<PricedModel>>> = {
  id: ({ id }) => id,
  provider: ({ provider }) => provider,
  input: (model) => amount(model.input_usd_per_mtok),
  cached: (model) => amount(model.cached_input_usd_per_mtok),
  output: (model) => amount(model.output_usd_per_mtok),
  requests: ({ requests }) => requests,
  unpriced: (model) => model.unpriced_requests,
};
