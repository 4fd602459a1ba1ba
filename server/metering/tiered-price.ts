/** The price of a model that is served in another way than usual. */
import type { ServiceTier } from '../../contract/usage.ts';
import { type Axis, type Factor, type Found, isDearer, tierPrice } from './price-tiers.ts';
import type { Price, Rates } from './rate.ts';

const AXES: readonly Axis[] = ['tier', 'speed', 'region'];
const LIST: Factor = { times: 1, per: 1 };
/** What ends the id of a price of which a part is not known but believed. */
const BELIEVED = '?';

export interface TierQuery {
  readonly model: string;
  /** The vendor whose factors hold, by its list of prices; without it, nobody's but the operator's. */
  readonly tiersOf?: string | null;
  /** How it was served, as the provider says. */
  readonly served?: ServiceTier | null;
  /** How a request asks to be served. It may be served as usual as well, so nothing that is cheaper counts. */
  readonly asked?: ServiceTier | null;
}

/**
 * The list price times what vendors take for how a model is served; the same price where that is nothing else. The id names
 * each factor: `…/gpt-5+priority*2`.
 *
 * @param ofSetting the operator's factors, by the provider's word
 */
export function tieredPrice(
  list: Price,
  query: TierQuery,
  ofSetting?: ReadonlyMap<string, Factor>,
): Price {
  const { served = null, asked = null } = query;
  const tier = served ?? asked;
  if (tier === null) return list;
  let { id, rates } = list;
  let isBelieved = false;
  for (const axis of AXES) {
    const word = tier[axis] ?? '';
    if (word === '') continue;
    const factor = factorOf(query, { axis, word }, ofSetting);
    isBelieved ||= factor.isBelieved;
    if (!isDearer(factor, LIST) && (served === null || !isDearer(LIST, factor))) continue;
    const { times, per } = factor;
    id += `+${factor.word}*${per === 1 ? times : `${times}/${per}`}`;
    rates = scaled(rates, factor);
  }
  return rates === list.rates && !isBelieved
    ? list
    : { ...list, id: isBelieved ? `${id}${BELIEVED}` : id, rates };
}

/** Whether a part of this price is not known but believed, see {@link tieredPrice}. */
export function isBelievedPrice(id: string): boolean {
  return id.endsWith(BELIEVED);
}

function factorOf(
  query: TierQuery,
  { axis, word }: { axis: Axis; word: string },
  ofSetting: ReadonlyMap<string, Factor> | undefined,
): Found {
  const set = ofSetting?.get(word);
  return set === undefined ? tierPrice(query, axis, word) : { word, ...set, isBelieved: false };
}

/** Of tokens only. A rate that is no whole number any more is rounded up: a billionth of a dollar for a million tokens. */
function scaled(rates: Rates, { times, per }: Factor): Rates {
  const rate = (list: number | null): number | null => {
    if (list === null) return null;
    const exact = BigInt(list) * BigInt(times);
    const up = (exact + BigInt(per - 1)) / BigInt(per);
    return Math.min(Number(up), Number.MAX_SAFE_INTEGER);
  };
  return {
    input: rate(rates.input),
    cachedInput: rate(rates.cachedInput),
    cacheWrite5m: rate(rates.cacheWrite5m),
    cacheWrite1h: rate(rates.cacheWrite1h),
    output: rate(rates.output),
    reasoning: rate(rates.reasoning),
    units: rates.units,
  };
}
