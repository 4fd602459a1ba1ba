/**
 * The door of `gateway`: one request from a caller to a provider and back, metered, priced and on
 * record before the caller has the end of the answer.
 */
import { mayUse, type VirtualKey } from '../accounts/accounts.ts';
import type { Clock } from '../clock.ts';
import { Failure, toFailure } from '../failure.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Limits } from '../limits/limits.ts';
import type { Log } from '../log.ts';
import type { Metering } from '../metering/metering.ts';
import type { Outbound } from '../outbound.ts';
import type { ProviderKeys, RoutedKey } from '../provider-keys/provider-keys.ts';
import type { Records } from '../records/records.ts';
import type { Storage } from '../storage/storage.ts';
import type { Ending } from './answer/ending.ts';
import { isWorthAnother } from './answer/worth-another.ts';
import { Attempts } from './attempts.ts';
import { type Catalog, createCatalog } from './catalog.ts';
import type { Admission } from './charge/admission.ts';
import { createSettlement, type Settlement } from './charge/settlement.ts';
import type { ChargingSettings } from './charge/tariff.ts';
import { ownAccount } from './own-account.ts';
import { ownPathOf } from './request/paths.ts';
import { type Candidates, OPERATORS, type Serving, servingOf } from './request/payer.ts';
import { assertAllowed, type Call, makePlan, type Plan } from './request/plan.ts';
import { type ServedModel, servedModel } from './served-models.ts';

export { recoverRequests } from './recovery.ts';
export type { Call } from './request/plan.ts';

export type { ServedModel } from './served-models.ts';

export interface GatewaySettings {
  readonly charging: ChargingSettings;
  readonly bodyBytesMax: number;
  readonly answerBytesMax: number;
  /** How long an answer that nobody waits for is still read, for its usage. */
  readonly drainMs: number;
  /** How long a caller may read nothing of its answer. */
  readonly stallMs: number;
}

export interface GatewayDeps {
  readonly storage: Storage;
  readonly records: Records;
  readonly ledger: Ledger;
  readonly limits: Limits;
  readonly metering: Metering;
  readonly providerKeys: ProviderKeys;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: GatewaySettings;
}

export interface Gateway {
  /**
   * Serves one request. Where the answer has begun, its failure is told inside the answer.
   *
   * @throws Failure while nothing has been sent to the caller yet
   */
  complete(call: Call): Promise<void>;
  /** Puts a request on record whose key is known and opens nothing now. Never throws. */
  turnAway(call: { readonly id: string; readonly url: string }, failure: Failure): Promise<void>;
  models(): Promise<readonly ServedModel[]>;
  /** The `x-ratelimit-*` headers as they stand for a key; none where nothing is limited. */
  limitHeaders(key: VirtualKey): Readonly<Record<string, string>>;
  /** What the last request that reached for a provider tells of it. */
  upstreamState(): 'ok' | 'unknown' | 'failing' | 'missing';
  /** Requests that have begun and not ended. */
  inFlight(): number;
  /** Resolves when nothing is in flight; after the deadline what is left is broken off and recorded. */
  drain(deadlineMs: number): Promise<void>;
}

export function createGateway(deps: GatewayDeps): Gateway {
  return new OpenGateway(deps);
}

interface Admitted {
  readonly call: Call;
  readonly plan: Plan;
  readonly admission: Admission;
  /** Milliseconds since the epoch, and on the clock that never jumps. */
  readonly startedAt: number;
  readonly startedTick: number;
}

class OpenGateway implements Gateway {
  readonly #deps: GatewayDeps;
  readonly #catalog: Catalog;
  readonly #settlement: Settlement;
  readonly #attempts: Attempts;
  readonly #whenQuiet: (() => void)[] = [];
  #busy = 0;
  #upstream: 'ok' | 'unknown' | 'failing' = 'unknown';

  constructor(deps: GatewayDeps) {
    this.#deps = deps;
    this.#catalog = createCatalog(deps);
    this.#attempts = new Attempts(deps);
    this.#settlement = createSettlement({ ...deps, charging: deps.settings.charging });
  }

