/** What a caller pays: the arithmetic of the plans, and the worst case of a request under them. */
import { costOf, creditNanosAt, type Nanos, nanos, ZERO } from '../../../contract/money.ts';
import {
  type BilledUnit,
  type ReportedUsage,
  type TokenUsage,
  UNKNOWN_USAGE,
} from '../../../contract/usage.ts';
import { Failure } from '../../failure.ts';
import type { Metering, Price } from '../../metering/metering.ts';
import type { RoutedKey } from '../../provider-keys/provider-keys.ts';
import type { ModelLimits, Routing } from '../../providers/providers.ts';
import type { Plan } from '../request/plan.ts';
import { numberIn } from '../request/request-body.ts';

export interface ChargingSettings {
  /** Nano-dollars for a million tokens under the flat plan. */
  readonly flatNanosPerMillion: number;
  readonly plan: 'flat' | 'cost';
  /** Under the plan `cost`: what is charged for a million of the provider's cost. */
  readonly markupPpm: number;
  /** Bound of the output where neither the request states one nor the model's provider a maximum. */
  readonly defaultMaxOutputTokens: number;
  readonly minOutputTokens: number;
  readonly defaultOutputReserve: number;
}

const PPM = 1_000_000;
/** No provider gives more for one request: a larger bound is none, and what it might cost could not be counted. */
const OUTPUT_TOKENS_MAX = 1_000_000_000;
const NO_RATES = { input: null, cacheWrite5m: null, cacheWrite1h: null };

type Units = Readonly<Partial<Record<BilledUnit, number>>>;

/** How one caller is charged for one request. */
export class Tariff {
  readonly plan: 'flat' | 'cost';
  readonly #flatNanosPerMillion: number;
  readonly #markupPpm: number;
  readonly #metering: Metering;
  readonly #prices: readonly (Price | null)[];
  readonly #isFree: boolean;
  readonly #byTokens: boolean;
  readonly #request: Plan;
  readonly #extraCost: Routing['extraCost'];

  constructor(of: {
    settings: ChargingSettings;
    own: { plan: 'flat' | 'cost' | null; markupPpm: number | null } | null;
    metering: Metering;
    price: Price | null;
    /** Of the models that may answer in place of the first. */
    fallbacks?: readonly (Price | null)[];
    plan: Plan;
    key: RoutedKey;
  }) {
    const { settings, own } = of;
    this.plan = own?.plan ?? settings.plan;
    this.#flatNanosPerMillion = settings.flatNanosPerMillion;
    this.#markupPpm = own?.markupPpm ?? settings.markupPpm;
    this.#metering = of.metering;
    this.#prices = [of.price, ...(of.fallbacks ?? [])];
    this.#isFree = of.key.free;
    this.#byTokens = of.plan.pathClass === 'tokens';
    this.#request = of.plan;
    this.#extraCost = of.key.provider.routing.extraCost;
  }

