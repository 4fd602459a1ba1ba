/**
 * Money, once: integer nano-dollars (1 USD = 1,000,000,000) held in a branded number.
 *
 * A safe integer of nano-dollars reaches 9,007,199 USD. Everything that is booked and would leave that range
 * throws a RangeError instead of losing a digit: a loud stop is cheaper than a wrong bill. What is only shown goes on.
 */

declare const nanoDollars: unique symbol;

/** An integer number of nano-dollars. Make one with {@link nanos}, {@link parseDollars} or {@link costOf}. */
export type Nanos = number & { readonly [nanoDollars]: true };

export const NANOS_PER_DOLLAR = 1_000_000_000;

/** A price is nano-dollars for a million units, so that the smallest token price is still an integer. */
export const UNITS_PER_PRICE = 1_000_000;

/** @throws RangeError if the value is not a safe integer */
export function nanos(value: number): Nanos {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an amount of nano-dollars: ${value}`);
  return value as Nanos;
}

export const ZERO: Nanos = nanos(0);

/** Exponents reach as far as those of decimal numbers of 128 bits, in which some write a zero as `0E-6176`. */
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * Reads a decimal exactly, digit by digit, never through binary floating point.
 * Digits finer than `scale` are rounded half away from zero.
 *
 * @param value a decimal in text (`"0.00000015"`, `"1.5e-7"`) or a JSON number
 * @param scale how many decimal places the integer keeps (9 for dollars to nano-dollars)
 * @returns the integer, or undefined for anything that is not a finite decimal in range
 */
export function parseScaled(value: string | number, scale: number): number | undefined {
  const text = typeof value === 'number' ? String(value) : value.trim();
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole.length + fraction.length === 0) return undefined;
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '');
  const shift = scale - fraction.length + Number(exponent);
  if (digits.length + shift > 20) return digits === '0' ? 0 : undefined;
  const kept = shift >= 0 ? digits + '0'.repeat(shift) : digits.slice(0, shift) || '0';
  const firstLost =
    shift < 0 && digits.length >= -shift ? digits.charAt(digits.length + shift) : '0';
  const magnitude = Number(BigInt(kept) + (firstLost >= '5' ? 1n : 0n));
  if (!Number.isSafeInteger(magnitude)) return undefined;
  return sign === '-' && magnitude !== 0 ? -magnitude : magnitude;
}

/** Dollars in text or as a JSON number to nano-dollars; undefined if it is no amount. */
export function parseDollars(value: string | number): Nanos | undefined {
  return parseScaled(value, 9) as Nanos | undefined;
}

/** The exact decimal in dollars, without trailing zeros: `formatDollars(nanos(21_000)) === '0.000021'`. */
export function formatDollars(amount: Nanos): string {
  const size = Math.abs(amount);
  const rest = size % NANOS_PER_DOLLAR;
  const whole = `${amount < 0 ? '-' : ''}${(size - rest) / NANOS_PER_DOLLAR}`;
  if (rest === 0) return whole;
  const digits = String(rest).padStart(9, '0');
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return `${whole}.${digits.slice(0, end)}`;
}

/** Dollars as the nearest JSON number, for replies whose shape demands a number. */
export function toDollars(amount: Nanos): number {
  return amount / NANOS_PER_DOLLAR;
}

/**
 * What many amounts came to, to be shown and never booked: exact as long as it is an amount itself. Where it leaves the range
 * it stands as the nearest number: nobody answers for what many owe together, and a report that fails tells less.
 */
export function shown(total: number): Nanos {
  return total as Nanos;
}

/** Amounts together, {@link shown}. */
export function sum(...amounts: readonly Nanos[]): Nanos {
  return shown(amounts.reduce((total: number, amount) => total + amount, 0));
}

/** The same in dollars, as the nearest JSON number. */
export function dollarsTogether(amounts: readonly Nanos[]): number {
  return toDollars(sum(...amounts));
}

/** A quantity (tokens, images, seconds …) at a price in nano-dollars per million of them. */
export interface CostTerm {
  readonly quantity: number;
  readonly nanosPerMillion: number;
}

/**
 * Nobody is billed a million dollars for one answer: a cost of so much or more is an error of whoever states the figures or
 * sets the prices, and counts as this much.
 */
export const COST_MAX: Nanos = nanos(1_000_000 * NANOS_PER_DOLLAR);

/**
 * The cost of several quantities, each at its own price, rounded half up **once**, at the end; {@link COST_MAX} at most.
 *
 * @throws RangeError if a quantity or price is no non-negative integer
 */
export function costOf(terms: readonly CostTerm[]): Nanos {
  let total = 0;
  for (const { quantity, nanosPerMillion } of terms) {
    if (quantity < 0 || nanosPerMillion < 0) throw new RangeError('a cost cannot be negative');
    total += quantity * nanosPerMillion;
    if (!Number.isSafeInteger(total)) return costOfLarge(terms);
  }
  return nanos(Math.floor((total + UNITS_PER_PRICE / 2) / UNITS_PER_PRICE));
}

/** The same sum in big integers: about a million tokens at a few dollars already passes 2^53. */
function costOfLarge(terms: readonly CostTerm[]): Nanos {
  let total = 0n;
  for (const { quantity, nanosPerMillion } of terms) {
    if (quantity < 0 || nanosPerMillion < 0) throw new RangeError('a cost cannot be negative');
    total += BigInt(quantity) * BigInt(nanosPerMillion);
  }
  const cost = Number((total + BigInt(UNITS_PER_PRICE / 2)) / BigInt(UNITS_PER_PRICE));
  return nanos(Math.min(cost, COST_MAX));
}

/** A credit where tokens cost nothing under the flat plan and so cannot say what it is worth: $20 for a million. */
const USUAL_CREDIT_NANOS = 20_000;

/**
 * What a credit is worth in nano-dollars: one token at the flat price.
 *
 * @param flatNanosPerMillion what a million tokens cost under the flat plan
 */
export function creditNanosAt(flatNanosPerMillion: number): number {
  return flatNanosPerMillion === 0 ? USUAL_CREDIT_NANOS : flatNanosPerMillion / UNITS_PER_PRICE;
}
