/** From the end of a request to its record: what was used, what it costs, durably. */
import { ZERO } from '../../../contract/money.ts';
import {
  type Outcome,
  type Provenance,
  type ReportedUsage,
  UNKNOWN_USAGE,
} from '../../../contract/usage.ts';
import type { Clock } from '../../clock.ts';
import type { Failure } from '../../failure.ts';
import type { Log } from '../../log.ts';
import { type Metering, overlay, type Price, type Rating } from '../../metering/metering.ts';
import type { RoutedKey } from '../../provider-keys/provider-keys.ts';
import type { ModelLimits } from '../../providers/providers.ts';
import type { Charge, Records, RequestIntent, UsageRecord } from '../../records/records.ts';
import type { Storage, Write } from '../../storage/storage.ts';
import { type Answer, servedText } from '../answer/answer.ts';
import type { Ending } from '../answer/ending.ts';
import type { Candidates } from '../request/payer.ts';
import { type Call, fallbackModels, namesForPrice, type Plan } from '../request/plan.ts';
import {
  type Admission,
  type AdmissionDeps,
  admit,
  type Expected,
  type Place,
} from './admission.ts';
import { countUnits, expectedUnits, spokenSeconds } from './pieces.ts';

export interface Served {
  readonly call: Call;
  readonly plan: Plan;
  readonly key: RoutedKey;
  readonly ending: Ending;
  /** The answer that was read whole, where there is one. */
  readonly answer: Answer | null;
  readonly admission: Admission;
  readonly attempts: number;
  readonly startedAt: number;
  readonly startedTick: number;
}

/** Where a request may be served, and what is known of its model there. */
export interface Places {
  readonly candidates: Candidates;
  limits(key: RoutedKey): ModelLimits;
}

export interface Settlement {
  /**
   * Takes the request's place among the rates and holds its worst case, then notes the intent; nobody waits
   * for the disk. The admission is to be ended on every exit.
   *
   * @throws Failure as {@link admit} does
   */
  admit(call: Call, plan: Plan, at: Places, startedAt: number): Admission;
  /** @returns whether the record is on disk; if not, it stays queued and is written when the disk allows */
  settle(served: Served): Promise<boolean>;
  /** A request that never left us, on record with the reason. */
  refused(refused: Refused, failure: Failure): Promise<void>;
}

/** A request that never left us, as far as it was read. */
export interface Refused {
  readonly id: string;
  readonly url: string;
  readonly keyId: string;
  readonly userId: string;
  /** Null where it was not read at all. */
  readonly plan: Plan | null;
  readonly startedAt: number;
}

export interface SettlementDeps extends AdmissionDeps {
  readonly storage: Storage;
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Log;
}

interface Reading {
  readonly usage: ReportedUsage;
  readonly provenance: Provenance;
}

const NOTHING_KNOWN: ReportedUsage = {
  tokens: UNKNOWN_USAGE,
  cost: null,
  units: {},
  flawed: false,
};

export function createSettlement(deps: SettlementDeps): Settlement {
  const { storage, records, clock, log } = deps;
  const commit = async (
    record: UsageRecord,
    price: Price | null,
    others: readonly Write[] = [],
  ): Promise<boolean> => {
    try {
      const writes = [...records.finish(record, price), ...others];
      await storage.commit(writes, { keep: true, closes: record.id });
      return true;
    } catch (error) {
      log.error({ requestId: record.id, err: error }, 'a usage record could not be written yet');
      return false;
    }
  };
  return {
    admit(call, plan, at, startedAt) {
      const forecast = new Forecast(deps.metering, { plan, at, startedAt });
      const { candidates } = at;
      const admission = admit(deps, { call, plan, candidates, expected: forecast });
      if (plan.pathClass === 'free' || plan.pathClass === 'models') return admission;
      records.open(call.id, () => {
        const { usage, inputEstimate, first } = forecast;
        const { key, price } = first;
        const rating = deps.metering.rate({ usage, price, local: key.free });
        const intent: RequestIntent = {
          ...whoAndWhere(call, plan, key),
          inputEstimate,
          priceId: rating.priceId,
          costSource: rating.source,
          costEstimate: rating.cost,
          charge: admission.chargeIfLost(usage, rating.cost),
          hold: admission.hold,
          startedAt,
        };
        return { intent, price };
      });
      return admission;
    },
    async settle(served) {
      const reading = stated(served) ?? (await counted(deps.metering, served));
      const price = priceOf(deps.metering, served, reading.usage.tokens.input ?? 0);
      const rating = chargeOf(deps.metering, served, reading.usage, price);
      const owed = rating.source !== 'none';
      const { charge, writes } = served.admission.settle(reading.usage, rating.cost, owed);
      return commit(recordOf(deps.clock, served, { ...reading, rating, charge }), price, writes);
    },
    async refused(refused, failure) {
      const note = { sentence: failure.message, rule: failure.details.refusal ?? null };
      const why = records.explain(refused.id, note);
      await commit(refusal(refused, failure, clock.now()), null, [why]);
    },
  };
}

