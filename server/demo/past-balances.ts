/** What the balances of the demo's provider keys were in the month before, as the monitor would have read them. */
import { type Nanos, nanos, parseDollars } from '../../contract/money.ts';
import { DAY_MS } from '../clock.ts';
import type { Reading } from '../monitoring/monitoring.ts';
import { findProvider } from '../providers/providers.ts';
import type { StoredKey } from './month.ts';
import type { AccountFacts } from './scripted-account.ts';
import { newcomer } from './scripted-newcomers.ts';

const DAYS = 30;
const EVERY_MS = DAY_MS / 4;
/** So long ago the balance was topped up, with so much of what was left right after. */
const TOPPED_UP_MS = 11.5 * DAY_MS;
const TOP_UP = 0.7;

/** Oldest first; none for a key whose provider tells no balance, and where nobody said what was on it. */
export function pastBalances(keyId: string, key: StoredKey, now: number): readonly Reading[] {
  const facts = newcomer(key.secret, now);
  const balanceAt = pathOf(key, facts, now);
  if (facts.isActive === false || balanceAt === null) return [];
  const threshold = parseDollars(key.thresholdUsd ?? '') ?? 0;
  const source = key.anchorUsd === undefined ? 'reported' : 'anchored';
  return Array.from({ length: DAYS * 4 }, (_, index): Reading => {
    const at = now - DAYS * DAY_MS + index * EVERY_MS;
    const balance = balanceAt(at);
    const status = balance < threshold ? 'low' : 'healthy';
    return { keyId, at, ok: true, balance, currency: 'USD', source, status, error: null };
  });
}

function pathOf(key: StoredKey, facts: AccountFacts, now: number): ((at: number) => Nanos) | null {
  const usedAfter = usedOf(facts);
  const used = (from: number) => usedAfter(from) - usedAfter(now);
  const anchor = parseDollars(key.anchorUsd ?? '');
  if (anchor !== undefined) {
    const whole = used(now - DAYS * DAY_MS);
    return (at) => nanos(Math.round(anchor - whole + used(at)));
  }
  if (findProvider(key.platform)?.account?.balance === undefined) return null;
  const { balance = 0, limit = null, used: spent = 0 } = facts;
  // A key that reads its account is told its own limit too, and the lower of the two is what is left.
  const isCapped = facts.kind === 'management' && limit !== null;
  const left = isCapped ? Math.min(balance, limit - spent) : balance;
  const toppedUpAt = now - TOPPED_UP_MS;
  const topUp = TOP_UP * (left + used(toppedUpAt));
  return (at) => nanos(Math.round(left + used(at) - (at < toppedUpAt ? topUp : 0)));
}

/** What an account used after an instant; within a day it is spread evenly. */
function usedOf({ lines }: AccountFacts): (at: number) => number {
  const days = [...(lines?.values() ?? [])].map(({ date, cost }) => ({
    from: Date.parse(date),
    cost,
  }));
  return (at) =>
    days.reduce((sum, { from, cost }) => {
      const left = Math.min(1, Math.max(0, (from + DAY_MS - at) / DAY_MS));
      return sum + cost * left;
    }, 0);
}
