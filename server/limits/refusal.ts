import type { Refusal } from '../../contract/failures.ts';
import { isoTime } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { Rule } from './rules.ts';
import type { Subject } from './subject.ts';
import { SPANS } from './window.ts';

/** A rule that a request would break. */
export interface Breach {
  readonly subject: Subject;
  readonly rule: Rule;
  readonly counter: number;
  readonly limit: number;
  readonly asked: number;
  /** Milliseconds since the epoch; null where the end of another request decides. */
  readonly resetsAt: number | null;
}

/**
 * The broken rule that stands in the way longest, or null: whoever has waited for it is not refused by another that was
 * known before. What can never fit comes first, then the window that ends last, then the requests under way.
 */
export function worstBreach(subjects: readonly Subject[], tokens: number): Breach | null {
  let worst: Breach | null = null;
  for (const breach of subjects.flatMap((subject) => breachesOf(subject, tokens))) {
    if (worst === null || rankOf(breach) > rankOf(worst)) worst = breach;
  }
  return worst;
}

function rankOf(breach: Breach): number {
  return canNeverFit(breach) ? Number.POSITIVE_INFINITY : (breach.resetsAt ?? 0);
}

function canNeverFit({ asked, limit }: Breach): boolean {
  return asked > limit;
}

function breachesOf(subject: Subject, tokens: number): Breach[] {
  const found: Breach[] = [];
  const { running, rules } = subject;
  if (running >= rules.running) {
    found.push({
      subject,
      rule: 'max_concurrent',
      counter: running,
      limit: rules.running,
      asked: 1,
      resetsAt: null,
    });
  }
  for (const window of SPANS.map((span) => subject.window(span))) {
    const resetsAt = window.end;
    if (window.requests >= window.requestsMax) {
      const rule: Rule = `requests_per_${window.span}`;
      const [counter, limit] = [window.requests, window.requestsMax];
      found.push({ subject, rule, counter, limit, asked: 1, resetsAt });
    }
    if (window.tokens + tokens > window.tokensMax) {
      const rule: Rule = `tokens_per_${window.span}`;
      const [counter, limit] = [window.tokens, window.tokensMax];
      found.push({ subject, rule, counter, limit, asked: tokens, resetsAt });
    }
  }
  return found;
}

/** The breach in words for the caller. */
export function sentenceOf(breach: Breach): string {
  const { rule, counter, limit, asked, resetsAt } = breach;
  const name = `The limit ${rule} of this ${breach.subject.scope}`;
  if (canNeverFit(breach)) {
    return `${name} is ${limit}, and this request alone needs ${asked}; waiting does not help.`;
  }
  if (resetsAt === null) return `${name} is ${limit}, and ${counter} requests are under way.`;
  return `${name} is ${limit}: ${counter} used, and this request needs ${asked}. It resets at ${isoTime(resetsAt)}.`;
}

/** @param retryAfterMs after how long a try makes sense; told only where waiting helps */
export function failureOf(breach: Breach, retryAfterMs: number): Failure {
  const { rule, counter, limit, asked, resetsAt } = breach;
  const reset = resetsAt === null ? null : isoTime(resetsAt);
  const scope = breach.subject.scope;
  const refusal: Refusal = { rule, scope, counter, limit, asked, reset };
  const sentence = sentenceOf(breach);
  if (canNeverFit(breach)) return new Failure('request_over_limit', { sentence, refusal });
  return new Failure('rate_limited', { sentence, refusal, retryAfterMs });
}
