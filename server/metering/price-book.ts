import {
  type CatalogueModel,
  type CompiledPrices,
  compile,
  findModel,
  listModels,
} from './catalogue.ts';
import type { Price } from './rate.ts';
import { readSettingPrices } from './setting-prices.ts';
import { type TierQuery, tieredPrice } from './tiered-price.ts';

export interface PriceQuery extends TierQuery {
  /** The list to look in; null where a list price means nothing, as on a local server. */
  readonly catalogue: string | null;
  readonly model: string;
  /** Epoch ms at which the request was made: prices have dates, and some have hours. */
  readonly at: number;
  /** All tokens of the prompt, as far as known: some prices depend on it. */
  readonly inputTokens: number;
}

export interface ListedModel {
  readonly model: string;
  /** Nano-dollars per million tokens at the lowest tier; null where the model has no such rate. */
  readonly input: number | null;
  readonly output: number | null;
}

export interface PriceBook {
  /** @returns null for what has no known price. Never throws. */
  find(query: PriceQuery): Price | null;
  /** The priced models of a list, at the setting's price where it has one; with null, the models of the setting. */
  list(catalogue: string | null, at: number): readonly ListedModel[];
}

export interface PriceBookOptions {
  /** MODEL_PRICING_JSON: dollars per thousand tokens by model. */
  readonly overridesJson?: string | undefined;
}

/** Names come from callers, so both their length and their number are bounded. */
const NAME_LENGTH_MAX = 200;
const REMEMBERED_MAX = 2_000;

const NO_PRICE: CompiledPrices = { from: -Infinity, until: Infinity, tiers: [] };

/**
 * The operator's prices before those of the embedded catalogue, each compiled once into integers. A price found
 * before costs two look-ups in a map; a new name costs about 0.1 ms.
 *
 * @throws Error that names the model and field, if the setting is not valid
 */
export function createPriceBook(options: PriceBookOptions = {}): PriceBook {
  const setting = readSettingPrices(options.overridesJson);
  const compiled = new Map<string, Map<string, CompiledPrices>>();

  function compileAnew({
    catalogue,
    model,
    at,
  }: PriceQuery & { catalogue: string }): CompiledPrices {
    const found = safely(() => {
      const entry = model.length > NAME_LENGTH_MAX ? null : findModel(catalogue, model);
      return entry === null ? null : compile(entry, at);
    });
    const prices = found ?? NO_PRICE;
    if (model.length <= NAME_LENGTH_MAX) remember(catalogue, model, prices);
    return prices;
  }

  function remember(catalogue: string, model: string, prices: CompiledPrices): void {
    let models = compiled.get(catalogue);
    if (models === undefined) {
      models = new Map();
      compiled.set(catalogue, models);
    }
    if (models.size >= REMEMBERED_MAX && !models.has(model)) {
      const [oldest] = models.keys();
      if (oldest !== undefined) models.delete(oldest);
    }
    models.set(model, prices);
  }

  return {
    find(query) {
      const { catalogue, model, at } = query;
      const set = setting.get(model);
      if (set !== undefined) return tieredPrice(set, query, set.tiers);
      if (catalogue === null) return null;
      let prices = compiled.get(catalogue)?.get(model);
      if (prices === undefined || at < prices.from || at >= prices.until) {
        prices = compileAnew({ ...query, catalogue });
      }
      const price = atTier(prices, query.inputTokens);
      return price === null ? null : tieredPrice(price, query);
    },
    list(catalogue, at) {
      if (catalogue === null) return [...setting].map(([model, price]) => listed(model, price));
      const models = safely(() => listModels(catalogue)) ?? [];
      return models.flatMap((entry) => {
        const price = setting.get(entry.info.id) ?? lowestPrice(entry, at);
        return price === null ? [] : [listed(entry.info.id, price)];
      });
    },
  };
}

function atTier({ tiers }: CompiledPrices, inputTokens: number): Price | null {
  let price: Price | null = null;
  for (const tier of tiers) if (inputTokens > tier.above) price = tier.price;
  return price;
}

function listed(model: string, { rates }: Price): ListedModel {
  return { model, input: rates.input, output: rates.output };
}

function lowestPrice(entry: CatalogueModel, at: number): Price | null {
  return safely(() => compile(entry, at))?.tiers[0]?.price ?? null;
}

/** The catalogue is data from outside: should it be malformed, that model is unpriced and the request goes on. */
function safely<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
