import { COST_MAX, nanos } from '../../contract/money.ts';
import type { BilledUnit, ReportedUsage, TokenUsage } from '../../contract/usage.ts';

/**
 * Lays one report over another: field by field, the later one wins where it knows something. Providers repeat
 * running totals, so reports of one answer are never added. An explicit zero is knowledge; only null and absence are not.
 */
export function overlay(base: ReportedUsage | null, next: ReportedUsage): ReportedUsage {
  if (base === null) return next;
  return {
    tokens: overlayTokens(base.tokens, next.tokens),
    cost: next.cost ?? base.cost,
    units: { ...base.units, ...next.units },
    flawed: base.flawed || next.flawed,
  };
}

function overlayTokens(base: TokenUsage, next: TokenUsage): TokenUsage {
  return {
    input: next.input ?? base.input,
    cachedInput: next.cachedInput ?? base.cachedInput,
    cacheWrite5m: next.cacheWrite5m ?? base.cacheWrite5m,
    cacheWrite1h: next.cacheWrite1h ?? base.cacheWrite1h,
    output: next.output ?? base.output,
    reasoning: next.reasoning ?? base.reasoning,
  };
}

/**
 * Adds what a further piece of an answer took to what those before it did, where each states its own: the pictures of a
 * stream. What one of them does not state counts as nothing, and what none does stays unknown.
 */
export function addUp(base: ReportedUsage | null, next: ReportedUsage): ReportedUsage {
  if (base === null) return next;
  const tokens = { ...overlayTokens(base.tokens, next.tokens) };
  for (const name in tokens) {
    const of = name as keyof TokenUsage;
    if (tokens[of] !== null) tokens[of] = (base.tokens[of] ?? 0) + (next.tokens[of] ?? 0);
  }
  const units: Partial<Record<BilledUnit, number>> = { ...base.units };
  for (const name in next.units) {
    const unit = name as BilledUnit;
    units[unit] = (units[unit] ?? 0) + (next.units[unit] ?? 0);
  }
  const cost = Math.min((base.cost ?? 0) + (next.cost ?? 0), COST_MAX);
  const isStated = base.cost !== null || next.cost !== null;
  return {
    tokens,
    cost: isStated ? nanos(cost) : null,
    units,
    flawed: base.flawed || next.flawed,
  };
}

/** What may be the whole of a bill. A web search never is: it comes on top of tokens. */
const BILLED_ALONE: readonly BilledUnit[] = ['image', 'second', 'character', 'request'];

/**
 * Can this be billed without estimating anything? Yes, if the upstream states the cost, or both totals of
 * tokens are known, or the call is counted by the piece. It says nothing on whether the report was the final one.
 */
export function isComplete(usage: ReportedUsage | null): boolean {
  if (usage === null) return false;
  if (usage.cost !== null) return true;
  if (usage.tokens.input !== null && usage.tokens.output !== null) return true;
  return BILLED_ALONE.some((unit) => usage.units[unit] !== undefined);
}
