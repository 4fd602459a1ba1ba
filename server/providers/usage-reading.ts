import { COST_MAX, type Nanos, nanos, parseScaled } from '../../contract/money.ts';
import type { BilledUnit, ReportedUsage, TokenUsage } from '../../contract/usage.ts';
import type { JsonObject } from './provider.ts';

/** No model takes or gives a billion tokens in one answer: a larger count is an error of the upstream. */
const COUNT_MAX = 1_000_000_000;

/** Nobody is billed a million pictures, searches or seconds for one answer either. */
const PIECES_MAX = 1_000_000;

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The value as an object with fields; undefined for everything else, arrays included. */
export function objectOf(value: unknown): JsonObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as JsonObject;
}

/** What stands at the end of a path of field names; undefined where the path breaks off. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) found = objectOf(found)?.[name];
  return found;
}

/** The first of the values that is stated; null and missing both mean *not stated*. */
export function firstStated(...values: readonly unknown[]): unknown {
  for (const value of values) if (value !== undefined && value !== null) return value;
  return undefined;
}

/**
 * Reads the numbers of one usage object and remembers whether one of them cannot be true.
 * What an upstream says is never trusted into the books: a negative count would be a credit.
 */
export class UsageNumbers {
  flawed = false;

  /** A whole count from 0 to a billion; null if it is not stated or is no number at all. */
  count(value: unknown): number | null {
    return this.#whole(value, COUNT_MAX);
  }

  /** The same for what is dearer than a token: up to a million. */
  pieces(value: unknown): number | null {
    return this.#whole(value, PIECES_MAX);
  }

  /** Seconds, of which a part is billed as a whole one: here a fraction is no flaw. */
  seconds(value: unknown): number | null {
    const number = this.#number(value);
    return number === null ? null : this.#within(Math.ceil(number), PIECES_MAX);
  }

  /**
   * An amount of money as exact nano-dollars. An amount that cannot be true is null, so that the
   * price list decides; a negative one is zero, because an upstream never pays us.
   *
   * @param value a decimal as JSON number or text
   * @param decimals how far its unit lies above a nano-dollar: 9 for dollars, -1 for tenths of a nano-dollar
   */
  money(value: unknown, decimals: number): Nanos | null {
    if (value === undefined || value === null) return null;
    const decimal = typeof value === 'number' || typeof value === 'string' ? value : '';
    if (typeof value !== 'number') this.flawed = true;
    const amount = parseScaled(decimal, decimals);
    if (amount === undefined || amount > COST_MAX) return this.#noNumber();
    if (amount >= 0) return nanos(amount);
    this.flawed = true;
    return nanos(0);
  }

  /** The part, but never more of it than there is of the whole. */
  part(value: number | null, whole: number | null): number | null {
    if (value === null || whole === null || value <= whole) return value;
    this.flawed = true;
    return whole;
  }

  #number(value: unknown): number | null {
    if (value === undefined || value === null) return null;
    if (typeof value === 'number') return Number.isNaN(value) ? this.#noNumber() : value;
    this.flawed = true;
    return typeof value === 'string' && DECIMAL.test(value.trim()) ? Number(value) : null;
  }

  #whole(value: unknown, most: number): number | null {
    const number = this.#number(value);
    if (number === null) return null;
    const whole = Math.ceil(number);
    if (whole !== number) this.flawed = true;
    return this.#within(whole, most);
  }

  #within(whole: number, most: number): number {
    if (whole >= 0 && whole <= most) return whole + 0; // Turns a negative zero into zero.
    this.flawed = true;
    return whole < 0 ? 0 : most;
  }

  #noNumber(): null {
    this.flawed = true;
    return null;
  }
}

/** How a provider states the cost of an answer inside its usage; null where it does not. */
export type CostReading = (usage: JsonObject, numbers: UsageNumbers) => Nanos | null;

/** A sum in which an unknown part counts as nothing; null if no part is known. */
export function sumOfKnown(...parts: readonly (number | null)[]): number | null {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.reduce((total, part) => total + part, 0);
}

/** Pieces by their kind; a null is not stated and falls away. */
export type StatedUnits = Readonly<Partial<Record<BilledUnit, number | null>>>;

export interface StatedUsage {
  readonly tokens: TokenUsage;
  readonly cost: Nanos | null;
  readonly units: StatedUnits;
}

/**
 * Puts a report together. Classes that do not fit into their total are cut to it, cached input first,
 * because the price of a class is applied to its tokens and the rest is billed as plain input.
 *
 * @returns null if nothing at all is stated
 */
export function reportOf(stated: StatedUsage, numbers: UsageNumbers): ReportedUsage | null {
  const { input, output } = stated.tokens;
  const cachedInput = numbers.part(stated.tokens.cachedInput, input);
  const unread = input === null ? null : input - (cachedInput ?? 0);
  const cacheWrite5m = numbers.part(stated.tokens.cacheWrite5m, unread);
  const unwritten = unread === null ? null : unread - (cacheWrite5m ?? 0);
  const cacheWrite1h = numbers.part(stated.tokens.cacheWrite1h, unwritten);
  const reasoning = numbers.part(stated.tokens.reasoning, output);
  const tokens = { input, cachedInput, cacheWrite5m, cacheWrite1h, output, reasoning };
  const units: Partial<Record<BilledUnit, number>> = {};
  let silent = stated.cost === null;
  for (const unit in stated.units) {
    const count = stated.units[unit as BilledUnit] ?? null;
    if (count === null) continue;
    units[unit as BilledUnit] = count;
    silent = false;
  }
  for (const name in tokens) silent &&= tokens[name as keyof TokenUsage] === null;
  if (silent && !numbers.flawed) return null;
  return { tokens, cost: stated.cost, units, flawed: numbers.flawed };
}
