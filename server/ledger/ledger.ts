/**
 * The door of `ledger`: the only writer of money. Wallets and budgets are its accounts; a request holds its worst
 * case on all of them in one step, and is settled with what it cost. See README.md for what holds and what does not.
 */
import type { Nanos } from '../../contract/money.ts';
import { type Clock, DAY_MS, isoTime } from '../clock.ts';
import { noCursor } from '../failure.ts';
import type { Storage, Write } from '../storage/storage.ts';
import { type AccountBalance, balanceOfBudget, balanceOfWallet } from './balances.ts';
import {
  budgetRemoval,
  budgetWrite,
  type Definitions,
  readDefinitions,
  walletWrite,
} from './definitions.ts';
import {
  bookedRequests,
  EntryWriter,
  type PastSums,
  readCursor,
  readStatement,
  readSums,
  type StatementPage,
} from './entries.ts';
import { type AccountSet, type Hold, type HoldRequest, Holds } from './holds.ts';
import { createCalendar } from './periods.ts';
import { type Post, type Posted, Postings } from './posting.ts';
import {
  Budget,
  type BudgetDefinition,
  type BudgetScope,
  Wallet,
  type WalletDefinition,
} from './present.ts';

export { type AuditOptions, audit, type Finding } from './audit.ts';
export type { AccountBalance } from './balances.ts';
export type { Entry, EntryKind, StatementPage } from './entries.ts';
export type { AccountSet, Hold, HoldRequest } from './holds.ts';
export type { PeriodKind } from './periods.ts';
export type { Post, Posted, PostKind } from './posting.ts';
export type { BudgetDefinition, BudgetScope, WalletDefinition } from './present.ts';

export interface Settled {
  /** To be committed together with the record of the request. Written twice, they change nothing. */
  readonly writes: readonly Write[];
  readonly charged: Nanos;
  /** Of the wallet; null without one. */
  readonly balanceAfter: Nanos | null;
  /** What was charged beyond the hold. More than zero is an upstream's bill that nobody could foresee: show it. */
  readonly excess: Nanos;
}

/** A new, changed or removed budget, ready to be committed together with other writes. */
export interface BudgetChange {
  readonly write: Write;
  /** Lets it hold; to be called when the write is durable. */
  apply(): void;
}

export interface Ledger {
  /** Makes or changes a wallet. What it has stays. @throws Failure `validation_failed`, `storage_unavailable` */
  defineWallet(wallet: WalletDefinition): Promise<void>;
  wallet(userId: string): WalletDefinition | null;
  /** Makes or changes a budget. With another period it begins anew. @throws as `defineWallet` */
  defineBudget(budget: BudgetDefinition): Promise<void>;
  /** The same for an act that writes more than a budget. @throws Failure `validation_failed` */
  budgetChange(budget: BudgetDefinition): BudgetChange;
  /** Its entries stay, and requests under way are still booked on it. @throws Failure `storage_unavailable` */
  removeBudget(id: string): Promise<void>;
  budgetRemoval(id: string): BudgetChange;
  budgets(): readonly BudgetDefinition[];
  /** Those of one key, user or the installation (whose id is empty). */
  budgetsOf(scope: BudgetScope, scopeId: string): readonly BudgetDefinition[];
  /** The accounts that a request of this key is charged to. */
  accountsOf(caller: { readonly userId: string; readonly keyId: string }): AccountSet;

  /**
   * Holds the worst case on the wallet and all budgets, or on none of them, in one step. The same request again
   * gets the first answer, unless its hold was released: then it holds anew. Nothing is written: the hold is for the
   * note of the request.
   *
   * @throws Failure `insufficient_quota` naming the account that does not cover it;
   *   `hold_conflict` if this id holds or held another amount
   */
  hold(request: HoldRequest): Hold;
  /** What a new request could hold; null if nothing bounds it. */
  cover(accounts: AccountSet): Nanos | null;
  /**
   * Ends a hold with the real cost, all of which is charged, also beyond the hold. Memory changes at once; a
   * repetition gets the same answer and no writes. A hold that was swept is charged all the same.
   *
   * @param accounts whom to charge where nothing was held
   * @throws Failure `hold_conflict` if it was settled with another amount; RangeError if a sum leaves the exact range
   */
  settle(id: string, actual: Nanos, accounts?: AccountSet): Settled;
  /** Ends a hold and charges nothing; there is nothing to write. False if nothing was held. */
  release(id: string): boolean;
  /** Releases holds that are older than their time, and says which: each is an exit that settled nothing. */
  sweep(): readonly Hold[];
  /**
   * Takes up what an earlier process held, by the notes it left; requests that are on the books already are
   * passed over. Call it before the first hold.
   *
   * @returns the holds that are open again, to be settled or released
   */
  restore(holds: readonly Hold[]): Promise<readonly Hold[]>;
  /** How many requests hold something now. */
  openHolds(): number;

