import { COST_MAX, type CostTerm, costOf, type Nanos, nanos, ZERO } from '../../contract/money.ts';
import {
  type BilledUnit,
  billedTokens,
  type CostSource,
  type ReportedUsage,
  type TokenUsage,
} from '../../contract/usage.ts';

/**
 * What a model costs, as plain data that can be stored and read back: every number is an integer in nano-dollars
 * per million of its class. Fallbacks are already resolved: a class without a rate of its own carries that of
 * `input` (or, for `reasoning`, of `output`). null: nothing is known, which is not free.
 */
export interface Rates {
  readonly input: number | null;
  readonly cachedInput: number | null;
  readonly cacheWrite5m: number | null;
  readonly cacheWrite1h: number | null;
  readonly output: number | null;
  readonly reasoning: number | null;
  readonly units: Readonly<Partial<Record<BilledUnit, number>>>;
}

/** Rates under a name. The same id always means the same rates. */
export interface Price {
  readonly id: string;
  readonly source: 'setting' | 'catalogue';
  readonly rates: Rates;
}

export interface RateRequest {
  readonly usage: ReportedUsage;
  readonly price: Price | null;
  /** Was it served by a machine of the operator's own, which nobody bills? */
  readonly local: boolean;
}

export interface Rating {
  /** null: unpriced. Never zero for want of a price. */
  readonly cost: Nanos | null;
  readonly source: CostSource;
  /** The price that was applied; null where none was. */
  readonly priceId: string | null;
}

const UNPRICED: Rating = { cost: null, source: 'unpriced', priceId: null };
const LOCAL: Rating = { cost: ZERO, source: 'local', priceId: null };

/**
 * What a request cost the operator: what the upstream states, else by the price, else nothing if it was served
 * locally, else unpriced. Unknown tokens count as none; whether usage is complete is for the caller to judge.
 * A price per request is charged once, counted or not; a unit begun (a second of sound) is a unit. Rounded half
 * up once, at the end; never more than `COST_MAX`.
 *
 * @throws RangeError if a count of tokens is fractional or any count negative
 */
export function rate({ usage, price, local }: RateRequest): Rating {
  // A negative statement would be a credit to whoever can make the upstream say so.
  if (usage.cost !== null && usage.cost >= 0) {
    const cost = nanos(Math.min(usage.cost, COST_MAX));
    return { cost, source: 'upstream', priceId: null };
  }
  if (price !== null) {
    const cost = costBy(price.rates, usage);
    return cost === null ? UNPRICED : { cost, source: price.source, priceId: price.id };
  }
  return local ? LOCAL : UNPRICED;
}

/** @returns null where tokens were used that have no rate, where nothing that was counted has one, or nothing was counted */
function costBy(rates: Rates, usage: ReportedUsage): Nanos | null {
  const terms: CostTerm[] = [];
  if (!addTokens(terms, rates, usage.tokens)) return null;
  const unratedUnits = addUnits(terms, rates, usage.units);
  // Units that have no rate are a lesser matter beside tokens that have (a picture of a model that bills its
  // tokens), but alone they are the whole bill. And what nobody counted is not zero.
  if (terms.length === 0 && (unratedUnits || isUnknown(usage))) return null;
  return costOf(terms);
}

function isUnknown({ tokens, units }: ReportedUsage): boolean {
  return tokens.input === null && tokens.output === null && Object.keys(units).length === 0;
}

/** @returns false if some tokens have no rate */
function addTokens(terms: CostTerm[], rates: Rates, tokens: TokenUsage): boolean {
  const billed = billedTokens(tokens);
  return (
    addTerm(terms, billed.freshInput, rates.input) &&
    addTerm(terms, billed.cachedInput, rates.cachedInput) &&
    addTerm(terms, billed.cacheWrite5m, rates.cacheWrite5m) &&
    addTerm(terms, billed.cacheWrite1h, rates.cacheWrite1h) &&
    addTerm(terms, billed.plainOutput, rates.output) &&
    addTerm(terms, billed.reasoning, rates.reasoning)
  );
}

function addTerm(terms: CostTerm[], quantity: number, nanosPerMillion: number | null): boolean {
  if (quantity === 0) return true;
  if (nanosPerMillion === null) return false;
  terms.push({ quantity, nanosPerMillion });
  return true;
}

/** @returns true if something was counted that has no rate */
function addUnits(terms: CostTerm[], rates: Rates, counts: ReportedUsage['units']): boolean {
  let unrated = false;
  for (const unit in counts) {
    if (unit === 'request') continue;
    const quantity = Math.ceil(counts[unit as BilledUnit] ?? 0);
    if (!addTerm(terms, quantity, rates.units[unit as BilledUnit] ?? null)) unrated = true;
  }
  const perRequest = rates.units.request;
  if (perRequest !== undefined) addTerm(terms, counts.request ?? 1, perRequest);
  return unrated || (perRequest === undefined && (counts.request ?? 0) > 0);
}
