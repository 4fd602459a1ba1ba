/** From the end of a request to its record: what was used, what it costs, durably. */
import { ZERO } from '../../../contract/money.ts';
import {
  type Outcome,
  type ReportedUsage,
  type ServiceTier,
  tierName,
  UNKNOWN_USAGE,
} from '../../../contract/usage.ts';
import type { Clock } from '../../clock.ts';
import type { Failure } from '../../failure.ts';
import type { Log } from '../../log.ts';
import type { Metering, Price, Rating } from '../../metering/metering.ts';
import type { RoutedKey } from '../../provider-keys/provider-keys.ts';
import type { Records, RequestIntent, UsageRecord } from '../../records/records.ts';
import type { Storage, Write } from '../../storage/storage.ts';
import { costsNothing } from '../request/paths.ts';
import { type Call, namesForPrice, type Plan } from '../request/plan.ts';
import { type Admission, type AdmissionDeps, admit, type Settled } from './admission.ts';
import { Forecast, findPrice, type Places } from './forecast.ts';
import { nothingServed, type Outturn, type Reading, usedBy } from './used.ts';

export interface Served extends Outturn {
  readonly call: Call;
  readonly key: RoutedKey;
  readonly admission: Admission;
  readonly attempts: number;
  readonly startedAt: number;
  readonly startedTick: number;
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

export function createSettlement(deps: SettlementDeps): Settlement {
  const { storage, records, clock, log } = deps;
  const commit = async (
    record: UsageRecord,
    price: Price | null,
    { others = [], keep = true }: { others?: readonly Write[]; keep?: true | 'at best' } = {},
  ): Promise<boolean> => {
    try {
      const writes = [...records.finish(record, price), ...others];
      await storage.commit(writes, { keep, closes: record.id });
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
      if (costsNothing(plan.pathClass)) return admission;
      records.open(call.id, () => {
        const { usage, inputEstimate } = forecast;
        const { key, price } = forecast.place(admission.candidates[0] ?? candidates[0]);
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
      const reading = await usedBy(served, deps.metering);
      const price = priceOf(deps.metering, served, reading.usage.tokens.input ?? 0);
      const rating = chargeOf(deps.metering, served, reading.usage, price);
      const owed = rating.source !== 'none';
      const settled = served.admission.settle(reading.usage, rating.cost, owed);
      const record = recordOf(deps.clock, served, { ...reading, rating, settled });
      return commit(record, price, { others: settled.writes });
    },
    async refused(refused, failure) {
      const note = { sentence: failure.message, rule: failure.details.refusal ?? null };
      const why = records.explain(refused.id, note);
      const record = refusal(refused, failure, clock.now());
      await commit(record, null, { others: [why], keep: 'at best' });
    },
  };
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

function priceOf(metering: Metering, served: Served, inputTokens: number): Price | null {
  const { plan, key, ending, answer, startedAt } = served;
  if (plan.wire === null || nothingServed(served)) return null;
  const names = namesForPrice(plan, key, ending.servedModel ?? answer?.model ?? null);
  const where = { key, at: startedAt, inputTokens, served: servedTier(served) };
  return findPrice(metering, where, names);
}

function servedTier({ ending, answer }: Served): ServiceTier | null {
  return ending.servedTier ?? answer?.tier ?? null;
}

function recordOf(
  clock: Clock,
  served: Served,
  outcome: Reading & { rating: Rating; settled: Settled },
): UsageRecord {
  const { call, plan, key, ending, answer, startedAt, startedTick } = served;
  const { usage, provenance, rating, settled } = outcome;
  return {
    ...whoAndWhere(call, plan, key),
    servedModel: ending.servedModel ?? answer?.model ?? null,
    serviceTier: tierName(servedTier(served)),
    status: ending.failure?.kind.status ?? ending.status,
    outcome: outcomeOf(served),
    provenance,
    tokens: usage.tokens,
    cost: rating.cost,
    costSource: rating.source,
    priceId: rating.priceId,
    charge: settled.charge,
    flawed: settled.isFlawed,
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
  if (costsNothing(plan.pathClass) || nothingServed(served)) {
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
    serviceTier: null,
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
