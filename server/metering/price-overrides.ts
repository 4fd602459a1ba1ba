/**
 * Where the embedded catalogue is known to be wrong, or cannot say what is true. Each row gives its reason.
 * An operator can price every model named here with MODEL_PRICING_JSON, which comes before all of this.
 */

/** A name that the catalogue still ties to an older model than the vendor does. */
interface Alias {
  readonly catalogue: string;
  readonly name: string;
  /** The catalogue's entry for the model that really answers. */
  readonly model: string;
}

/** Models whose catalogue price would give a wrong bill: better none, which is visible, than a wrong one. */
interface Unpriced {
  readonly catalogue: string;
  readonly models: RegExp;
}

export const ALIASES: readonly Alias[] = [
  // The catalogue has the alias at $2 / $6, the price of 24.11; since December 2025 it answers with 25.12,
  // at $0.5 / $1.5.
  { catalogue: 'mistral', name: 'mistral-large-latest', model: 'mistral-large-2512' },
];

/** What a vendor's own list puts before the names of its models, and takes as well without; the catalogue leaves it out. */
export const PREFIXES: ReadonlyMap<string, string> = new Map([['google', 'models/']]);

export const UNPRICED: readonly Unpriced[] = [
  // None of this vendor's entries agrees with its price list. `deepseek-chat` and `deepseek-reasoner` carry prices
  // of 2025 with an off-peak rule long gone. The newer models cost double in peak hours, but only on working days
  // by the Chinese calendar, which a rule by date or hour cannot say, and `deepseek-v4-flash` is now served by
  // another model at another price. The rest are prices of resellers.
  { catalogue: 'deepseek', models: /^/ },
  // The catalogue has one undated price for each of these names, while newer models of the family cost otherwise:
  // which of them answers under the name, and since when, it does not know.
  { catalogue: 'mistral', models: /^mistral-(small-latest|large)$/ },
  // Much of what they read or say is sound, whose tokens cost two to eight times those of text. Usage as we keep
  // it does not tell the two apart, and the catalogue's plain rates are those of text.
  { catalogue: 'openai', models: /^gpt-4o(-mini)?-(transcribe|audio-preview)/ },
  // They search the web for every answer, which costs many times its tokens and is counted nowhere in it. With the price
  // of a search as that of a `request`, the setting can say what they cost.
  { catalogue: 'openai', models: /^gpt-4o(-mini)?-search-preview/ },
];

/**
 * The catalogue says nothing at all both for free models and for those that it cannot price. These are free:
 * the zero-price variants of resold models, experimental models, open models served without charge, moderation.
 */
export const FREE_MODELS = /:free$|-exp(-|$)|^gemma-|^moderation$/;
