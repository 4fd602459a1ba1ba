/** A request is sent to one provider key, and its answer relayed. */
import { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { Failure, toFailure } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Outbound } from '../outbound.ts';
import type { ProviderKeys, RoutedKey } from '../provider-keys/provider-keys.ts';
import type { Dialect, Wire } from '../providers/providers.ts';
import { type Answer, readAnswer } from './answer/answer.ts';
import type { Ending } from './answer/ending.ts';
import { errorEvent } from './answer/error-event.ts';
import { headersToUpstream } from './answer/headers.ts';
import { Relay, type RelayOptions } from './answer/relay.ts';
import { StreamWatch } from './answer/stream-watch.ts';
import { UnderWay } from './answer/under-way.ts';
import { isKeyTrouble } from './answer/worth-another.ts';
import { picturesOf } from './charge/pieces.ts';
import { bodyFor, type Call, type Plan, pathAt } from './request/plan.ts';
import { nextTurn } from './request/turn.ts';

export interface AttemptDeps {
  readonly providerKeys: Pick<ProviderKeys, 'routed' | 'use'>;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: {
    readonly answerBytesMax: number;
    readonly drainMs: number;
    readonly stallMs: number;
  };
}

/** What is sent where. */
export interface Sending {
  readonly call: Call;
  readonly plan: Plan;
  readonly key: RoutedKey;
  /** Nobody is tried after this one: what it answers goes to the caller, whatever it is. */
  readonly isLast: boolean;
  /** Bound of the output to be sent along; null: as the caller wrote it. */
  readonly bound: number | null;
  /** What the caller may still do, told with the head of the answer. */
  readonly limitHeaders: Readonly<Record<string, string>>;
}

export interface Attempt {
  readonly relay: Relay;
  readonly ending: Ending;
  readonly answer: Answer | null;
}

interface Relaying {
  readonly secret: string;
  readonly newWatch: (() => StreamWatch) | null;
  readonly done: (ending: Ending) => void;
}

export class Attempts {
  readonly #deps: AttemptDeps;
  readonly #relays = new UnderWay<Relay>();

  constructor(deps: AttemptDeps) {
    this.#deps = deps;
  }

  /** Resolves when the answer has come, or failed to; a relay that has begun keeps its end back. */
  async make(sending: Sending): Promise<Attempt> {
    const { call, plan, key, bound } = sending;
    const { routing } = key.provider;
    const { body, usageAdded } = bodyFor(plan, key, bound);
    const newWatch = watchFor(plan, key, usageAdded);
    const { promise, resolve } = Promise.withResolvers<Ending>();
    const relayWith = (secret: string): Relay =>
      this.#relayFor(sending, { secret, newWatch, done: resolve });
    const send = (secret: string): Relay => {
      const added = { ...key.headers, ...routing.authorize(secret, dialectAt(plan, key)) };
      const headers = headersToUpstream(call.headers, added, routing.defaultHeaders ?? {});
      // A body that streams through is as long as its caller said. Some servers take none without a length.
      const length = call.headers['content-length'];
      if (length !== undefined && body instanceof Readable) headers['content-length'] = length;
      const { origin, userGiven } = key;
      const path = pathAt(plan, key);
      const request = { origin, path, method: call.method, headers, body, userGiven };
      const relay = relayWith(secret);
      this.#relays.add(relay);
      this.#deps.outbound.send(request, relay);
      return relay;
    };
    const relay = this.#lend(key, send) ?? unsent(relayWith(''));
    const ending = await promise;
    await nextTurn();
    this.#relays.delete(relay);
    return { relay, ...readEnding(plan, key, ending) };
  }

  /** Hangs up on both sides of all that is under way: the server is going down. */
  abandon(): void {
    for (const relay of this.#relays) relay.abandon();
  }

  /** Null where there is no secret to send any more: the key was deleted since it was chosen, or does not open. */
  #lend(key: RoutedKey, send: (secret: string) => Relay): Relay | null {
    const { providerKeys, log } = this.#deps;
    if (!providerKeys.routed(key.owner).some(({ id }) => id === key.id)) return null;
    let lent = false;
    try {
      return providerKeys.use(key, (secret) => {
        lent = true;
        return send(secret);
      });
    } catch (error) {
      if (lent) throw error;
      log.error({ providerKey: key.id, err: error }, 'the secret of a provider key does not open');
      return null;
    }
  }

  #relayFor(sending: Sending, { secret, newWatch, done }: Relaying): Relay {
    const { call, plan, key, isLast, limitHeaders } = sending;
    const { clock, settings } = this.#deps;
    return new Relay({
      clock,
      limitHeaders,
      wantsCharge: call.headers['x-gateway-usage'] === 'true',
      reply: call.reply,
      requestId: call.id,
      secret,
      newWatch,
      streamed: mayEndEarly(plan),
      whole: wholeOf(plan.wire),
      stopWithCaller: key.provider.routing.afterAbort === 'billing stops',
      tryElsewhere: isLast ? () => false : isKeyTrouble,
      maxBytes: settings.answerBytesMax,
      drainMs: settings.drainMs,
      stallMs: settings.stallMs,
      errorEvent: (failure) => errorEvent(failure, call.id, plan),
      done,
    });
  }
}

/** Only what is metered has a second dialect: all else of a provider is of its own, whoever asks. */
function dialectAt({ wire, dialect }: Plan, { provider }: RoutedKey): Dialect {
  return wire === null ? (provider.dialects[0] ?? dialect) : dialect;
}

/** What these answer may be bytes, told from text by their type. All else is text, also where a server calls it bytes. */
const MAY_BE_BINARY: ReadonlySet<Wire> = new Set(['images', 'audio', 'embeddings']);

function wholeOf(wire: Wire | null): RelayOptions['whole'] {
  if (wire === null) return 'never';
  return MAY_BE_BINARY.has(wire) ? 'unless binary' : 'always';
}

/**
 * Of sound only the type of an answer tells whether it is a stream, as many a model overlooks the wish and writes plain
 * text, and only its end what it takes: it is read to there, whoever has left.
 */
function mayEndEarly({ streamed, wire }: Plan): boolean {
  return streamed && wire !== 'audio';
}

/** An attempt that came to nothing before it began; another key may serve. */
function unsent(relay: Relay): Relay {
  relay.onFailure(
    new Failure('no_upstream', {
      sentence: 'The provider key of this request is not available any more.',
    }),
  );
  return relay;
}

function watchFor(plan: Plan, key: RoutedKey, usageAdded: boolean): (() => StreamWatch) | null {
  const { wire } = plan;
  if (wire === null) return null;
  return () =>
    new StreamWatch({
      wire,
      readUsage: (event, before) => key.provider.routing.readUsage(wire, event, before),
      dropUsageChunk: usageAdded,
      pictures: picturesOf(plan.pictures),
    });
}

/** Reads a whole answer; one that is not what the path answers is a failure of the provider. */
function readEnding(
  plan: Plan,
  key: RoutedKey,
  ending: Ending,
): { ending: Ending; answer: Answer | null } {
  if (ending.body === null || ending.status >= 400 || plan.wire === null) {
    return { ending, answer: null };
  }
  try {
    return { ending, answer: readAnswer(plan, key, ending.body) };
  } catch (error) {
    return { ending: { ...ending, failure: toFailure(error) }, answer: null };
  }
}
