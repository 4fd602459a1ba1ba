import { createHash } from 'node:crypto';
import { parseScaled } from '../../contract/money.ts';
import type { BilledUnit } from '../../contract/usage.ts';
import type { Factor } from './price-tiers.ts';
import type { Price, Rates } from './rate.ts';

/** Dollars per thousand, in nano-dollars per million: 9 places for nano, 3 for the step from thousand to million. */
const PER_THOUSAND_SCALE = 12;
/** Dollars for one, in nano-dollars per million. */
const PER_UNIT_SCALE = 15;

const TOKEN_FIELDS = ['input', 'output', 'cached_input', 'cache_write'] as const;
const UNIT_FIELDS = [
  'image',
  'second',
  'character',
  'request',
  'web_search',
] as const satisfies readonly BilledUnit[];
const FIELDS: ReadonlySet<string> = new Set([...TOKEN_FIELDS, ...UNIT_FIELDS]);
const TIERS = 'tiers';

/** A factor has six decimals, and a dearer tier than this is a slip of the pen. */
const FACTOR_SCALE = 6;
const FACTOR_PER = 10 ** FACTOR_SCALE;
const FACTOR_MAX = 100;

/** What the operator says that a model costs. */
export interface SettingPrice extends Price {
  /** Times these prices of its tokens where it is served in another way than usual, by the provider's word. */
  readonly tiers: ReadonlyMap<string, Factor>;
}

/**
 * Reads the operator's prices: `{"gpt-4o": {"input": 0.005, "output": 0.015}}` in dollars per thousand tokens.
 * Besides `input` and `output` a model may have `cached_input` and `cache_write` (per thousand tokens) and
 * `image`, `second`, `character`, `request`, `web_search` (dollars for each). `tiers` says how many times the prices of
 * tokens another tier of service costs: `{"priority": 1.7, "flex": 0.5}`; for what it does not name the factor that
 * vendors are known to take stands.
 *
 * @param json the text of the setting; nothing, or only white space, means no prices
 * @returns the prices by exact model name
 * @throws Error that names the model and the field at fault
 */
export function readSettingPrices(json: string | undefined): ReadonlyMap<string, SettingPrice> {
  const prices = new Map<string, SettingPrice>();
  if (json === undefined || json.trim() === '') return prices;
  for (const [model, entry] of Object.entries(parseObject(json))) {
    const where = `MODEL_PRICING_JSON: model ${JSON.stringify(model)}`;
    if (!isObject(entry)) throw new Error(`${where} must be an object of prices`);
    const { [TIERS]: factors, ...priced } = entry as { readonly [TIERS]?: unknown };
    const rates = readRates(where, priced);
    const hash = createHash('sha256').update(JSON.stringify(rates)).digest('hex').slice(0, 12);
    const id = `setting/${model}/${hash}`;
    prices.set(model, { id, source: 'setting', rates, tiers: readTiers(where, factors) });
  }
  return prices;
}

function parseObject(json: string): object {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new Error('MODEL_PRICING_JSON is not valid JSON', { cause });
  }
  if (!isObject(value)) throw new Error('MODEL_PRICING_JSON must be an object of models');
  return value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readRates(where: string, entry: object): Rates {
  const given = new Map<string, number>();
  for (const [field, value] of Object.entries(entry)) {
    if (!FIELDS.has(field))
      throw new Error(`${where} has an unknown field ${JSON.stringify(field)}`);
    given.set(field, readRate(`${where}, field "${field}"`, field, value));
  }
  if (given.size === 0) throw new Error(`${where} has no price`);
  const input = given.get('input') ?? null;
  const output = given.get('output') ?? null;
  const cacheWrite = given.get('cache_write') ?? input;
  const units: Partial<Record<BilledUnit, number>> = {};
  for (const unit of UNIT_FIELDS) {
    const price = given.get(unit);
    if (price !== undefined) units[unit] = price;
  }
  return {
    input,
    cachedInput: given.get('cached_input') ?? input,
    cacheWrite5m: cacheWrite,
    cacheWrite1h: cacheWrite,
    output,
    reasoning: output,
    units,
  };
}

function readTiers(where: string, factors: unknown): ReadonlyMap<string, Factor> {
  const tiers = new Map<string, Factor>();
  if (factors === undefined) return tiers;
  if (!isObject(factors)) {
    throw new Error(`${where}, field "${TIERS}" must be an object of factors`);
  }
  for (const [word, value] of Object.entries(factors)) {
    const decimal = decimalIn(value);
    const times = parseScaled(decimal, FACTOR_SCALE);
    if (times === undefined || times < 0 || times > FACTOR_MAX * FACTOR_PER) {
      const tier = `${TIERS}.${word}`;
      throw new Error(`${where}, field "${tier}" must be a factor from 0 to ${FACTOR_MAX}`);
    }
    tiers.set(word, inLowestTerms(times, FACTOR_PER));
  }
  return tiers;
}

function inLowestTerms(times: number, per: number): Factor {
  let [most, least] = [per, times];
  while (least > 0) [most, least] = [least, most % least];
  return { times: times / most, per: per / most };
}

/** Settings files keep their decimals as text, so that no digit is lost on the way. */
function decimalIn(value: unknown): string | number {
  return typeof value === 'string' || typeof value === 'number' ? value : '';
}

function readRate(where: string, field: string, value: unknown): number {
  const decimal = decimalIn(value);
  if (!(Number(decimal) >= 0 && Number(decimal) < Number.POSITIVE_INFINITY) || decimal === '') {
    throw new Error(`${where} must be a number of dollars, zero or more`);
  }
  const perUnit = (UNIT_FIELDS as readonly string[]).includes(field);
  const rate = parseScaled(decimal, perUnit ? PER_UNIT_SCALE : PER_THOUSAND_SCALE);
  if (rate === undefined) throw new Error(`${where} is more than can be counted`);
  return rate;
}
