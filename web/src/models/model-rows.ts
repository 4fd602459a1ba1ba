/** Models with their prices and their use: those that providers list, and those that were asked for and nobody lists. */
import type { z } from 'zod';
import type { priceList } from '../../../contract/api/requests-api.ts';
import type { FiguresReply } from '../ui/figures-series.ts';

export type PriceList = z.output<typeof priceList>['data'];
type ListedModel = PriceList['models'][number];

export interface ModelRow extends ListedModel {
  /** Of the period; 0 where it was not asked for. */
  readonly requests: number;
  readonly unpriced: number;
}

/** What stands in the sums for a request that named no model. */
const NAMELESS = 'unknown';

function countsIn(reply: FiguresReply | undefined): ReadonlyMap<string, number> {
  const series = reply?.data.series ?? [];
  return new Map(
    series.flatMap(({ group, value }) => (group === null ? [] : [[group.id, Number(value)]])),
  );
}

export function modelRows(of: {
  readonly models: readonly ListedModel[];
  readonly requests: FiguresReply | undefined;
  readonly unpriced: FiguresReply | undefined;
}): readonly ModelRow[] {
  const requests = countsIn(of.requests);
  const unpriced = countsIn(of.unpriced);
  const listed = new Set(of.models.map(({ id }) => id));
  const unlisted = [...requests.keys()].filter(
    (id) => !listed.has(id) && id !== NAMELESS && id !== '',
  );
  const none = { input_usd_per_mtok: null, cached_input_usd_per_mtok: null };
  const nobody = { name: null, provider: null, output_usd_per_mtok: null, source: null };
  return [...of.models, ...unlisted.map((id) => ({ ...none, ...nobody, id }))].map((model) => ({
    ...model,
    requests: requests.get(model.id) ?? 0,
    unpriced: unpriced.get(model.id) ?? 0,
  }));
}

export const STATES = ['used', 'unpriced', 'setting', 'catalogue', 'free'] as const;
export type State = (typeof STATES)[number];

export function isOfState(row: ModelRow, state: State | undefined): boolean {
  if (state === undefined) return true;
  if (state === 'used') return row.requests > 0;
  return state === 'unpriced' ? row.source === null : row.source === state;
}

const ORDERS = {
  id: (row: ModelRow) => row.id,
  provider: (row: ModelRow) => row.provider,
  input: (row: ModelRow) => amount(row.input_usd_per_mtok),
  cached: (row: ModelRow) => amount(row.cached_input_usd_per_mtok),
  output: (row: ModelRow) => amount(row.output_usd_per_mtok),
  requests: (row: ModelRow) => row.requests,
  unpriced: (row: ModelRow) => row.unpriced,
} as const;

const amount = (text: string | null): number | null => (text === null ? null : Number(text));

/** @param sort a column, with `-` before it for descending; null: the most used first. What is not known comes last. */
export function sorted(rows: readonly ModelRow[], sort: string | null): readonly ModelRow[] {
  const name = (sort ?? '-requests').replace(/^-/, '');
  const of = Object.hasOwn(ORDERS, name) ? ORDERS[name as keyof typeof ORDERS] : ORDERS.requests;
  const sign = (sort ?? '-').startsWith('-') ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [of(a), of(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || byId(a, b);
    const order = typeof x === 'string' ? x.localeCompare(String(y)) : x - Number(y);
    return sign * order || byId(a, b);
  });
}

const byId = (a: ModelRow, b: ModelRow): number => a.id.localeCompare(b.id);
