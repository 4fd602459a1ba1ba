/**
 * The present of the books: what wallets and budgets have left, and what open requests hold of it.
 *
 * All of it is in memory and every verb is one synchronous step, so between the check and the hold nothing
 * else can happen. Nothing here looks at more than the accounts that a request names.
 */
import type { Nanos } from '../../contract/money.ts';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { type Budget, type Slot, slotAt, type Wallet } from './present.ts';
import { budgetRefusal, walletRefusal } from './refusal.ts';

/** The accounts that one request is charged to. */
export interface AccountSet {
  /** The user's id; null for a caller without a wallet. */
  readonly wallet: string | null;
  readonly budgets: readonly string[];
}

export interface HoldRequest extends AccountSet {
  /** The id of the request. */
  readonly id: string;
  /** The worst case, in nano-dollars. */
  readonly amount: Nanos;
}

/** What is held for a request, as plain data: what a note needs to say so that the hold outlives a crash. */
export interface Hold extends HoldRequest {
  readonly at: number;
  /** When the sweeper may take it away, unless the clock is set meanwhile. Milliseconds since the epoch, as `at`. */
  readonly expiresAt: number;
}

/** A request's money from its hold to its end. */
export class Held {
  readonly hold: Hold;
  readonly wallet: Wallet | null;
  /** The budgets in the period in which the hold was made. */
  readonly slots: readonly Slot[];
  /** When the sweeper may take it away, on the clock that never jumps: one that is set forth ends no request. */
  readonly sweepAt: number;
  /** Whether the wallet had to cover the hold; it may become another kind before the end. */
  readonly isCovered: boolean;
  state: 'open' | 'settled' | 'released' = 'open';
  charged = 0;
  excess = 0;
  balanceAfter: Nanos | null = null;

  constructor(
    hold: Hold,
    of: {
      readonly wallet: Wallet | null;
      readonly slots: readonly Slot[];
      readonly sweepAt: number;
    },
  ) {
    const { wallet } = of;
    this.hold = hold;
    this.wallet = wallet;
    this.slots = of.slots;
    this.sweepAt = of.sweepAt;
    this.isCovered = wallet?.isPrepaid ?? true;
  }
}

/** As many ended requests are remembered, and at most twice as many, to answer a repetition. */
const ENDED_REMEMBERED = 2_000;

export interface HoldsDeps {
  readonly clock: Clock;
  readonly holdMs: number;
  readonly wallets: ReadonlyMap<string, Wallet>;
  readonly budgets: ReadonlyMap<string, Budget>;
}

export class Holds {
  readonly #deps: HoldsDeps;
  readonly #open = new Map<string, Held>();
  #ended = new Map<string, Held>();
  #endedEarlier = new Map<string, Held>();

  constructor(deps: HoldsDeps) {
    this.#deps = deps;
  }

  /** See `Ledger.hold`. */
  hold(request: HoldRequest): Hold {
    const known = this.#find(request.id);
    // What was released holds nothing and was charged nothing: it must be covered anew.
    if (known !== undefined && known.state !== 'released') return again(known, request);
    const { amount, wallet: walletId, budgets } = request;
    assertAmount(amount);
    const { clock, holdMs } = this.#deps;
    const at = clock.now();
    const wallet = this.#wallet(walletId);
    const slots = this.#slots(budgets, at);
    if (wallet?.isPrepaid && amount > wallet.balance - wallet.held)
      throw walletRefusal(wallet, amount);
    for (const slot of slots) {
      if (amount > slot.budget.limit - slot.spent - slot.held) throw budgetRefusal(slot, amount);
    }
    const hold = { id: request.id, wallet: walletId, budgets, amount, at, expiresAt: at + holdMs };
    this.#take(new Held(hold, { wallet, slots, sweepAt: clock.elapsed() + holdMs }));
    return hold;
  }

  /** See `Ledger.cover`. */
  cover(accounts: AccountSet): Nanos | null {
    let least = Number.POSITIVE_INFINITY;
    const wallet = this.#wallet(accounts.wallet);
    if (wallet?.isPrepaid) least = wallet.balance - wallet.held;
    for (const slot of this.#slots(accounts.budgets, this.#deps.clock.now())) {
      least = Math.min(least, slot.budget.limit - slot.spent - slot.held);
    }
    return least === Number.POSITIVE_INFINITY ? null : (Math.max(0, least) as Nanos);
  }

  /**
   * Ends a hold with what it really cost. Whether it was settled before is for the caller to see: `isNew`.
   *
   * @param accounts whom to charge if there is no hold of this id
   * @throws RangeError if a sum would leave the range of exact integers; nothing is changed then
   */
  settle(id: string, actual: Nanos, accounts: AccountSet | null): { held: Held; isNew: boolean } {
    assertAmount(actual);
    const held = this.#find(id) ?? this.#unheld(id, accounts);
    if (held.state === 'settled') {
      if (held.charged !== actual) throw conflict(id, held.charged, actual);
      return { held, isNew: false };
    }
    const { wallet, slots, hold } = held;
    assertRoom(held, actual);
    const covered = held.state === 'open' ? hold.amount : 0;
    if (held.state === 'open') this.#free(held);
    if (wallet !== null) wallet.balance -= actual;
    for (const slot of slots) slot.spent += actual;
    held.charged = actual;
    held.excess = wallet?.isPrepaid || slots.length > 0 ? Math.max(0, actual - covered) : 0;
    held.balanceAfter = wallet === null ? null : (wallet.balance as Nanos);
    this.#end(held, 'settled');
    return { held, isNew: true };
  }