  /**
   * Books on a wallet; durable when the promise resolves, and not spendable before. One idempotency key books once.
   *
   * @throws Failure `not_found`, `validation_failed`, `insufficient_quota` (a debit that does not fit),
   *   `idempotency_conflict` (the key was used for something else), `storage_unavailable`
   */
  post(post: Post): Promise<Posted>;
  /**
   * Whether this could be booked, for the first time, on a wallet that may have to be made: so that neither that nor
   * anything else is made in vain.
   *
   * @throws Failure `validation_failed`, `insufficient_quota`, `idempotency_conflict`, as `post` would
   */
  assertBookable(post: Post): Promise<void>;
  /** Null if there is no such account. */
  balance(account: string): AccountBalance | null;
  /** The entries of an account, newest first. @throws Failure `validation_failed` for a cursor that is none */
  statement(
    account: string,
    page: { readonly limit: number; readonly cursor?: string | null },
  ): Promise<StatementPage>;
  /**
   * Notes the balances up to the snapshot before, so that a start reads only what came after. To be called every few
   * minutes; at the end twice, when nothing is under way. @throws Failure `storage_unavailable`
   */
  snapshot(): Promise<void>;
}

export interface LedgerDeps {
  readonly storage: Storage;
  readonly clock: Clock;
  /** How long a request may hold money before the sweeper takes it back; longer than any request may run. */
  readonly holdMs: number;
}

export async function createLedger(deps: LedgerDeps): Promise<Ledger> {
  const { storage, clock } = deps;
  const since = isoTime(clock.now() - READ_BACK_MS).slice(0, 7);
  const past = await readSums(storage, since);
  const books = new Books(deps, new EntryWriter(storage, past.top));
  books.open(await readDefinitions(storage), past);
  return books;
}

/** Longer than any period, so that what is current at the start and what was just before are read. */
const READ_BACK_MS = 70 * DAY_MS;

const NO_BUDGETS: readonly string[] = [];
const NOTHING_BOOKED: ReadonlyMap<string, number> = new Map();

class Books implements Ledger {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #wallets = new Map<string, Wallet>();
  readonly #budgets = new Map<string, Budget>();
  readonly #calendar = createCalendar();
  readonly #holds: Holds;
  readonly #postings: Postings;
  readonly #entries: EntryWriter;
  /** The accounts of each key, and the budgets of each scope; both forgotten when a definition changes. */
  readonly #accountsByKey = new Map<string, AccountSet>();
  readonly #budgetsByScope = new Map<string, string[]>();

