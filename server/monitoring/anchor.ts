/**
 * What is left on a key whose provider tells nobody: the operator once read an amount off the provider's pages (the
 * anchor), and since then the provider's own usage figures say what went, or else what we metered. An estimate.
 */
import { type Nanos, nanos } from '../../contract/money.ts';
import { DAY_MS, utcDay } from '../clock.ts';

export interface Anchor {
  readonly amount: Nanos;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface SpendSince {
  /** What the provider says was spent, by UTC day; only days whose cost it states. */
  readonly reported: readonly ReportedDay[];
  /** What we metered since the anchor, requests and probes, by UTC day; the anchor's day from the anchor on. */
  readonly metered: readonly { readonly date: string; readonly cost: Nanos }[];
}

export interface ReportedDay {
  readonly date: string;
  readonly cost: Nanos;
  /** False while the provider may still change the day. */
  readonly complete: boolean;
}

export interface Estimate {
  readonly balance: Nanos;
  /** `anchored`: by the provider's figures. `estimated`: it has none, so by ours. */
  readonly source: 'anchored' | 'estimated';
}

/**
 * A day that the provider has closed counts as it says. One that it has not, or does not know, counts the greater of
 * what it says so far and what we metered: its report comes late, and ours does not know what went past us.
 */
export function estimateOf(anchor: Anchor, { reported, metered }: SpendSince): Estimate {
  const reportedOf = new Map(reported.map((day) => [day.date, day]));
  const meteredOf = new Map<string, number>();
  for (const { date, cost } of metered) meteredOf.set(date, (meteredOf.get(date) ?? 0) + cost);
  const first = utcDay(anchor.at);
  const dates = new Set([...reportedOf.keys(), ...meteredOf.keys()].filter((day) => day >= first));
  let spent = 0;
  for (const date of dates) {
    const day = reportedOf.get(date);
    const told = day === undefined ? 0 : shareAfter(anchor.at, date, day.cost);
    spent += day?.complete === true ? told : Math.max(told, meteredOf.get(date) ?? 0);
  }
  const source = reported.length > 0 ? 'anchored' : 'estimated';
  // More than can be counted was never there to be spent.
  const left = Math.max(anchor.amount - spent, Number.MIN_SAFE_INTEGER);
  return { balance: nanos(left), source };
}

/** A provider's figure is for a whole day; of the anchor's day only the part after it counts, in proportion to the time. */
function shareAfter(anchorAt: number, date: string, cost: Nanos): number {
  if (date !== utcDay(anchorAt)) return cost;
  const leftMs = DAY_MS - (anchorAt % DAY_MS);
  return Number((BigInt(cost) * BigInt(leftMs) + BigInt(DAY_MS / 2)) / BigInt(DAY_MS));
}
