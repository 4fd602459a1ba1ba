/** A bucket of calls for each caller of the management surfaces: by name where the credential is good, else by address. */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { createTokenBucket } from '../limits/limits.ts';
import type { Callers, Identity } from './callers.ts';

export interface RateGuardSettings {
  readonly perMinute: number;
  readonly burst: number;
  /** Paths that are never counted. */
  readonly exempt: readonly string[];
}

/** Refuses with `rate_limited` whoever calls faster than the settings allow. */
export function guardRate(
  scope: FastifyInstance,
  callers: Callers,
  deps: { readonly clock: Clock; readonly settings: RateGuardSettings },
): void {
  const { perMinute, burst, exempt } = deps.settings;
  const bucket = createTokenBucket({ clock: deps.clock, perMinute, burst });
  const isExempt = new Set(exempt);
  scope.addHook('onRequest', async (request) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (isExempt.has(path)) return;
    const taken = bucket.take(nameOf(await callers.identify(request)) ?? request.ip);
    if (taken.allowed) return;
    const sentence = `More than ${perMinute} calls a minute. Wait as long as Retry-After says.`;
    throw new Failure('rate_limited', { sentence, retryAfterMs: taken.retryAfterMs });
  });
}

/** Null for whoever is unknown: trying many wrong credentials empties the bucket of the address. */
function nameOf(identity: Identity): string | null {
  if (identity.kind === 'admin token') return 'operator';
  if (identity.kind === 'person') return identity.user.id;
  return identity.kind === 'key holder' ? identity.key.id : null;
}
