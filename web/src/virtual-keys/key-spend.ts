import { FIGURES_API } from '../../../contract/api/figures-api.ts';
import { useAsk } from '../client.ts';

export interface KeySpend {
  /** Dollars by the id of the key. */
  readonly of: ReadonlyMap<string, string>;
  /** Of keys that are not named: none spent more than this. Null: they spent nothing. */
  readonly atMost: string | null;
}

/** As many keys as a figure may name. */
const NAMED = 50;

/** What keys spent in the last 30 days; null until it is known. */
export function useKeySpend(userId: string | undefined): KeySpend | null {
  const { data } = useAsk(FIGURES_API.figures, {
    query: { metric: 'spend', group: 'key', bucket: 'none', top: NAMED, user_id: userId },
  });
  if (data === undefined) return null;
  const { series } = data.data;
  const named = series.filter(({ kind }) => kind === 'group');
  const smallest = named.at(-1)?.value ?? null;
  return {
    of: new Map(named.map(({ group, value }) => [group?.id ?? '', String(value ?? 0)])),
    atMost: named.length < series.length ? String(smallest ?? 0) : null,
  };
}
