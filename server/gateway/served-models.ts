/** What callers can use, with what it costs. */
import type { Metering, Price } from '../metering/metering.ts';
import type { ListedModel } from './catalog.ts';

/** A model that callers can use, with its list price where one is known. */
export interface ServedModel {
  readonly id: string;
  readonly name?: string;
  readonly provider?: string;
  /** Nano-dollars per million tokens. */
  readonly inputNanosPerMillion?: number;
  readonly cachedInputNanosPerMillion?: number;
  readonly outputNanosPerMillion?: number;
  /** Who says the price; `free` where a server of one's own bills nobody, absent where it is not known. */
  readonly priceSource?: 'setting' | 'catalogue' | 'free';
}

export function servedModel(
  { key, id, entry }: ListedModel,
  metering: Pick<Metering, 'price'>,
  at: number,
): ServedModel {
  const price = metering.price({ catalogue: key.priceCatalogue, model: id, at, inputTokens: 0 });
  return {
    id,
    provider: key.provider.id,
    ...(typeof entry['name'] === 'string' ? { name: entry['name'] } : {}),
    ...listPrice(price, key.free),
  };
}

/** A price that the operator set comes before a server that costs nothing. */
function listPrice(price: Price | null, isFree: boolean): Omit<ServedModel, 'id'> {
  if (price === null) return isFree ? { priceSource: 'free' } : {};
  const { input, cachedInput, output } = price.rates;
  return {
    priceSource: price.source,
    ...(input === null ? {} : { inputNanosPerMillion: input }),
    ...(cachedInput === null ? {} : { cachedInputNanosPerMillion: cachedInput }),
    ...(output === null ? {} : { outputNanosPerMillion: output }),
  };
}
