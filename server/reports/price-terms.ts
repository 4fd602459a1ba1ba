/** The arithmetic of a cost, so that everybody can do it again. */
import { billedTokens } from '../../contract/usage.ts';

export interface CostLine {
  readonly of: string;
  readonly quantity: number;
  /** Nano-dollars for a million; null where the price has no such rate. */
  readonly nanosPerMillion: number | null;
}

interface Counted {
  readonly input_tokens: number | null;
  readonly cached_tokens: number | null;
  readonly cache_write_5m_tokens: number | null;
  readonly cache_write_1h_tokens: number | null;
  readonly output_tokens: number | null;
  readonly reasoning_tokens: number | null;
}

/** Rates as they are stored with a price, in nano-dollars per million. */
export interface StoredRates {
  readonly input?: number | null;
  readonly cachedInput?: number | null;
  readonly cacheWrite5m?: number | null;
  readonly cacheWrite1h?: number | null;
  readonly output?: number | null;
  readonly reasoning?: number | null;
  readonly units?: Readonly<Record<string, number>>;
}

/** The classes of tokens that a record has, each with its rate; what is billed by the piece is not on record. */
export function costLines(record: Counted, rates: StoredRates): readonly CostLine[] {
  const billed = billedTokens({
    input: record.input_tokens,
    cachedInput: record.cached_tokens,
    cacheWrite5m: record.cache_write_5m_tokens,
    cacheWrite1h: record.cache_write_1h_tokens,
    output: record.output_tokens,
    reasoning: record.reasoning_tokens,
  });
  const lines: readonly (readonly [string, number, number | null | undefined])[] = [
    ['input', billed.freshInput, rates.input],
    ['cached input', billed.cachedInput, rates.cachedInput],
    ['cache write (5 minutes)', billed.cacheWrite5m, rates.cacheWrite5m],
    ['cache write (1 hour)', billed.cacheWrite1h, rates.cacheWrite1h],
    ['output', billed.plainOutput, rates.output],
    ['reasoning', billed.reasoning, rates.reasoning],
    ['request', rates.units?.['request'] === undefined ? 0 : 1, rates.units?.['request']],
  ];
  return lines
    .filter(([, quantity]) => quantity > 0)
    .map(([of, quantity, rate]) => ({ of, quantity, nanosPerMillion: rate ?? null }));
}

/** A quantity at a rate in dollars, exact: fifteen decimals at most. */
export function exactCost({ quantity, nanosPerMillion }: CostLine): string | null {
  if (nanosPerMillion === null) return null;
  const digits = (BigInt(quantity) * BigInt(nanosPerMillion)).toString().padStart(16, '0');
  const fraction = digits.slice(-15).replace(/0+$/, '');
  return `${digits.slice(0, -15)}${fraction === '' ? '' : `.${fraction}`}`;
}
