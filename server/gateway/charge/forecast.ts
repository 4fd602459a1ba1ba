/** What a request is expected to use, and at which prices, before it leaves. */
import { type ReportedUsage, UNKNOWN_USAGE } from '../../../contract/usage.ts';
import type { Metering, Price, PriceQuery, PromptEstimate } from '../../metering/metering.ts';
import type { RoutedKey } from '../../provider-keys/provider-keys.ts';
import { type ModelLimits, tierAsked } from '../../providers/providers.ts';
import type { Candidates } from '../request/payer.ts';
import { deploymentsOf, fallbackModels, namesForPrice, type Plan } from '../request/plan.ts';
import type { Expected, Place } from './admission.ts';
import { NOTHING_KNOWN } from './used.ts';

/** Where a request may be served, and what is known of its model there. */
export interface Places {
  readonly candidates: Candidates;
  limits(key: RoutedKey): ModelLimits;
}

/**
 * What can be known of a request's cost before it leaves. Each part is reckoned when it is asked for: a request that
 * nothing is reserved or held for, and which ends before its note is written, needs none of it.
 */
export class Forecast implements Expected {
  readonly #metering: Metering;
  readonly #of: { readonly plan: Plan; readonly at: Places; readonly startedAt: number };
  #estimate: PromptEstimate | null = null;
  /** The last that was asked for, which mostly is the only one. */
  #place: Place | null = null;

  constructor(
    metering: Metering,
    of: { readonly plan: Plan; readonly at: Places; readonly startedAt: number },
  ) {
    this.#metering = metering;
    this.#of = of;
  }

  get inputReserved(): number {
    return this.#prompt.reserved;
  }

  get inputEstimate(): number {
    return this.#prompt.usual;
  }

  get inputMost(): number {
    return this.#prompt.most;
  }

  get #prompt(): PromptEstimate {
    const { plan, at } = this.#of;
    this.#estimate ??= this.#metering.estimatePrompt(
      plan.parsed,
      deploymentsOf(plan, at.candidates),
    );
    return this.#estimate;
  }

  place(key: RoutedKey): Place {
    if (this.#place?.key !== key) {
      const { plan, at } = this.#of;
      const price = this.#priceAt(key, namesForPrice(plan, key));
      this.#place = { key, limits: at.limits(key), price };
    }
    return this.#place;
  }

  fallbacks(key: RoutedKey): readonly (Price | null)[] {
    return fallbackModels(this.#of.plan).map((model) => this.#priceAt(key, [model]));
  }

  #priceAt(key: RoutedKey, models: readonly (string | null)[]): Price | null {
    const { plan, startedAt } = this.#of;
    const asked = plan.parsed === null ? null : tierAsked(plan.parsed);
    // With more of a prompt a price may be a dearer one, and this is what is held.
    const where = { key, at: startedAt, inputTokens: this.inputMost, asked };
    return findPrice(this.#metering, where, models);
  }

  /** The prompt as it is estimated. */
  get usage(): ReportedUsage {
    return { ...NOTHING_KNOWN, tokens: { ...UNKNOWN_USAGE, input: this.inputEstimate } };
  }
}

/** `served` where it is known how it was, `asked` before. */
interface Where extends Omit<PriceQuery, 'catalogue' | 'tiersOf' | 'model'> {
  readonly key: RoutedKey;
}

/** The price of the first of these models that has one; null: none has. */
export function findPrice(
  metering: Metering,
  { key, ...how }: Where,
  models: readonly (string | null)[],
): Price | null {
  const { priceCatalogue: catalogue, tiersOf } = key;
  for (const model of models) {
    if (model === null) continue;
    const price = metering.price({ catalogue, tiersOf, model, ...how });
    if (price !== null) return price;
  }
  return null;
}
