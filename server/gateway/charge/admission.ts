/** May this request go now, and for how much? Rates first, then money; what is taken is given back on every exit. */
import { COST_MAX, type Nanos, ZERO } from '../../../contract/money.ts';
import type { ReportedUsage } from '../../../contract/usage.ts';
import { Failure } from '../../failure.ts';
import type { Hold, Ledger } from '../../ledger/ledger.ts';
import type { Limits, Pass } from '../../limits/limits.ts';
import type { Metering, Price } from '../../metering/metering.ts';
import type { RoutedKey } from '../../provider-keys/provider-keys.ts';
import type { ModelLimits } from '../../providers/providers.ts';
import type { Charge } from '../../records/records.ts';
import type { Write } from '../../storage/storage.ts';
import { costsNothing } from '../request/paths.ts';
import { accountsFor, type Candidates } from '../request/payer.ts';
import type { Call, Plan } from '../request/plan.ts';
import { expectedTokens, expectedUnits } from './pieces.ts';
import {
  affordableOutput,
  type ChargingSettings,
  choicesOf,
  hasOutput,
  hearsBound,
  mostOutput,
  reservedOutput,
  statedBound,
  Tariff,
} from './tariff.ts';

export interface AdmissionDeps {
  readonly ledger: Ledger;
  readonly limits: Limits;
  readonly metering: Metering;
  readonly charging: ChargingSettings;
}

/** A provider key that may serve a request, and what is known of the model there. */
export interface Place {
  readonly key: RoutedKey;
  readonly limits: ModelLimits;
  readonly price: Price | null;
}

/** What a request is expected to need; reckoned when it is asked for. */
export interface Expected {
  /** What rates reserve for the prompt. */
  readonly inputReserved: number;
  readonly inputEstimate: number;
  /** The most that the prompt may be billed, as far as can be told. */
  readonly inputMost: number;
  place(key: RoutedKey): Place;
  /** Prices of the models that a provider may fall back to. @throws Failure `invalid_request` if they are too many */
  fallbacks(key: RoutedKey): readonly (Price | null)[];
}

type OutputBound = (key: RoutedKey, limits: ModelLimits) => number | null;

/** What a wallet holder is told about the charge of a request. */
export interface GatewayUsage {
  readonly tokens_charged: number;
  readonly user_balance_after: number;
  readonly user_api_key: string;
}

/** What a request came to. */
export interface Settled {
  /** For the record; null for callers without wallet or budget. */
  readonly charge: Charge | null;
  /** The figures cannot be true, or are more than can be counted; what is charged was cut to the hold. */
  readonly isFlawed: boolean;
  /** What must stand with the record. */
  readonly writes: readonly Write[];
}

