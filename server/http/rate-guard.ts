/**
 * How fast the management surfaces may be called: by name where the credential is good, else by address. There are three
 * measures: a window for the public statistics, a generous bucket for whoever is signed in and clicks through pages, and a
 * bucket for everybody else.
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { createTokenBucket, type TokenBucket } from '../limits/limits.ts';
import type { Callers, Identity } from './callers.ts';
import { createReadWindow, type ReadWindow, type ReadWindowSettings } from './read-window.ts';

export interface RateGuardSettings {
  readonly perMinute: number;
  readonly burst: number;
  /** Paths that are never counted. */
  readonly exempt: readonly string[];
  /** For `/api/v1`. */
  readonly reading: ReadWindowSettings;
}

/** A page asks for a dozen figures at once; no person clicks faster than this. */
const SIGNED_IN = { perMinute: 600, burst: 300 };

/** Refuses with `rate_limited` whoever calls faster than the settings allow. */
export function guardRate(
  scope: FastifyInstance,
  callers: Callers,
  deps: { readonly clock: Clock; readonly settings: RateGuardSettings },
): void {
  const { clock } = deps;
  const { perMinute, burst, exempt, reading } = deps.settings;
  const strangers = createTokenBucket({ clock, perMinute, burst });
  const people = createTokenBucket({ clock, ...SIGNED_IN });
  const readers = createReadWindow(reading, clock);
  const isExempt = new Set(exempt);
  scope.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (isExempt.has(path)) return;
    const identity = await callers.identify(request);
    // A wrong credential names nobody: trying many of them empties the bucket of the address.
    const name = nameOf(identity) ?? request.ip;
    // By the route that answers: a letter of the address may be percent-encoded.
    const route = request.routeOptions.url ?? path;
    if (route.startsWith('/api/v1/')) countReader(readers, name, reply);
    else if (identity.kind === 'person') take(people, name, SIGNED_IN.perMinute);
    else take(strangers, name, perMinute);
  });
}

function take(bucket: TokenBucket, name: string, perMinute: number): void {
  const taken = bucket.take(name);
  if (taken.allowed) return;
  const sentence = `More than ${perMinute} calls a minute. Wait as long as Retry-After says.`;
  throw new Failure('rate_limited', { sentence, retryAfterMs: taken.retryAfterMs });
}

function countReader(readers: ReadWindow, name: string, reply: FastifyReply): void {
  const counted = readers.count(name);
  reply.headers(readers.headers(counted));
  if (!counted.allowed) throw new Failure('rate_limited', { retryAfterMs: counted.resetMs });
}

/** Null for whoever is unknown. */
function nameOf(identity: Identity): string | null {
  switch (identity.kind) {
    case 'admin token':
      return 'operator';
    case 'metrics token':
      return 'metrics';
    case 'person':
      return identity.user.id;
    case 'key holder':
      return identity.key.id;
    case 'api token':
      return identity.token.id;
    default:
      return null;
  }
}
