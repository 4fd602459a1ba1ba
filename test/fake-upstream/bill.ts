/**
 * The provider's own bill. It shares no code with the product, so that the two can be compared:
 * its arithmetic is in big integers and rounds half up once for each request.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

/** Nano-dollars for a million tokens, or for a million units of another kind. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Default: as `input`. */
  readonly cachedInput?: number;
  /** Default: as `input`. */
  readonly cacheWrite?: number;
  /** Default: as `cacheWrite`. */
  readonly cacheWrite1h?: number;
  /** By unit (`image`, `second`, `character`), where something else than tokens is billed. */
  readonly units?: Readonly<Record<string, number>>;
}

/** By model name; `*` is for all others. */
export type Prices = Readonly<Record<string, Price>>;

export const DEFAULT_PRICES: Prices = {
  '*': { input: 150_000_000, cachedInput: 75_000_000, output: 600_000_000 },
};

/** What an answer consumes when it is served whole. */
export interface Consumption {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly completionTokens: number;
  readonly units: Readonly<Record<string, number>>;
}

export const NOTHING: Consumption = {
  promptTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  completionTokens: 0,
  units: {},
};

/** `failed`: the provider's fault; what was sent until then is billed. */
export type BillOutcome = 'complete' | 'cut-by-client' | 'failed';

export interface BillRow extends Consumption {
  /** The answer's id: in its body and in its `x-request-id`. */
  readonly id: string;
  readonly path: string;
  readonly model: string | null;
  /** The last four characters of the credential. */
  readonly key: string | null;
  /** Output tokens handed to the socket; `completionTokens` are the billed ones. */
  readonly sentTokens: number;
  readonly streamed: boolean;
  readonly costNanos: number;
  readonly outcome: BillOutcome;
  /** When it was billed, which is before the end of the answer leaves: milliseconds since the epoch. */
  readonly at: number;
}

export interface BillTotals {
  readonly requests: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly costNanos: bigint;
}

export interface Bill {
  /** Oldest first; empty with `keepRequests: false`. */
  rows(): readonly BillRow[];
  row(id: string): BillRow | undefined;
  totals(): BillTotals;
  /** What this consumption costs, in nano-dollars. */
  costOf(model: string | null, used: Consumption): number;
}

export interface BillOptions {
  readonly prices: Prices;
  /** JSON lines, one for each request, written before the end of the answer is sent. */
  readonly file: string | undefined;
  readonly keepRows: boolean;
}

export class BillBook implements Bill {
  readonly #prices: Prices;
  readonly #file: number | undefined;
  readonly #rows: Map<string, BillRow> | undefined;
  #requests = 0;
  #promptTokens = 0;
  #completionTokens = 0;
  #costNanos = 0n;

  constructor({ prices, file, keepRows }: BillOptions) {
    this.#prices = prices;
    this.#file = file === undefined ? undefined : openSync(file, 'a', 0o600);
    this.#rows = keepRows ? new Map() : undefined;
  }

  rows(): readonly BillRow[] {
    return [...(this.#rows?.values() ?? [])];
  }

  row(id: string): BillRow | undefined {
    return this.#rows?.get(id);
  }

  totals(): BillTotals {
    return {
      requests: this.#requests,
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
      costNanos: this.#costNanos,
    };
  }

  costOf(model: string | null, used: Consumption): number {
    const named = model !== null && Object.hasOwn(this.#prices, model);
    const price = named ? this.#prices[model] : this.#prices['*'];
    if (price === undefined) return 0;
    const cacheWrite = price.cacheWrite ?? price.input;
    const uncached =
      used.promptTokens - used.cachedTokens - used.cacheWriteTokens - used.cacheWrite1hTokens;
    let millionths =
      times(uncached, price.input) +
      times(used.cachedTokens, price.cachedInput ?? price.input) +
      times(used.cacheWriteTokens, cacheWrite) +
      times(used.cacheWrite1hTokens, price.cacheWrite1h ?? cacheWrite) +
      times(used.completionTokens, price.output);
    for (const unit of Object.keys(used.units)) {
      millionths += times(used.units[unit] ?? 0, price.units?.[unit] ?? 0);
    }
    return Number((millionths + 500_000n) / 1_000_000n);
  }

  add(billed: Omit<BillRow, 'at'>): void {
    const row = { ...billed, at: Date.now() };
    this.#requests += 1;
    this.#promptTokens += row.promptTokens;
    this.#completionTokens += row.completionTokens;
    this.#costNanos += BigInt(row.costNanos);
    this.#rows?.set(row.id, row);
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify(row)}\n`);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }
}

function times(quantity: number, price: number): bigint {
  return BigInt(quantity) * BigInt(price);
}

/** Dollars stated in an answer as nano-dollars; undefined for anything that is no amount to be charged. */
export function statedNanos(cost: number | string | undefined): number | undefined {
  if (cost === undefined || cost === '') return undefined;
  const dollars = Number(cost);
  if (!Number.isFinite(dollars) || dollars < 0 || dollars > 1e6) return undefined;
  return Number(dollars.toFixed(9).replace('.', ''));
}