/** A request that may go. Whoever holds it calls {@link Admission.end}, whatever happens. */
export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #call: Call;
  readonly #pass: Pass | null;
  readonly #tariff: Tariff | null;
  readonly hold: Hold | null;
  /** The provider keys that may serve it, the best first: of several, those whose worst case is held. */
  readonly candidates: readonly RoutedKey[];
  /**
   * Bound of the output to be sent along to a provider whose model has these limits, because the hold covers no more:
   * where the request states none, or under a name that is not heard there. Null: send the request as it is.
   */
  readonly outputBound: OutputBound | null;
  #settled = false;
  #usage: GatewayUsage | null = null;

  constructor(deps: AdmissionDeps, of: Money & { call: Call; pass: Pass | null }) {
    this.#deps = deps;
    this.#call = of.call;
    this.#pass = of.pass;
    this.#tariff = of.tariff;
    this.hold = of.hold;
    this.candidates = of.candidates;
    this.outputBound = of.outputBound;
  }

  /** What a wallet holder is told; null for others, and before the request is settled. */
  get usage(): GatewayUsage | null {
    return this.#usage;
  }

  /** What a crash would charge: never more than is held. */
  chargeIfLost(usage: ReportedUsage, cost: Nanos | null): Charge | null {
    const { hold } = this;
    if (hold === null || this.#tariff === null) return null;
    const amount = this.#tariff.chargeFor(usage, cost) ?? hold.amount;
    const least = amount < hold.amount ? amount : hold.amount;
    return { amount: least, held: hold.amount, plan: this.#tariff.plan };
  }

  /**
   * Ends the hold with what was really used, also beyond it unless the figures are flawed, and corrects the rates.
   *
   * @param owed false where nothing was served: then nothing is charged
   */
  settle(usage: ReportedUsage, cost: Nanos | null, owed: boolean): Settled {
    this.#settled = true;
    // An impossible figure would lock the caller out for the day: then what was reserved stands.
    if (!usage.flawed) {
      this.#pass?.correct((usage.tokens.input ?? 0) + (usage.tokens.output ?? 0));
    }
    const { hold } = this;
    const isCostAbsurd = cost !== null && cost >= COST_MAX;
    if (hold === null || this.#tariff === null) {
      return { charge: null, isFlawed: usage.flawed || isCostAbsurd, writes: [] };
    }
    // What turned out to have no price is charged what was held for it: it is not free.
    const used = owed ? (this.#tariff.chargeFor(usage, cost) ?? hold.amount) : ZERO;
    // Figures that cannot be true take no more than was held: they may be absurd by any factor.
    const isFlawed = usage.flawed || isCostAbsurd || used >= COST_MAX;
    const amount = isFlawed && used > hold.amount ? hold.amount : used;
    const settled = this.#book(hold, amount);
    if (settled.balanceAfter !== null) {
      const { creditNanos } = this.#tariff;
      const { prefix } = this.#call.key;
      this.#usage = {
        tokens_charged: settled.charged / creditNanos,
        user_balance_after: settled.balanceAfter / creditNanos,
        user_api_key: `${prefix}...`,
      };
    }
    return {
      charge: { amount: settled.charged, held: hold.amount, plan: this.#tariff.plan },
      isFlawed: isFlawed || settled.charged !== amount,
      writes: settled.writes,
    };
  }

  #book(hold: Hold, amount: Nanos): ReturnType<Ledger['settle']> {
    const { ledger } = this.#deps;
    try {
      // It may have been swept, and forgotten, if the request went on for longer than anybody thought.
      return ledger.settle(hold.id, amount, hold);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // An account that cannot count it any more is charged nothing: better than that nothing is on record.
      return ledger.settle(hold.id, ZERO, hold);
    }
  }

  /** Gives back what was not settled. */
  end(): void {
    this.#pass?.end();
    if (!this.#settled && this.hold !== null) this.#deps.ledger.release(this.hold.id);
  }
}

/**
 * @throws Failure `rate_limited`, `request_over_limit`, `insufficient_quota`, `unpriced_model`,
 *   `unmetered_path_forbidden`; then nothing is taken
 */
export function admit(deps: AdmissionDeps, request: Request): Admission {
  const { call, plan, candidates, expected } = request;
  if (costsNothing(plan.pathClass)) {
    return new Admission(deps, { call, pass: null, ...NO_MONEY, candidates });
  }
  const { charging, limits } = deps;
  const { id: keyId, userId } = call.key;
  // Where no rule counts tokens there is nothing to reserve; what was used is counted at the end.
  const tokens = limits.countsTokens(keyId, userId)
    ? expected.inputReserved + reservedOutput(plan, charging)
    : 0;
  const pass = limits.admit({ keyId, userId, tokens });
  try {
    const money = holdMoney(deps, request);
    return new Admission(deps, { call, pass, ...money });
  } catch (error) {
    pass.cancel();
    throw error;
  }
}

interface Request {
  readonly call: Call;
  readonly plan: Plan;
  readonly candidates: Candidates;
  readonly expected: Expected;
}

interface Money {
  readonly tariff: Tariff | null;
  readonly hold: Hold | null;
  readonly outputBound: OutputBound | null;
  readonly candidates: readonly RoutedKey[];
}

const NO_MONEY = { tariff: null, hold: null, outputBound: null };

/** What serving at one place may cost. */
interface Offer {
  readonly tariff: Tariff;
  /** Of the output of each answer. */
  readonly bound: number;
  /** Null where only a price could tell and there is none. */
  readonly amount: Nanos | null;
}

/** Holds the worst case. Where nothing is stated, the output is bounded by what is still covered. */
function holdMoney(deps: AdmissionDeps, request: Request): Money {
  const { call, plan, candidates, expected } = request;
  const { ledger } = deps;
  const accounts = accountsFor(call.key, candidates, ledger);
  if (accounts.wallet === null && accounts.budgets.length === 0) return { ...NO_MONEY, candidates };
  if (plan.pathClass === 'unmetered') {
    // Nothing can be held for it. That a wallet holder may is the operator's word; a budget would be no bound.
    if (accounts.budgets.length === 0) return { ...NO_MONEY, candidates };
    const sentence = 'A budget holds for this key, and the use of this endpoint cannot be metered.';
    throw new Failure('unmetered_path_forbidden', { sentence });
  }
  const cover = ledger.cover(accounts);
  const { offerAt, mostAt, isBoundStated } = offersOf(deps, request, cover);
  let best: Offer | null = null;
  let dearest: Nanos = ZERO;
  const held: RoutedKey[] = [];
  for (const key of candidates) {
    // The best that is covered decides on the output. Another one may be dearer: if that is covered too, it is what is held.
    const offer = offerAt(expected.place(key), best?.bound ?? null);
    const { amount } = offer;
    // A wallet that only counts refuses nothing, also not what has no price.
    if (amount === null ? cover !== null || best !== null : cover !== null && amount > cover)
      continue;
    best ??= offer;
    held.push(key);
    if (amount !== null && amount > dearest) dearest = amount;
  }
  // Where none is covered, the one that would have served is refused, and says by how much.
  const { tariff, bound, amount } = best ?? offerAt(expected.place(candidates[0]), null);
  if (best === null && amount === null) {
    throw new Failure('unpriced_model', plan.model === null ? NO_MODEL : {});
  }
  const needed = best === null ? (amount ?? ZERO) : dearest;
  const hold = ledger.hold({ id: call.id, amount: needed, ...accounts });
  const outputBound: OutputBound = (key, at) => {
    if (!isBoundStated) return Math.min(bound, mostAt(at));
    return hearsBound(key, plan) ? null : bound;
  };
  return {
    tariff,
    hold,
    outputBound: cover === null || plan.unbounded ? null : outputBound,
    candidates: held,
  };
}

const NO_MODEL = {
  sentence: 'No model can be told from this request, so it has no price here. Name one in "model".',
  param: 'model',
};

/** Nothing keeps such an answer to the default. What sums up or judges a text is no longer than that. */
function unboundedSettings(charging: ChargingSettings, input: number): ChargingSettings {
  const defaultMaxOutputTokens = Math.max(charging.defaultMaxOutputTokens, input);
  return { ...charging, defaultMaxOutputTokens };
}

/** How a request is reckoned wherever it may be served; with a cover, output that nothing bounds is lowered to it. */
function offersOf(
  { ledger, metering, charging }: AdmissionDeps,
  { call, plan, expected }: Request,
  cover: Nanos | null,
) {
  const own = ledger.wallet(call.key.userId);
  const units = expectedUnits(plan);
  const isText = hasOutput(plan);
  const pieces = isText ? null : expectedTokens(plan);
  const input = expected.inputMost + (pieces?.input ?? 0);
  const usualInput = expected.inputEstimate + (pieces?.input ?? 0);
  const choices = isText ? choicesOf(plan) : 1;
  const stated = pieces === null ? statedBound(plan) : pieces.output;
  const usual = plan.unbounded ? unboundedSettings(charging, input) : charging;
  const mostAt = (limits: ModelLimits) => mostOutput(limits, usualInput, usual);
  const boundAt = ({ limits }: Place, tariff: Tariff): number => {
    const most = stated ?? mostAt(limits);
    if (stated !== null || cover === null || plan.unbounded) return most;
    const base = tariff.reckon(input, 0, units);
    if (base === null) return most;
    const rate = tariff.outputNanosPerMillion ?? 0;
    const affordable = Math.floor(affordableOutput(cover, base, rate) / choices);
    // With less than the least output covered, the request is refused.
    return Math.max(Math.min(charging.minOutputTokens, most), Math.min(most, affordable));
  };
  const offerAt = (place: Place, given: number | null): Offer => {
    const { key, price } = place;
    const fallbacks = expected.fallbacks(key);
    const tariff = new Tariff({
      ...{ settings: charging, own, metering, price, plan, key },
      fallbacks,
    });
    const bound = given ?? boundAt(place, tariff);
    return { tariff, bound, amount: tariff.reckon(input, bound * choices, units) };
  };
  return { offerAt, mostAt, isBoundStated: stated !== null };
}