/**
 * What can be known of a request's cost before it leaves. Each part is reckoned when it is asked for: a request that
 * nothing is reserved or held for, and which ends before its note is written, needs none of it.
 */
class Forecast implements Expected {
  readonly #metering: Metering;
  readonly #of: { readonly plan: Plan; readonly at: Places; readonly startedAt: number };
  #inputEstimate: number | null = null;
  #first: Place | null = null;

  constructor(
    metering: Metering,
    of: { readonly plan: Plan; readonly at: Places; readonly startedAt: number },
  ) {
    this.#metering = metering;
    this.#of = of;
  }

  get inputEstimate(): number {
    const { parsed } = this.#of.plan;
    this.#inputEstimate ??= parsed === null ? 0 : this.#metering.estimatePrompt(parsed);
    return this.#inputEstimate;
  }

  get first(): Place {
    this.#first ??= this.#place(this.#of.at.candidates[0]);
    return this.#first;
  }

  get others(): readonly Place[] {
    const [, ...others] = this.#of.at.candidates;
    return others.map((key) => this.#place(key));
  }

  fallbacks(key: RoutedKey): readonly (Price | null)[] {
    return fallbackModels(this.#of.plan).map((model) => this.#priceAt(key, [model]));
  }

  #place(key: RoutedKey): Place {
    const { plan, at } = this.#of;
    return { key, limits: at.limits(key), price: this.#priceAt(key, namesForPrice(plan, key)) };
  }

  #priceAt(key: RoutedKey, models: readonly (string | null)[]): Price | null {
    const where = { key, at: this.#of.startedAt, inputTokens: this.inputEstimate };
    return findPrice(this.#metering, where, models);
  }

  /** The prompt as it is estimated. */
  get usage(): ReportedUsage {
    return { ...NOTHING_KNOWN, tokens: { ...UNKNOWN_USAGE, input: this.inputEstimate } };
  }
}

/** What the intent and the record of a request have in common. */
function whoAndWhere(call: Call, plan: Plan, key: RoutedKey) {
  return {
    id: call.id,
    virtualKeyId: call.key.id,
    userId: call.key.userId,
    providerId: key.provider.id,
    providerKeyId: key.id,
    endpoint: plan.endpoint,
    model: plan.model,
    streamed: plan.streamed,
  };
}

/** What was used, by the provider's word; null where it has to be counted. */
function stated(served: Served): Reading | null {
  const { plan, ending, answer } = served;
  const whole = isWhole(served);
  const usage = reportedUsage(served);
  if (plan.pathClass !== 'tokens' || nothingServed(served)) {
    const units = { ...countUnits(plan, answer?.json ?? null), ...usage.units };
    const second = whole && !isCounted(usage, units) ? guessedSeconds(served) : null;
    if (second !== null) return { usage: { ...usage, units: { second } }, provenance: 'estimated' };
    const provenance = whole || ending.status === 0 ? 'reported' : 'partial';
    return { usage: { ...usage, units }, provenance };
  }
  const { input, output } = usage.tokens;
  return whole && input !== null && output !== null ? { usage, provenance: 'reported' } : null;
}

/** Is there anything that a price could be applied to? */
function isCounted({ cost, tokens }: ReportedUsage, units: ReportedUsage['units']): boolean {
  return cost !== null || tokens.input !== null || Object.keys(units).length > 0;
}

/**
 * Of a recording whose length nobody states, as transcriptions in plain text; null for all else. What is said in it may
 * look like a time, so never more than a recording of that size can have.
 */
function guessedSeconds({ plan, ending, answer }: Served): number | null {
  if (plan.wire !== 'audio' || answer === null || answer.isError || ending.body === null)
    return null;
  const { second: most = Number.POSITIVE_INFINITY } = expectedUnits(plan);
  return Math.min(spokenSeconds(answer, ending.body), most);
}

/** What was used, with our count in place of what nobody stated. */
async function counted(metering: Metering, served: Served): Promise<Reading> {
  const { plan, ending, answer } = served;
  const usage = reportedUsage(served);
  const { input, output } = usage.tokens;
  const text = answer === null ? ending.servedText : servedText(answer.json);
  const tokens = {
    ...UNKNOWN_USAGE,
    input: input ?? (await metering.countPrompt(plan.parsed)),
    // A count that a broken-off stream stated on its way may lag behind what it served.
    output: plan.wire === 'embeddings' ? 0 : Math.max(output ?? 0, await metering.countText(text)),
  };
  return {
    usage: overlay(usage, { ...NOTHING_KNOWN, tokens }),
    provenance: isWhole(served) ? 'estimated' : 'partial',
  };
}

function reportedUsage({ ending, answer }: Served): ReportedUsage {
  return ending.usage ?? answer?.usage ?? NOTHING_KNOWN;
}

/** Was the answer read to its end, and was it one? */
function isWhole({ ending }: Served): boolean {
  return ending.complete && ending.failure === null && !ending.errorInStream;
}

/** An error of the provider, or a failure before any answer: nothing was served, nothing is owed. */
function nothingServed({ ending, answer }: Served): boolean {
  if (ending.status >= 400 || !ending.sent) return true;
  if (answer?.isError === true && answer.usage === null) return true;
  // A stream that fails before a word was said, and states nothing.
  if (ending.errorInStream && ending.usage === null && ending.servedText === '') return true;
  return ending.failure !== null && ending.firstByteAt === null;
}

function findPrice(
  metering: Metering,
  where: { key: RoutedKey; at: number; inputTokens: number },
  models: readonly (string | null)[],
): Price | null {
  const { key, at, inputTokens } = where;
  for (const model of models) {
    if (model === null) continue;
    const price = metering.price({ catalogue: key.priceCatalogue, model, at, inputTokens });
    if (price !== null) return price;
  }
  return null;
}

function priceOf(metering: Metering, served: Served, inputTokens: number): Price | null {
  const { plan, key, ending, answer, startedAt } = served;
  if (plan.wire === null || nothingServed(served)) return null;
  const names = namesForPrice(plan, key, ending.servedModel ?? answer?.model ?? null);
  return findPrice(metering, { key, at: startedAt, inputTokens }, names);
}

function recordOf(
  clock: Clock,
  served: Served,
  outcome: Reading & { rating: Rating; charge: Charge | null },
): UsageRecord {
  const { call, plan, key, ending, answer, startedAt, startedTick } = served;
  const { usage, provenance, rating, charge } = outcome;
  return {
    ...whoAndWhere(call, plan, key),
    servedModel: ending.servedModel ?? answer?.model ?? null,
    status: ending.failure?.kind.status ?? ending.status,
    outcome: outcomeOf(served),
    provenance,
    tokens: usage.tokens,
    cost: rating.cost,
    costSource: rating.source,
    priceId: rating.priceId,
    charge,
    flawed: usage.flawed,
    failure: ending.failure?.code ?? null,
    attempts: served.attempts,
    upstreamId: answer?.id ?? ending.upstreamId,
    startedAt,
    ttftMs: ending.firstByteAt === null ? null : Math.round(ending.firstByteAt - startedTick),
    durationMs: Math.round(clock.elapsed() - startedTick),
  };
}

function outcomeOf({ ending, answer }: Served): Outcome {
  const { failure, callerGone } = ending;
  // A body that ceased to come is the caller's doing.
  if (failure !== null) return callerGone && failure.kind.status < 500 ? 'aborted' : 'failed';
  if (ending.errorInStream || answer?.isError === true || ending.status >= 400) return 'failed';
  return callerGone ? 'aborted' : 'completed';
}

function chargeOf(
  metering: Metering,
  served: Served,
  usage: ReportedUsage,
  price: Price | null,
): Rating {
  const { plan, key } = served;
  if (plan.pathClass === 'free' || plan.pathClass === 'models' || nothingServed(served)) {
    return { cost: ZERO, source: 'none', priceId: null };
  }
  return metering.rate({ usage, price, local: key.free });
}

function refusal(refused: Refused, failure: Failure, now: number): UsageRecord {
  const { id, url, keyId, userId, plan, startedAt } = refused;
  return {
    id,
    virtualKeyId: keyId,
    userId,
    providerId: null,
    providerKeyId: null,
    endpoint: plan?.endpoint ?? endpointOf(url),
    model: plan?.model ?? null,
    servedModel: null,
    streamed: plan?.streamed ?? false,
    status: failure.kind.status,
    outcome: 'refused',
    provenance: 'reported',
    tokens: UNKNOWN_USAGE,
    cost: ZERO,
    costSource: 'none',
    priceId: null,
    charge: null,
    flawed: false,
    failure: failure.code,
    attempts: 0,
    upstreamId: null,
    startedAt,
    ttftMs: null,
    durationMs: Math.max(0, now - startedAt),
  };
}

/** The path below /v1 as it came, for a request that was not read. */
function endpointOf(url: string): string {
  return (url.split('?', 1)[0] ?? '').replace(/^\/v1\//, '').slice(0, 256);
}
