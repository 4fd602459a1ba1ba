/** Whether a request that one provider key could not serve goes on to the next. */
import type { Ending } from './ending.ts';
import type { Relay } from './relay.ts';

/** The answer speaks of the provider key or its provider, not of the request. */
export function isKeyTrouble(status: number): boolean {
  return status === 401 || status === 402 || status === 403 || status === 429 || status >= 500;
}

/** Nothing of this attempt has reached the caller, and another key may do better. */
export function isWorthAnother(ending: Ending, relay: Relay): boolean {
  if (relay.headSent || ending.callerGone) return false;
  // What has begun to answer well may be billed, although the caller has seen none of it yet.
  const hasBegun = ending.firstByteAt !== null && ending.status < 400;
  if (ending.failure !== null) return !hasBegun && ending.failure.kind.status === 503;
  return !ending.complete && isKeyTrouble(ending.status);
}
