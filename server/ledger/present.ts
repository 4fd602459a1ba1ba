/** Wallets and budgets as they stand now. The entries in the database say how they came to it. */
import type { Calendar, Period, PeriodKind } from './periods.ts';

export type BudgetScope = 'key' | 'user' | 'installation';

/** The plan by which a user is charged; what is null is decided by the installation's settings. */
export interface WalletDefinition {
  readonly userId: string;
  /** A prepaid wallet refuses what it cannot cover; a metered one only counts. */
  readonly kind: 'prepaid' | 'metered';
  readonly plan: 'flat' | 'cost' | null;
  /** Under the plan `cost`: what is charged for a million of cost (1,200,000 is 20 % on top). */
  readonly markupPpm: number | null;
}

export interface BudgetDefinition {
  /** `bud_…` */
  readonly id: string;
  readonly scope: BudgetScope;
  /** The id of the key or user; empty for the installation. */
  readonly scopeId: string;
  readonly period: PeriodKind;
  /** IANA name of the time zone in which its days, weeks and months begin. */
  readonly zone: string;
  /** What may be spent in one period, in nano-dollars. */
  readonly limit: number;
}

/** Money in here is plain integers of nano-dollars: they change with every request. */
export class Wallet {
  readonly id: string;
  definition: WalletDefinition;
  isPrepaid: boolean;
  balance = 0;
  held = 0;
  /** Credit on its way to the disk: not spendable, but it must still fit when it arrives. */
  arriving = 0;
  /** The part of `held` that posts hold until they are on disk. */
  leaving = 0;

  constructor(definition: WalletDefinition) {
    this.id = definition.userId;
    this.definition = definition;
    this.isPrepaid = definition.kind === 'prepaid';
  }

  redefine(definition: WalletDefinition): void {
    this.definition = definition;
    this.isPrepaid = definition.kind === 'prepaid';
  }
}

/** A budget in one period. */
export class Slot {
  readonly budget: Budget;
  readonly key: string;
  /** These two move only if the budget gets another time zone. */
  start: number;
  end: number;
  spent: number;
  held = 0;

  constructor(budget: Budget, period: Period, spent: number) {
    this.budget = budget;
    this.key = period.key;
    this.start = period.start;
    this.end = period.end;
    this.spent = spent;
  }
}

/** Slots kept beside the current one, should the clock be set back or forth. */
const OTHER_SLOTS = 3;

export class Budget {
  readonly id: string;
  readonly calendar: Calendar;
  definition: BudgetDefinition;
  limit: number;
  /** It limits nothing any more, and has its books still, should it be defined again. */
  isRemoved = false;
  current: Slot;
  /** Periods that were current before; null until there is one. */
  others: Map<string, Slot> | null = null;
  /** What is on the books for periods that have no slot yet, by key. */
  booked: Map<string, number> | null;

  constructor(
    definition: BudgetDefinition,
    now: { readonly calendar: Calendar; readonly at: number; readonly booked: Booked },
  ) {
    this.id = definition.id;
    this.calendar = now.calendar;
    this.definition = definition;
    this.limit = definition.limit;
    const { period: kind, zone } = definition;
    const period = now.calendar(kind, zone, now.at);
    // The past is done with, except yesterday, should the clock be set back. Keys sort by time.
    const earliest = now.booked.size === 0 ? '' : now.calendar(kind, zone, period.start - 1).key;
    const kept = [...now.booked].filter(([key]) => key >= earliest);
    this.booked = kept.length === 0 ? null : new Map(kept);
    this.current = new Slot(this, period, takeBooked(this, period.key));
  }

  /** What is spent and held stays: with another period or zone it stays where that period has the same name. */
  redefine(definition: BudgetDefinition, at: number): void {
    const { period, zone } = this.definition;
    this.definition = definition;
    this.limit = definition.limit;
    if (definition.period === period && definition.zone === zone) return;
    const next = this.calendar(definition.period, definition.zone, at);
    const { current } = this;
    if (next.key !== current.key) this.current = turned(this, next);
    else moveTo(current, next);
  }
}

/** Spent amounts by the key of their period. */
export type Booked = ReadonlyMap<string, number>;

function takeBooked(budget: Budget, key: string): number {
  const spent = budget.booked?.get(key) ?? 0;
  budget.booked?.delete(key);
  if (budget.booked?.size === 0) budget.booked = null;
  return spent;
}

/**
 * The slot of the period that an instant lies in. It follows the clock wherever that goes: each period has its
 * own books, so a clock that is set back finds yesterday's spending, and midnight comes twice without a second limit.
 */
export function slotAt(budget: Budget, at: number): Slot {
  const { current } = budget;
  if (at >= current.start && at < current.end) return current;
  const { period, zone } = budget.definition;
  budget.current = turned(budget, budget.calendar(period, zone, at));
  return budget.current;
}

function turned(budget: Budget, period: Period): Slot {
  const { current } = budget;
  budget.others ??= new Map();
  const { others } = budget;
  const slot = others.get(period.key) ?? new Slot(budget, period, takeBooked(budget, period.key));
  moveTo(slot, period);
  others.delete(period.key);
  others.set(current.key, current);
  for (const key of others.keys()) {
    if (others.size <= OTHER_SLOTS) break;
    others.delete(key);
  }
  return slot;
}

function moveTo(slot: Slot, { start, end }: Period): void {
  slot.start = start;
  slot.end = end;
}
