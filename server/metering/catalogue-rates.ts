import type { ModelPrice } from '@pydantic/genai-prices';
import { parseScaled } from '../../contract/money.ts';
import type { BilledUnit } from '../../contract/usage.ts';
import type { Rates } from './rate.ts';

/**
 * The parts of a catalogue price that we can count, with the scale that turns dollars into nano-dollars per
 * million: 9 for a price per million, 12 per thousand, 15 for one.
 */
const SCALES: ReadonlyMap<string, number> = new Map([
  ['input_mtok', 9],
  ['cache_read_mtok', 9],
  ['cache_write_mtok', 9],
  ['cache_write_5m_mtok', 9],
  ['cache_write_1h_mtok', 9],
  ['output_mtok', 9],
  ['output_reasoning_mtok', 9],
  ['input_mchars', 9],
  ['web_searches_kcount', 12],
  ['requests_kcount', 12],
  ['input_audio_hours', 15],
]);

/**
 * The parts that are passed over: another rate for pictures or sound in the input, which usage as we keep it does
 * not tell from text; searches of stored files; a second name for hours of sound. A price that has any other
 * part, such as output in pictures or pages of a document, is not applied at all.
 */
const PASSED_OVER =
  /^input_(audio|image|video)_mtok$|^cache_(audio|image|video)_read_mtok$|^storage_searches_kcount$|^audio_hours$/;

const SECONDS_PER_HOUR = 3_600;

const FREE: Rates = {
  input: 0,
  cachedInput: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
  units: { image: 0, second: 0, character: 0, request: 0, web_search: 0 },
};

/** The prompt sizes at which a price changes: -1, which every prompt is above, then the starts of all tiers. */
export function thresholdsOf(price: ModelPrice): readonly number[] {
  const starts = new Set([-1]);
  for (const part of Object.values(price)) {
    if (typeof part === 'object') for (const tier of part.tiers) starts.add(tier.start);
  }
  return [...starts].sort((one, other) => one - other);
}

/**
 * A catalogue price as integers.
 *
 * @param above the threshold whose tier is wanted, one of {@link thresholdsOf}
 * @param isFree whether a price without any part means free of charge
 * @returns null where the price cannot be applied to what we count
 */
export function ratesOf(price: ModelPrice, above: number, isFree: boolean): Rates | null {
  if (Object.keys(price).length === 0) return isFree ? FREE : null;
  const parts = new Map<string, number>();
  for (const [name, part] of Object.entries(price)) {
    if (part === undefined || PASSED_OVER.test(name)) continue;
    const scale = SCALES.get(name);
    const rate = scale === undefined ? undefined : parseScaled(dollarsAt(part, above), scale);
    if (rate === undefined || rate < 0) return null;
    parts.set(name, rate);
  }
  return parts.size === 0 ? null : assemble(parts);
}

function dollarsAt(part: NonNullable<ModelPrice[string]>, above: number): number {
  if (typeof part === 'number') return part;
  let dollars = part.base;
  let start = -1;
  for (const tier of part.tiers) {
    if (tier.start > above || tier.start < start) continue;
    dollars = tier.price;
    start = tier.start;
  }
  return dollars;
}

function assemble(parts: ReadonlyMap<string, number>): Rates {
  const input = parts.get('input_mtok') ?? null;
  const output = parts.get('output_mtok') ?? null;
  const cacheWrite = parts.get('cache_write_mtok') ?? input;
  return {
    input,
    cachedInput: parts.get('cache_read_mtok') ?? input,
    cacheWrite5m: parts.get('cache_write_5m_mtok') ?? cacheWrite,
    cacheWrite1h: parts.get('cache_write_1h_mtok') ?? cacheWrite,
    output,
    reasoning: parts.get('output_reasoning_mtok') ?? output,
    units: unitsOf(parts),
  };
}

function unitsOf(parts: ReadonlyMap<string, number>): Rates['units'] {
  const units: Partial<Record<BilledUnit, number>> = {};
  const perHour = parts.get('input_audio_hours');
  const perCharacter = parts.get('input_mchars');
  const perRequest = parts.get('requests_kcount');
  const perSearch = parts.get('web_searches_kcount');
  if (perHour !== undefined) units.second = Math.round(perHour / SECONDS_PER_HOUR);
  if (perCharacter !== undefined) units.character = perCharacter;
  if (perRequest !== undefined) units.request = perRequest;
  if (perSearch !== undefined) units.web_search = perSearch;
  return units;
}
