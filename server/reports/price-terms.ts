/** The arithmetic of a cost, so that everybody can do it again. */

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
  const cached = record.cached_tokens ?? 0;
  const written5m = record.cache_write_5m_tokens ?? 0;
  const written1h = record.cache_write_1h_tokens ?? 0;
  const output = record.output_tokens ?? 0;
  const reasoning = Math.min(record.reasoning_tokens ?? 0, output);
  const fresh = Math.max(0, (record.input_tokens ?? 0) - cached - written5m - written1h);
  const lines: readonly (readonly [string, number, number | null | undefined])[] = [
    ['input', fresh, rates.input],
    ['cached input', cached, rates.cachedInput],
    ['cache write (5 minutes)', written5m, rates.cacheWrite5m],
    ['cache write (1 hour)', written1h, rates.cacheWrite1h],
    ['output', output - reasoning, rates.output],
    ['reasoning', reasoning, rates.reasoning],
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
