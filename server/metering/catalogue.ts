import {
  type ConditionalPrice,
  calcPrice,
  findProvider,
  type ModelInfo,
  type ModelPrice,
  type Provider,
} from '@pydantic/genai-prices';
import { DAY_MS } from '../clock.ts';
import { ratesOf, thresholdsOf } from './catalogue-rates.ts';
import { ALIASES, FREE_MODELS, PREFIXES, UNPRICED } from './price-overrides.ts';
import type { Price } from './rate.ts';

/** Part of every price id; goes up with the package. */
export const CATALOGUE_VERSION = '0.1.8';

/** A model as the catalogue has it, under the list that it was found in. */
export interface CatalogueModel {
  readonly catalogue: string;
  readonly info: ModelInfo;
}

/** The prices of a model that hold from one instant (inclusive, epoch ms) until another (exclusive). */
export interface CompiledPrices {
  readonly from: number;
  readonly until: number;
  /** By rising threshold: a price holds for the whole prompt if that has more than `above` tokens. */
  readonly tiers: readonly { readonly above: number; readonly price: Price }[];
}

interface List {
  readonly provider: Provider;
  /** The same models under their place as id and without prices, for the catalogue's own matching. */
  readonly names: Provider;
}

const lists = new Map<string, List | null>();

function listOf(catalogue: string): List | null {
  let list = lists.get(catalogue);
  if (list === undefined) {
    const provider = findProvider({ providerId: catalogue });
    list = provider === undefined ? null : { provider, names: namesOf(provider) };
    lists.set(catalogue, list);
  }
  return list;
}

function namesOf(provider: Provider): Provider {
  return {
    id: provider.id,
    name: provider.name,
    api_pattern: provider.api_pattern,
    models: provider.models.map(({ match }, place) => ({ id: String(place), match, prices: {} })),
  };
}

/**
 * Finds a model by the catalogue's own rules: dated names, aliases, models that a vendor resells for another.
 * Costs about 0.1 ms.
 */
export function findModel(catalogue: string, name: string): CatalogueModel | null {
  const asked = listOf(catalogue);
  if (asked === null) return null;
  for (const id of [catalogue, ...(asked.provider.fallback_model_providers ?? [])]) {
    const list = listOf(id);
    if (list === null) continue;
    const owner = list.provider.id;
    const plain = plainName(owner, name);
    const alias = ALIASES.find((row) => row.catalogue === owner && row.name === plain);
    const found = calcPrice({}, alias?.model ?? plain, { provider: list.names });
    if (found === null) continue;
    const info = list.provider.models[Number(found.model.id)];
    return info === undefined || isUnpriced(owner, plain) ? null : { catalogue: owner, info };
  }
  return null;
}

function plainName(catalogue: string, name: string): string {
  const plain = name.trim().toLowerCase();
  const prefix = PREFIXES.get(catalogue);
  return prefix !== undefined && plain.startsWith(prefix) ? plain.slice(prefix.length) : plain;
}

function isUnpriced(catalogue: string, name: string): boolean {
  return UNPRICED.some((row) => row.catalogue === catalogue && row.models.test(name));
}

/** Every model of one list. Those that are not to be priced are left out. */
export function listModels(catalogue: string): readonly CatalogueModel[] {
  const list = listOf(catalogue);
  if (list === null) return [];
  return list.provider.models
    .filter(({ id }) => !isUnpriced(list.provider.id, id))
    .map((info) => ({ catalogue: list.provider.id, info }));
}

/** @returns the prices at that instant, or null if the catalogue's price cannot be applied to what we count */
export function compile({ catalogue, info }: CatalogueModel, at: number): CompiledPrices | null {
  const { prices, label, from, until } = resolve(info.prices, at);
  const id = `genai-prices@${CATALOGUE_VERSION}/${catalogue}/${info.id}${label}`;
  const isFree = FREE_MODELS.test(info.id);
  const tiers = thresholdsOf(prices).map((above) => {
    const rates = ratesOf(prices, above, isFree);
    const tierId = above < 0 ? id : `${id}>${above}`;
    return rates === null
      ? null
      : { above, price: { id: tierId, source: 'catalogue', rates } as const };
  });
  const priced = tiers.filter((tier) => tier !== null);
  return priced.length === tiers.length ? { from, until, tiers: priced } : null;
}

interface Resolved {
  readonly prices: ModelPrice;
  readonly label: string;
  readonly from: number;
  readonly until: number;
}

/** Of prices bound to dates or hours, the last whose condition holds; if none does, the first. */
function resolve(prices: ModelInfo['prices'], at: number): Resolved {
  if (!Array.isArray(prices)) return { prices, label: '', from: -Infinity, until: Infinity };
  const chosen = prices.findLast((price) => holds(price, at)) ?? prices[0];
  let from = -Infinity;
  let until = Infinity;
  for (const instant of prices.flatMap((price) => turningPoints(price, at))) {
    if (instant <= at) from = Math.max(from, instant);
    else until = Math.min(until, instant);
  }
  return { prices: chosen?.prices ?? {}, label: labelOf(chosen), from, until };
}

function holds({ constraint }: ConditionalPrice, at: number): boolean {
  if (constraint === undefined) return true;
  if (constraint.type === 'start_date') return at >= Date.parse(constraint.start_date);
  const time = modulo(at, DAY_MS);
  const start = timeOfDay(constraint.start_time);
  const end = timeOfDay(constraint.end_time);
  return end < start ? time >= start || time < end : time >= start && time < end;
}

/** The instants around `at` at which the condition may change. */
function turningPoints({ constraint }: ConditionalPrice, at: number): readonly number[] {
  if (constraint === undefined) return [];
  if (constraint.type === 'start_date') return [Date.parse(constraint.start_date)];
  const midnight = at - modulo(at, DAY_MS);
  const times = [timeOfDay(constraint.start_time), timeOfDay(constraint.end_time)];
  return [-DAY_MS, 0, DAY_MS].flatMap((day) => times.map((time) => midnight + day + time));
}

/** `16:30:00Z` or `09:00:00+08:00` as milliseconds after midnight in UTC. */
function timeOfDay(text: string): number {
  return modulo(Date.parse(`1970-01-01T${text}`), DAY_MS);
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

function labelOf(price: ConditionalPrice | undefined): string {
  const constraint = price?.constraint;
  if (constraint === undefined) return '';
  if (constraint.type === 'start_date') return `@${constraint.start_date}`;
  return `@${constraint.start_time}-${constraint.end_time}`;
}