  async complete(arrived: Call): Promise<void> {
    this.#busy++;
    let admission: Admission | null = null;
    try {
      const own = ownPathOf(arrived);
      if (own !== null) {
        sendJson(arrived, await ownAccount(this.#deps, own, arrived.key));
        return;
      }
      const admitted = await this.#admit(arrived);
      admission = admitted.admission;
      const { call } = admitted;
      if (admitted.plan.pathClass === 'models') {
        const serving = servingOf(call.key, admitted.plan, this.#deps.ledger);
        if (this.#unitesModels(call.key, serving)) {
          sendJson(call, await this.#unitedModels(call.key, serving));
          return;
        }
      }
      const failure = await this.#serve(admitted);
      if (failure !== null) throw failure;
    } finally {
      admission?.end();
      this.#busy--;
      if (this.#busy === 0) for (const tell of this.#whenQuiet.splice(0)) tell();
    }
  }

  async #admit(arrived: Call): Promise<Admitted> {
    const { clock, storage, settings } = this.#deps;
    const startedAt = clock.now();
    const startedTick = clock.elapsed();
    let plan: Plan | null = null;
    try {
      plan = await makePlan(arrived, settings.bodyBytesMax);
      // While the body came, the key may have been ended, or been given other rules.
      const key = arrived.renewKey();
      const call = key === arrived.key ? arrived : { ...arrived, key };
      assertAllowed(key, plan);
      const serving = servingOf(key, plan, this.#deps.ledger);
      // A deployment is at home at one provider, whoever lists the model that its body names.
      const listed = plan.deployment === null ? plan.model : null;
      const candidates = await this.#catalog.candidates(serving, plan.dialect, listed);
      // What cannot be recorded must not be spent.
      if (storage.state() === 'failing') throw new Failure('storage_unavailable');
      if (!isSome(candidates)) throw new Failure('no_upstream');
      const { model } = plan;
      const limits = (at: RoutedKey) => this.#catalog.limits(at, model);
      const at = { candidates, limits };
      const admission = this.#settlement.admit(call, plan, at, startedAt);
      return { call, plan, admission, startedAt, startedTick };
    } catch (error) {
      const failure = toFailure(error);
      const { id, url, key } = arrived;
      const who = { id, url, keyId: key.id, userId: key.userId };
      await this.#settlement.refused({ ...who, plan, startedAt }, failure);
      throw failure;
    }
  }

  async turnAway(call: { readonly id: string; readonly url: string }, failure: Failure) {
    const { sender } = failure.details;
    if (sender === undefined) return;
    const { id, url } = call;
    const startedAt = this.#deps.clock.now();
    await this.#settlement.refused({ id, url, ...sender, plan: null, startedAt }, failure);
  }

  /** One candidate after the other until one answers. @returns a failure that the caller has not seen */
  async #serve(admitted: Admitted): Promise<Failure | null> {
    const { call, plan, admission } = admitted;
    const { candidates } = admission;
    for (let attempts = 1; ; attempts++) {
      const key = candidates[attempts - 1];
      if (key === undefined) return new Failure('no_upstream');
      // A body that streams through can be sent once only.
      const isLast = attempts === candidates.length || isOneShot(plan);
      // Held is what the first may give; another one that is tried may have a lower maximum.
      const bound = admission.outputBound?.(key, this.#catalog.limits(key, plan.model)) ?? null;
      const limitHeaders = this.limitHeaders(call.key);
      const to = { call, plan, key, isLast, bound, limitHeaders };
      const { relay, ending, answer } = await this.#attempts.make(to);
      this.#noteUpstream(ending);
      if (!isLast && isWorthAnother(ending, relay)) continue;
      const served = { ...admitted, key, ending, answer, attempts };
      const durable = await this.#settlement.settle(served);
      const failure = durable ? ending.failure : new Failure('record_not_durable');
      if (failure === null) relay.release(admission.usage);
      else if (relay.headSent) relay.breakOff(failure);
      else return failure;
      return null;
    }
  }

  #noteUpstream(ending: Ending): void {
    const status = ending.failure?.kind.status ?? ending.status;
    if (ending.status > 0 && ending.status < 500) this.#upstream = 'ok';
    else if (status >= 500) this.#upstream = 'failing';
  }

  /** With one provider the list is its own answer, unless the key may see a part of it only, or its dialect is not the list's. */
  #unitesModels({ models, userId }: VirtualKey, { shared }: Serving): boolean {
    const { providerKeys } = this.#deps;
    const offered = shared ? providerKeys.routed(null) : [];
    const [first, ...others] = [...providerKeys.routed(userId), ...offered];
    return models !== null || others.length > 0 || first?.provider.dialects[0] !== 'openai';
  }

  async #unitedModels(key: VirtualKey, serving: Serving): Promise<object> {
    const all = await this.#catalog.models(serving);
    const data = all.filter(({ id }) => mayUse(key, id)).map(({ entry }) => entry);
    return { object: 'list', data };
  }

  async models(): Promise<readonly ServedModel[]> {
    const { metering, clock } = this.#deps;
    const at = clock.now();
    const listed = await this.#catalog.models(OPERATORS);
    return listed.map((model) => servedModel(model, metering, at));
  }

  limitHeaders(key: VirtualKey): Readonly<Record<string, string>> {
    return this.#deps.limits.headersFor(key.id, key.userId);
  }

  inFlight(): number {
    return this.#busy;
  }

  upstreamState(): 'ok' | 'unknown' | 'failing' | 'missing' {
    return this.#deps.providerKeys.routed(null).length === 0 ? 'missing' : this.#upstream;
  }

  async drain(deadlineMs: number): Promise<void> {
    if (this.#busy === 0) return;
    const cancel = this.#deps.clock.after(deadlineMs, () => this.#attempts.abandon());
    await new Promise<void>((resolve) => {
      this.#whenQuiet.push(resolve);
    });
    cancel();
  }
}

/** An answer of our own. */
function sendJson({ id, reply }: Call, answer: object): void {
  const body = Buffer.from(JSON.stringify(answer));
  reply.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-request-id': id,
  });
  reply.end(body);
}

function isSome(keys: readonly RoutedKey[]): keys is Candidates {
  return keys.length > 0;
}

function isOneShot(plan: Plan): boolean {
  return plan.body !== null && !Buffer.isBuffer(plan.body);
}