  constructor({ storage, clock, holdMs }: LedgerDeps, entries: EntryWriter) {
    this.#storage = storage;
    this.#clock = clock;
    this.#entries = entries;
    const [wallets, budgets] = [this.#wallets, this.#budgets];
    this.#holds = new Holds({ clock, holdMs, wallets, budgets });
    this.#postings = new Postings({ storage, clock, wallets, entries });
  }

  open({ wallets, budgets }: Definitions, past: PastSums): void {
    const at = this.#clock.now();
    for (const definition of wallets) {
      const wallet = new Wallet(definition);
      wallet.balance = past.wallets.get(wallet.id) ?? 0;
      this.#wallets.set(wallet.id, wallet);
    }
    for (const { definition, isRemoved } of budgets) {
      const booked = past.budgets.get(definition.id) ?? NOTHING_BOOKED;
      const budget = new Budget(definition, { calendar: this.#calendar, at, booked });
      budget.isRemoved = isRemoved;
      this.#remember(budget);
    }
  }

  async defineWallet(definition: WalletDefinition): Promise<void> {
    await this.#storage.commit([walletWrite(this.#storage, definition, this.#clock.now())]);
    const known = this.#wallets.get(definition.userId);
    if (known === undefined) this.#wallets.set(definition.userId, new Wallet(definition));
    else known.redefine(definition);
    this.#accountsByKey.clear();
  }

  wallet(userId: string): WalletDefinition | null {
    return this.#wallets.get(userId)?.definition ?? null;
  }

  async defineBudget(definition: BudgetDefinition): Promise<void> {
    const { write, apply } = this.budgetChange(definition);
    await this.#storage.commit([write]);
    apply();
  }

  budgetChange(definition: BudgetDefinition): BudgetChange {
    const write = budgetWrite(this.#storage, definition, this.#clock.now());
    return { write, apply: () => this.#define(definition) };
  }

  #define(definition: BudgetDefinition): void {
    const at = this.#clock.now();
    const known = this.#budgets.get(definition.id);
    if (known === undefined) {
      const now = { calendar: this.#calendar, at, booked: NOTHING_BOOKED };
      this.#remember(new Budget(definition, now));
      return;
    }
    this.#unlist(known);
    known.redefine(definition, at);
    known.isRemoved = false;
    this.#remember(known);
  }

  async removeBudget(id: string): Promise<void> {
    const { write, apply } = this.budgetRemoval(id);
    await this.#storage.commit([write]);
    apply();
  }

  budgetRemoval(id: string): BudgetChange {
    const write = budgetRemoval(this.#storage, id, this.#clock.now());
    const apply = () => {
      const budget = this.#budgets.get(id);
      if (budget === undefined) return;
      budget.isRemoved = true;
      this.#unlist(budget);
    };
    return { write, apply };
  }

  budgets(): readonly BudgetDefinition[] {
    const all = [...this.#budgets.values()];
    return all.filter(({ isRemoved }) => !isRemoved).map(({ definition }) => definition);
  }

  budgetsOf(scope: BudgetScope, scopeId: string): readonly BudgetDefinition[] {
    const ids = this.#budgetsByScope.get(`${scope} ${scopeId}`) ?? NO_BUDGETS;
    return ids
      .map((id) => this.#budgets.get(id)?.definition)
      .filter((found) => found !== undefined);
  }

  accountsOf({ userId, keyId }: { userId: string; keyId: string }): AccountSet {
    const known = this.#accountsByKey.get(keyId);
    if (known !== undefined) return known;
    const scopes = [`key ${keyId}`, `user ${userId}`, 'installation '];
    const budgets = scopes.flatMap((scope) => this.#budgetsByScope.get(scope) ?? NO_BUDGETS);
    const accounts = { wallet: this.#wallets.has(userId) ? userId : null, budgets };
    this.#accountsByKey.set(keyId, accounts);
    return accounts;
  }

  hold(request: HoldRequest): Hold {
    return this.#holds.hold(request);
  }

  cover(accounts: AccountSet): Nanos | null {
    return this.#holds.cover(accounts);
  }

  settle(id: string, actual: Nanos, accounts?: AccountSet): Settled {
    const { held, isNew } = this.#holds.settle(id, actual, accounts ?? null);
    return {
      writes: isNew ? this.#entries.charge(held, this.#clock.now()) : [],
      charged: held.charged as Nanos,
      balanceAfter: held.balanceAfter,
      excess: held.excess as Nanos,
    };
  }

  release(id: string): boolean {
    return this.#holds.release(id);
  }

  sweep(): readonly Hold[] {
    return this.#holds.sweep();
  }

  async restore(holds: readonly Hold[]): Promise<readonly Hold[]> {
    const ids = holds.map(({ id }) => id);
    const booked = await bookedRequests(this.#storage, ids);
    const open = holds.filter(({ id }) => !booked.has(id));
    for (const hold of open) this.#holds.restore(hold);
    return open;
  }

  openHolds(): number {
    return this.#holds.openCount;
  }

  post(post: Post): Promise<Posted> {
    return this.#postings.post(post);
  }

  assertBookable(post: Post): Promise<void> {
    return this.#postings.assertBookable(post);
  }

  balance(account: string): AccountBalance | null {
    const wallet = this.#wallets.get(account);
    if (wallet !== undefined) return balanceOfWallet(wallet);
    const budget = this.#budgets.get(account);
    return budget === undefined ? null : balanceOfBudget(budget, this.#clock.now());
  }

  async statement(
    account: string,
    page: { readonly limit: number; readonly cursor?: string | null },
  ): Promise<StatementPage> {
    const after = typeof page.cursor === 'string' ? readCursor(page.cursor) : null;
    if (after === undefined) throw noCursor();
    return readStatement(this.#storage, account, { limit: page.limit, after });
  }

  async snapshot(): Promise<void> {
    await this.#storage.commit(this.#entries.snapshot());
  }

  #remember(budget: Budget): void {
    this.#budgets.set(budget.id, budget);
    this.#accountsByKey.clear();
    if (budget.isRemoved) return;
    const scope = scopeOf(budget);
    const listed = this.#budgetsByScope.get(scope);
    if (listed === undefined) this.#budgetsByScope.set(scope, [budget.id]);
    else listed.push(budget.id);
  }

  #unlist(budget: Budget): void {
    const scope = scopeOf(budget);
    const others = this.#budgetsByScope.get(scope)?.filter((id) => id !== budget.id) ?? [];
    this.#budgetsByScope.set(scope, others);
    this.#accountsByKey.clear();
  }
}

function scopeOf({ definition }: Budget): string {
  return `${definition.scope} ${definition.scopeId}`;
}