  /** Gives back all that a request holds. False if it held nothing (any more). */
  release(id: string): boolean {
    const held = this.#open.get(id);
    if (held === undefined) return false;
    this.#free(held);
    this.#end(held, 'released');
    return true;
  }

  /** Gives back what expired holds held. */
  sweep(): readonly Hold[] {
    const now = this.#deps.clock.elapsed();
    const expired: Hold[] = [];
    for (const { hold, sweepAt } of this.#open.values()) if (sweepAt <= now) expired.push(hold);
    for (const { id } of expired) this.release(id);
    return expired;
  }

  /** Takes up a hold again that an earlier process made; it was covered then, so nothing is refused now. */
  restore(hold: Hold): void {
    if (this.#open.has(hold.id)) return;
    assertAmount(hold.amount);
    const { budgets, wallet } = hold;
    // Nothing that an earlier process left may keep this one from starting.
    const owner = this.#deps.wallets.get(wallet ?? '') ?? null;
    const slots = this.#slots(budgets, hold.at, { removed: true });
    const { clock } = this.#deps;
    const sweepAt = clock.elapsed() + hold.expiresAt - clock.now();
    this.#take(new Held(hold, { wallet: owner, slots, sweepAt }));
  }

  /** How many requests hold something. */
  get openCount(): number {
    return this.#open.size;
  }

  #find(id: string): Held | undefined {
    return this.#open.get(id) ?? this.#ended.get(id) ?? this.#endedEarlier.get(id);
  }

  #wallet(id: string | null): Wallet | null {
    if (id === null) return null;
    const wallet = this.#deps.wallets.get(id);
    if (wallet === undefined) throw new Failure('internal', { detail: `no wallet ${id}` });
    return wallet;
  }

  /** A budget that was removed limits nothing, but what was held on it before is booked on it. */
  #slots(ids: readonly string[], at: number, also = { removed: false }): readonly Slot[] {
    if (ids.length === 0) return NO_SLOTS;
    const slots: Slot[] = [];
    for (const id of ids) {
      const budget = this.#deps.budgets.get(id);
      if (budget === undefined || (budget.isRemoved && !also.removed)) continue;
      slots.push(slotAt(budget, at));
    }
    return slots;
  }

  #unheld(id: string, accounts: AccountSet | null): Held {
    if (accounts === null) throw new Failure('internal', { detail: `nothing is held for ${id}` });
    const at = this.#deps.clock.now();
    const { wallet, budgets } = accounts;
    const hold = { id, wallet, budgets, amount: 0 as Nanos, at, expiresAt: at };
    const slots = this.#slots(budgets, at);
    const held = new Held(hold, { wallet: this.#wallet(wallet), slots, sweepAt: 0 });
    held.state = 'released';
    return held;
  }

  #take(held: Held): void {
    const { hold, wallet, slots } = held;
    if (wallet !== null) wallet.held = exact(wallet.held + hold.amount);
    for (const slot of slots) slot.held += hold.amount;
    this.#open.set(hold.id, held);
  }

  #free(held: Held): void {
    const { amount, id } = held.hold;
    if (held.wallet !== null) held.wallet.held -= amount;
    for (const slot of held.slots) slot.held -= amount;
    this.#open.delete(id);
  }

  #end(held: Held, state: 'settled' | 'released'): void {
    held.state = state;
    if (this.#ended.size >= ENDED_REMEMBERED) {
      this.#endedEarlier = this.#ended;
      this.#ended = new Map();
    }
    this.#ended.set(held.hold.id, held);
  }
}

const NO_SLOTS: readonly Slot[] = [];

function again(known: Held, request: HoldRequest): Hold {
  const { hold } = known;
  const isSame =
    hold.amount === request.amount &&
    hold.wallet === request.wallet &&
    hold.budgets.length === request.budgets.length &&
    hold.budgets.every((id, index) => id === request.budgets[index]);
  if (!isSame) throw conflict(request.id, hold.amount, request.amount);
  return hold;
}

function conflict(id: string, before: number, now: number): Failure {
  return new Failure('hold_conflict', { detail: `${id}: ${before} before, ${now} now` });
}

function assertAmount(amount: number): void {
  if (!Number.isSafeInteger(amount) || amount < 0)
    throw new RangeError(`not an amount that can be held or charged: ${amount}`);
}

function exact(sum: number): number {
  if (!Number.isSafeInteger(sum)) throw new RangeError(`a sum leaves the exact range: ${sum}`);
  return sum;
}

/** All sums are tried before any is changed. */
function assertRoom({ wallet, slots }: Held, actual: number): void {
  if (wallet !== null) exact(wallet.balance - actual);
  for (const slot of slots) exact(slot.spent + actual);
}
