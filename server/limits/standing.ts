import { isoTime } from '../clock.ts';
import { sentenceOf, worstBreach } from './refusal.ts';
import type { Measure, WindowRule } from './rules.ts';
import type { Subject } from './subject.ts';
import type { Span, Window } from './window.ts';

/** Where a key stands, together with its user: of each rule, the one of the two that leaves less. */
export interface Standing {
  /** Null: no limit. */
  readonly limits: Readonly<Record<WindowRule, number | null>>;
  readonly used: Readonly<Record<WindowRule, number>>;
  /** Null: no limit. Never under 0, though corrections may have carried the use beyond the limit. */
  readonly remaining: Readonly<Record<WindowRule, number | null>>;
  /** When each window ends, RFC 3339 in UTC. */
  readonly resets: Readonly<Record<Span, string>>;
  /** Requests under way, and how many may be; of key or user, whichever leaves less. */
  readonly concurrent: { readonly running: number; readonly limit: number | null };
  /** Whether a request that needs one token would be admitted now; if not, `reason` is what it would be told. */
  readonly allowed: boolean;
  readonly reason: string | null;
}

/** Both subjects must be rolled to the present. */
export function standingOf(key: Subject, user: Subject): Standing {
  const reached = perRule((measure, span) => {
    const ofKey = reachedOf(key.window(span), measure);
    const ofUser = reachedOf(user.window(span), measure);
    return ofUser.left < ofKey.left ? ofUser : ofKey;
  });
  const busier = user.rules.running - user.running < key.rules.running - key.running ? user : key;
  const breach = worstBreach([key, user], 1);
  return {
    limits: perRule((measure, span) => finite(reached[`${measure}_per_${span}`].limit)),
    used: perRule((measure, span) => reached[`${measure}_per_${span}`].used),
    remaining: perRule((measure, span) => {
      const left = finite(reached[`${measure}_per_${span}`].left);
      return left === null ? null : Math.max(0, left);
    }),
    resets: {
      minute: isoTime(key.window('minute').end),
      hour: isoTime(key.window('hour').end),
      day: isoTime(key.window('day').end),
    },
    concurrent: { running: busier.running, limit: finite(busier.rules.running) },
    allowed: breach === null,
    reason: breach === null ? null : sentenceOf(breach),
  };
}

function reachedOf(window: Window, measure: Measure) {
  const limit = measure === 'requests' ? window.requestsMax : window.tokensMax;
  const used = window[measure];
  return { limit, used, left: limit - used };
}

function finite(count: number): number | null {
  return count === Number.POSITIVE_INFINITY ? null : count;
}

function perRule<T>(value: (measure: Measure, span: Span) => T): Record<WindowRule, T> {
  return {
    requests_per_minute: value('requests', 'minute'),
    requests_per_hour: value('requests', 'hour'),
    requests_per_day: value('requests', 'day'),
    tokens_per_minute: value('tokens', 'minute'),
    tokens_per_hour: value('tokens', 'hour'),
    tokens_per_day: value('tokens', 'day'),
  };
}
