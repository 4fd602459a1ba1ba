/**
 * What vendors take for a model that is served in another way than usual: sooner, later, faster, in one region only. The
 * embedded catalogue has none of this. Facts of their price lists, read in November 2026, each as a factor on what tokens
 * cost at the list price, with cached ones and writes to a cache; tools that a vendor runs cost the same. An operator can
 * say otherwise with `tiers` in MODEL_PRICING_JSON, which comes before all of this.
 */
import type { ServiceTier } from '../../contract/usage.ts';

export type Axis = keyof ServiceTier;

/** So many times what so many cost: whole numbers, so that prices stay exact. */
export interface Factor {
  readonly times: number;
  readonly per: number;
}

interface TierPrice {
  readonly vendor: string;
  readonly axis: Axis;
  readonly words: readonly string[];
  /** Which are known to cost that. Others may cost otherwise: of those the dearest that is known here is believed. */
  readonly models: 'all' | readonly string[];
  readonly factor: Factor;
}

const HALF = { times: 1, per: 2 };
const SAME = { times: 1, per: 1 };
const TWICE = { times: 2, per: 1 };

/** The same tier: it was renamed in July 2026, and newer models answer with the new word. */
const SOONER = { vendor: 'openai', axis: 'tier', words: ['priority', 'fast'] } as const;
const FASTEST = { vendor: 'openai', axis: 'tier', words: ['ultrafast'] } as const;
const FAST = { vendor: 'anthropic', axis: 'speed', words: ['fast'] } as const;

/** Ordered by vendor; sources: the vendors' pages of prices and on these tiers, LiteLLM's list of prices for older models. */
const TIER_PRICES: readonly TierPrice[] = [
  { vendor: 'openai', axis: 'tier', words: ['flex', 'batch'], models: 'all', factor: HALF },
  // Capacity that is paid for beforehand: what a request comes to there is not told, so the list price stands.
  { vendor: 'openai', axis: 'tier', words: ['scale'], models: 'all', factor: SAME },
  { ...SOONER, models: ['gpt-4o'], factor: { times: 17, per: 10 } },
  { ...SOONER, models: ['gpt-4o-mini'], factor: { times: 5, per: 3 } },
  {
    ...SOONER,
    models: ['gpt-4o-2024-05-13', 'gpt-4.1', 'gpt-4.1-mini', 'o3'],
    factor: { times: 7, per: 4 },
  },
  { ...SOONER, models: ['o4-mini'], factor: { times: 20, per: 11 } },
  { ...SOONER, models: ['gpt-5-mini', 'gpt-5.1-codex-mini'], factor: { times: 9, per: 5 } },
  { ...SOONER, models: ['gpt-5.5'], factor: { times: 5, per: 2 } },
  {
    ...SOONER,
    models: [
      ...['gpt-4.1-nano', 'gpt-5', 'gpt-5-codex', 'gpt-5-chat-latest'],
      ...['gpt-5.1', 'gpt-5.1-codex', 'gpt-5.1-codex-max', 'gpt-5.1-chat-latest'],
      ...['gpt-5.2', 'gpt-5.2-codex', 'gpt-5.2-chat-latest'],
      ...['gpt-5.3-codex', 'gpt-5.3-chat-latest'],
      ...['gpt-5.4', 'gpt-5.4-mini', 'gpt-5.6', 'gpt-5.6-sol', 'gpt-5.6-terra', 'gpt-5.6-luna'],
      ...['gpt-6-astra', 'gpt-6.1-sol'],
    ],
    factor: TWICE,
  },
  { ...FASTEST, models: ['gpt-6-astra', 'gpt-6.1-sol'], factor: { times: 6, per: 1 } },
  // Of a commitment too, and no dearer.
  { vendor: 'anthropic', axis: 'tier', words: ['priority'], models: 'all', factor: SAME },
  { vendor: 'anthropic', axis: 'tier', words: ['batch'], models: 'all', factor: HALF },
  { ...FAST, models: ['claude-opus-4-6', 'claude-opus-4-7'], factor: { times: 6, per: 1 } },
  {
    ...FAST,
    models: [
      ...['claude-opus-4-8', 'claude-opus-5', 'claude-opus-5-5'],
      ...['claude-fable-5-2', 'claude-mythos-5-2'],
    ],
    factor: TWICE,
  },
  // Models that cannot be bound to a region answer that it is not available.
  {
    ...{ vendor: 'anthropic', axis: 'region', words: ['us'], models: 'all' },
    factor: { times: 11, per: 10 },
  },
  { vendor: 'google', axis: 'tier', words: ['flex', 'batch'], models: 'all', factor: HALF },
  // "75 to 100% more than standard": no model is named, so the upper end is what is believed.
  { vendor: 'google', axis: 'tier', words: ['priority'], models: [], factor: TWICE },
  { vendor: 'groq', axis: 'tier', words: ['flex'], models: 'all', factor: SAME },
];

/** Its models are those of other vendors, at whose factors they are resold. */
const RESELLER = 'openrouter';

const DATE = /-(?:\d{8}|\d{4}-\d{2}-\d{2})$/;

export interface Found extends Factor {
  /** As the table has it, or a question mark for any word that is not in it: callers and servers may write anything. */
  readonly word: string;
  /** The table has no price for this: believed is the dearest that it has of the kind, or else the list price. */
  readonly isBelieved: boolean;
}

/**
 * What a word on one axis makes of the price of a model.
 *
 * @param tiersOf the vendor, by its list of prices; null: somebody of whose words nothing is known
 */
export function tierPrice(
  { tiersOf = null, model }: { readonly tiersOf?: string | null; readonly model: string },
  axis: Axis,
  word: string,
): Found {
  const { vendor, name } = vendorOf(tiersOf ?? '', model);
  const ofAxis = TIER_PRICES.filter((row) => row.axis === axis);
  const ofVendor = ofAxis.filter((row) => row.vendor === vendor);
  const has = ({ words }: TierPrice) => words.includes(word);
  const ofWord = ofVendor.filter(has);
  const names = [plain(name), plain(name.replace(DATE, ''))];
  const row = names
    .flatMap((one) => ofWord.filter(({ models }) => models !== 'all' && models.some(is(one))))
    .concat(ofWord.filter(({ models }) => models === 'all'))[0];
  if (row !== undefined) return { word, ...row.factor, isBelieved: false };
  // Of a vendor that sells nothing of the kind, as far as is known, what others take for the same word.
  const others = ofVendor.length > 0 || tiersOf === null ? [] : ofAxis.filter(has);
  const known = [...ofWord, ...others];
  const dearest = (known.length > 0 ? known : ofVendor)
    .map(({ factor }) => factor)
    .reduce((most, factor) => (isDearer(factor, most) ? factor : most), SAME);
  return { word: known.length > 0 ? word : '?', ...dearest, isBelieved: true };
}

export function isDearer(one: Factor, other: Factor): boolean {
  return one.times * other.per > other.times * one.per;
}

function vendorOf(tiersOf: string, model: string): { vendor: string; name: string } {
  const slash = model.indexOf('/');
  if (tiersOf !== RESELLER || slash === -1) return { vendor: tiersOf, name: model };
  return { vendor: model.slice(0, slash), name: model.slice(slash + 1).replace(/:.*$/, '') };
}

/** Some write `4.6` where others write `4-6`. */
function plain(name: string): string {
  return name.trim().toLowerCase().replaceAll('.', '-');
}

const is = (name: string) => (model: string) => plain(model) === name;
