/** A bucket of calls for each caller of the management surfaces: by name where the credential is good, else by address. */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { createTokenBucket } from '../limits/limits.ts';
import type { Callers } from './callers.ts';

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
  scope.addHook('onRequest', (request, _reply, next) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (isExempt.has(path)) return next();
    // A wrong credential names nobody: trying many of them empties the bucket of the address.
    const taken = bucket.take(callers.nameOf(request.headers) ?? request.ip);
    if (taken.allowed) return next();
    const sentence = `More than ${perMinute} calls a minute. Wait as long as Retry-After says.`;
    next(new Failure('rate_limited', { sentence, retryAfterMs: taken.retryAfterMs }));
  });
}
