import { estimatePrompt, framingTokens, type PromptEstimate, promptText } from './estimate.ts';
import { createPriceBook, type ListedModel, type PriceQuery } from './price-book.ts';
import { type Price, type RateRequest, type Rating, rate } from './rate.ts';
import { createTokenCounter } from './tokenizer.ts';

export type { PromptEstimate } from './estimate.ts';
export type { ListedModel, PriceQuery } from './price-book.ts';
export type { Price, RateRequest, Rates, Rating } from './rate.ts';
export { isBelievedPrice } from './tiered-price.ts';
export { addUp, isComplete, overlay } from './usage-meter.ts';

export interface MeteringOptions {
  /** The setting MODEL_PRICING_JSON, as text. */
  readonly modelPricingJson?: string | undefined;
}

/** From tokens to a price: what was used, what would be used, and what that costs the operator. */
export interface Metering {
  /** The price of a model at an instant, or null: unpriced. Under a microsecond for a name seen before. Never throws. */
  price(query: PriceQuery): Price | null;
  /**
   * The cost of what was used, rounded once.
   * @throws RangeError for negative counts, fractional tokens, and above nine million dollars
   */
  rate(request: RateRequest): Rating;
  /**
   * A quick, slightly high guess at the prompt tokens of a parsed request body. Never throws.
   *
   * @param deployments names under which a path or an address decides on the model, whatever the body says
   */
  estimatePrompt(body: unknown, deployments?: readonly string[]): PromptEstimate;
  /** Tokens of a text, counted in a thread of its own; a guess if that fails. Never rejects. */
  countText(text: string | readonly string[]): Promise<number>;
  /** Prompt tokens of a parsed request body: its text counted, its framing and pictures reckoned. Never rejects. */
  countPrompt(body: unknown): Promise<number>;
  /** The priced models of a catalogue at an instant; with null, those that the setting prices. */
  models(catalogue: string | null, at: number): readonly ListedModel[];
  /** Ends the counting thread; later counts are guesses. */
  close(): Promise<void>;
}

/** @throws Error that names the model and field, if the price setting is not valid */
export function createMetering(options: MeteringOptions = {}): Metering {
  const book = createPriceBook({ overridesJson: options.modelPricingJson });
  const counter = createTokenCounter();
  return {
    price: book.find,
    rate,
    estimatePrompt,
    countText: counter.count,
    async countPrompt(body) {
      const { texts, messages, extras } = promptText(body);
      return (await counter.count(texts)) + framingTokens(messages) + extras;
    },
    models: book.list,
    close: counter.close,
  };
}
