/** What bounds a key and how much of that is used. */
import { LIMITS, type LimitName, type VirtualKey } from './key-draft.ts';

export interface Bound {
  readonly name: LimitName;
  readonly used: number;
  readonly limit: number;
  /** 0 to 1 and beyond. */
  readonly share: number;
  /** When the count begins anew; null for requests under way. */
  readonly resetsAt: string | null;
}

export type Limited = Pick<VirtualKey, 'limits' | 'limit_use'>;

/** The limits that a key, or a user, has of its own. */
export function boundsOf({ limits, limit_use: use }: Limited): readonly Bound[] {
  return LIMITS.flatMap((name): Bound[] => {
    const limit = limits[name];
    if (limit === null) return [];
    const used = name === 'max_concurrent' ? use.running : use.used[name];
    const share = limit === 0 ? 1 : used / limit;
    return [{ name, used, limit, share, resetsAt: resetOf(use.resets, name) }];
  });
}

function resetOf(resets: VirtualKey['limit_use']['resets'], name: LimitName): string | null {
  if (name === 'max_concurrent') return null;
  if (name.endsWith('minute')) return resets.minute;
  return name.endsWith('hour') ? resets.hour : resets.day;
}

/** The one that is nearest to its end. */
export function tightest(bounds: readonly Bound[]): Bound | null {
  return bounds.toSorted((a, b) => b.share - a.share)[0] ?? null;
}

/** What is spent and held of a budget, 0 to 1; for a bar, and never added up. */
export function budgetShare(budget: NonNullable<VirtualKey['budget']>): number {
  const whole = Number(budget.amount_usd);
  if (whole <= 0) return 1;
  return (Number(budget.spent_usd) + Number(budget.held_usd)) / whole;
}

/** Whether the secret before the last rotation still opens something. */
export function hasGrace({ previous }: VirtualKey, now: number): boolean {
  return previous !== null && Date.parse(previous.valid_until) > now;
}
