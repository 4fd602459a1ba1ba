import type { Subject } from './subject.ts';
import { SPANS, type Window } from './window.ts';

/**
 * `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, each of the rule of which least is left; of several that
 * have equally little, the one that resets last. Where nothing is limited there is no header. Every answer has them, so
 * this is written to be cheap.
 *
 * @param now the instant to which both are rolled, in milliseconds since the epoch
 */
export function rateLimitHeaders(key: Subject, user: Subject, now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  if (!key.rules.boundsUse && !user.rules.boundsUse) return headers;
  const windows = [key, user].flatMap((subject) => SPANS.map((span) => subject.window(span)));
  const ofRequests = tightest(windows, requestsLeft);
  if (ofRequests.requestsMax !== Number.POSITIVE_INFINITY) {
    headers['x-ratelimit-limit-requests'] = String(ofRequests.requestsMax);
    headers['x-ratelimit-remaining-requests'] = String(Math.max(0, requestsLeft(ofRequests)));
    headers['x-ratelimit-reset-requests'] = durationText(ofRequests.end - now);
  }
  const ofTokens = tightest(windows, tokensLeft);
  if (ofTokens.tokensMax !== Number.POSITIVE_INFINITY) {
    headers['x-ratelimit-limit-tokens'] = String(ofTokens.tokensMax);
    headers['x-ratelimit-remaining-tokens'] = String(Math.max(0, tokensLeft(ofTokens)));
    headers['x-ratelimit-reset-tokens'] = durationText(ofTokens.end - now);
  }
  return headers;
}

function requestsLeft(window: Window): number {
  return window.requestsMax - window.requests;
}

function tokensLeft(window: Window): number {
  return window.tokensMax - window.tokens;
}

function tightest(windows: readonly Window[], left: (window: Window) => number): Window {
  return windows.reduce((one, other) => tighter(one, other, left));
}

function tighter(one: Window, other: Window, left: (window: Window) => number): Window {
  const difference = left(one) - left(other);
  if (difference !== 0 && !Number.isNaN(difference)) return difference < 0 ? one : other;
  return other.end > one.end ? other : one;
}

/** Milliseconds in whole seconds, rounded up, as the official clients read them: `1s`, `6m0s`, `23h59m1s`. */
export function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