  /** What a credit is worth: a token under the flat plan, or the usual one where that is free. */
  get creditNanos(): number {
    return creditNanosAt(this.#flatNanosPerMillion);
  }

  /** Nano-dollars for a million tokens of output, of the dearest model; null where one has no price. */
  get outputNanosPerMillion(): number | null {
    if (this.plan === 'flat' && this.#byTokens) return this.#flatNanosPerMillion;
    if (this.#isFree) return 0;
    let most = 0;
    for (const price of this.#prices) {
      const rate = price?.rates.output ?? null;
      if (rate === null) return null;
      most = Math.max(most, rate);
    }
    return Math.ceil((most * this.#markupPpm) / PPM);
  }

  /**
   * What is charged for what was used.
   *
   * @param cost the provider's cost, null where it is not known
   * @returns null where only a price could tell and there is none
   */
  chargeFor(usage: ReportedUsage, cost: Nanos | null): Nanos | null {
    if (this.plan === 'flat' && this.#byTokens) {
      const quantity = (usage.tokens.input ?? 0) + (usage.tokens.output ?? 0);
      return costOf([{ quantity, nanosPerMillion: this.#flatNanosPerMillion }]);
    }
    return cost === null ? null : costOf([{ quantity: cost, nanosPerMillion: this.#markupPpm }]);
  }

  /**
   * The charge for so many tokens and pieces, at the list price of the dearest model that may answer; null where only a
   * price could tell and there is none: that cannot be held, and is not free.
   */
  reckon(input: number, output: number, units: Units): Nanos | null {
    let most = ZERO;
    for (const price of this.#prices) {
      const charge = this.#reckonAt(price, { input, output, units });
      if (charge === null) return null;
      if (charge > most) most = charge;
    }
    return most;
  }

  #reckonAt(
    price: Price | null,
    { input, output, units }: { input: number; output: number; units: Units },
  ): Nanos | null {
    // A picture or a spoken text that has a price for itself alone is not billed for what describes it, nor by tokens.
    const isByPiece = !this.#byTokens && price?.rates.input === null;
    const read = isByPiece ? 0 : input;
    const most = isByPiece ? 0 : Math.min(output, OUTPUT_TOKENS_MAX);
    const tokens = {
      ...UNKNOWN_USAGE,
      input: read,
      output: most,
      ...this.#cacheWrites(price, read),
    };
    const usage = { tokens, cost: null, units, flawed: false };
    const { cost } = this.#metering.rate({ usage, price, local: this.#isFree });
    if (cost === null) return this.chargeFor(usage, null);
    const areSearchesPriced =
      (units.web_search ?? 0) > 0 && price?.rates.units.web_search !== undefined;
    const extra = this.#extraCost?.(this.#request.parsed ?? {}, areSearchesPriced) ?? ZERO;
    return this.chargeFor(usage, nanos(cost + extra));
  }

  /** A prompt that the request has the provider cache may be billed as written, which can be dearer than read. */
  #cacheWrites(price: Price | null, input: number): Partial<TokenUsage> {
    const { input: read, cacheWrite5m, cacheWrite1h } = price?.rates ?? NO_RATES;
    const isDearer = Math.max(cacheWrite5m ?? 0, cacheWrite1h ?? 0) > (read ?? 0);
    if (!isDearer) return {};
    const life = cacheLife(this.#request.parsed);
    if (life === null) return {};
    return life === '1h' ? { cacheWrite1h: input } : { cacheWrite5m: input };
  }
}

/**
 * How long a request asks for its prompt to be cached, the longest where it says several; null: nowhere. Looked for in
 * the members as they were parsed, so that no spelling hides one, and not in texts.
 */
function cacheLife(value: unknown, depth = 0): '5m' | '1h' | null {
  if (typeof value !== 'object' || value === null || depth > CACHE_DEPTH_MAX) return null;
  let longest: '5m' | '1h' | null = null;
  for (const [name, member] of Object.entries(value)) {
    let life = cacheLife(member, depth + 1);
    if (name === 'cache_control' && typeof member === 'object' && member !== null) {
      life = 'ttl' in member && member.ttl === '1h' ? '1h' : '5m';
    }
    if (life === '1h') return life;
    longest ??= life;
  }
  return longest;
}

/** Markers stand on parts of messages, on tools and at the top. */
const CACHE_DEPTH_MAX = 12;

/** The names that a path reads as its bound; under another one a caller could state a bound that nobody keeps. */
const BOUND_NAMES: Readonly<Record<string, readonly string[]>> = {
  chat: ['max_tokens', 'max_completion_tokens'],
  completions: ['max_tokens'],
  responses: ['max_output_tokens'],
  messages: ['max_tokens'],
};

function isBound(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

/**
 * The bound that a request states for each of its answers; null if it states none, or none holds here.
 *
 * @throws Failure `invalid_request` for what is no bound, as nothing could be held for it
 */
export function statedBound(plan: Plan): number | null {
  let bound: number | null = null;
  if (plan.unbounded) return bound;
  for (const name of BOUND_NAMES[plan.wire ?? ''] ?? []) {
    const value = plan.parsed?.[name] ?? null;
    if (value === null) continue;
    if (!isBound(value)) {
      const sentence = `"${name}" must be a whole number of at least 1.`;
      throw new Failure('invalid_request', { sentence, param: name });
    }
    bound = Math.max(bound ?? 0, value);
  }
  return bound;
}

/**
 * Does a provider hear the bound that a request states? Under a name that it overlooks, none holds. Servers that people
 * run themselves, Ollama first of all, often know the older name only, and none of them refuses both together.
 */
export function hearsBound({ provider, free }: RoutedKey, { wire, parsed }: Plan): boolean {
  const sole = provider.routing.soleChatBound ?? (free ? 'max_tokens' : undefined);
  return wire !== 'chat' || sole === undefined || isBound(parsed?.[sole]);
}

/**
 * What bounds the output where the request does not: the model's known maximum, else the default. A context window is
 * no maximum of output; it lowers either to the room that the prompt leaves, as a provider refuses more. Where the guess
 * at the prompt leaves next to no room, the window counts for nothing: the guess is too high, or the provider refuses
 * the prompt itself, and an answer of a few tokens would help nobody.
 */
export function mostOutput(
  limits: ModelLimits,
  inputEstimate: number,
  settings: ChargingSettings,
): number {
  const most = limits.output ?? settings.defaultMaxOutputTokens;
  const room = limits.context === null ? most : limits.context - inputEstimate;
  return room < Math.max(1, settings.minOutputTokens) ? most : Math.min(most, room);
}

/** The output that the rates reserve. What is no bound is the provider's to judge: some take -1 for "no bound". */
export function reservedOutput(plan: Plan, settings: ChargingSettings): number {
  if (!hasOutput(plan)) return 0;
  const names = BOUND_NAMES[plan.wire ?? ''] ?? [];
  const bounds = names.map((name) => plan.parsed?.[name]).filter(isBound);
  const bound = bounds.length === 0 ? settings.defaultMaxOutputTokens : Math.max(...bounds);
  return Math.min(bound, settings.defaultOutputReserve);
}

/** How many answers a request asks for: so many of each prompt, of which a completion may have several. */
export function choicesOf({ wire, parsed }: Plan): number {
  const counts = [parsed?.['n'], parsed?.['best_of']]
    .map(numberIn)
    .map((count) => (Number.isSafeInteger(count) && count > 1 ? count : 1));
  return Math.max(...counts) * (wire === 'completions' ? promptsIn(parsed?.['prompt']) : 1);
}

/** A list of numbers is one prompt, in tokens; of anything else, each is one. */
function promptsIn(prompt: unknown): number {
  if (!Array.isArray(prompt) || typeof prompt[0] === 'number') return 1;
  return Math.max(1, prompt.length);
}

/** Does this path answer text that a bound on tokens can shorten? */
export function hasOutput(plan: Plan): boolean {
  return ['chat', 'completions', 'responses', 'messages'].includes(plan.wire ?? '');
}

/** The output that a cover pays for behind a base; as the money is rounded up, one token less is safe. */
export function affordableOutput(cover: Nanos, base: Nanos, nanosPerMillion: number): number {
  if (nanosPerMillion === 0) return Number.MAX_SAFE_INTEGER;
  const left = BigInt(Math.max(0, cover - base)) * BigInt(PPM);
  return Math.max(0, Number(left / BigInt(nanosPerMillion)) - 1);
}
