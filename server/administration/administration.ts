/**
 * The door of `administration`: acts of the operator, and of whoever helps themselves, that concern several rooms at
 * once. An act opens nothing before what limits it stands: the wallet and the budget come first, then the key together
 * with its limits, then the credit. What breaks off in between leaves nobody with more than they were given.
 */
import { creditNanosAt, type Nanos, parseDollars, ZERO } from '../../contract/money.ts';
import type { User, VirtualKey } from '../accounts/accounts.ts';
import { Failure, wrongField } from '../failure.ts';
import type { Post, Posted, PostKind, StatementPage } from '../ledger/ledger.ts';
import { type RateLimits, SEED_DEFAULTS, type Standing } from '../limits/limits.ts';
import type { ProviderKeys } from '../provider-keys/provider-keys.ts';
import { creditsIn, nanosOfCredits } from './credits.ts';
import {
  type BudgetOrder,
  budgetOf,
  createKeyOffice,
  type KeyOffice,
  type KeyOfficeDeps,
} from './key-office.ts';
import { Turns } from './turns.ts';
import { createWalletOffice, type WalletOffice, type WalletOfficeDeps } from './wallet-office.ts';

export type { Actor, BudgetOrder, KeyFacts, KeyOffice, KeyOrder } from './key-office.ts';

export { createUpkeep, type Upkeep } from './upkeep.ts';
export type { BudgetFacts, WalletFacts, WalletOffice, WalletOrder } from './wallet-office.ts';

export interface Issued {
  readonly key: VirtualKey;
  /** The secret, this once. */
  readonly token: string;
}

/** A user with the key by which they are shown: the newest that is not revoked, else the newest. */
export interface Known {
  readonly user: User;
  readonly key: VirtualKey | null;
}

export interface UserBalance extends Known {
  readonly balance: Nanos;
  readonly credits: number;
  readonly hasWallet: boolean;
  /** False for who is only metered: nothing is refused for lack of credit. */
  readonly isPrepaid: boolean;
}

export interface UserOrder {
  readonly username: string;
  readonly email: string | null;
  /** 0: a wallet with nothing in it. */
  readonly credits: number;
}

export interface OperatorKeyOrder {
  /** The name of its user. */
  readonly label: string;
  readonly note: string | null;
  readonly credits: number | null;
  readonly budget: BudgetOrder | null;
  /** Null: only if nothing bounds what the key may spend. */
  readonly allowUnmetered: boolean | null;
}

export interface SelfServiceOrder {
  readonly username: string;
  readonly note: string | null;
}

export interface CreditOrder {
  readonly to: User;
  readonly credits: number;
  readonly idempotencyKey: string | null;
}

export interface BookingOrder {
  readonly to: User;
  readonly kind: PostKind;
  /** Positive; a correction may also be negative. */
  readonly amount: Nanos;
  readonly reason: string;
  /** The request that a refund or correction speaks of. */
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
}

export interface LimitsOrder {
  readonly user: User;
  /** A key that gives up those of its own limits that are set; null: none. */
  readonly key: VirtualKey | null;
  readonly limits: Partial<RateLimits>;
}

export interface Administration {
  /** Keys with what bounds them, for the operator and for members. */
  readonly keys: KeyOffice;
  /** What a million tokens cost under the flat plan. */
  readonly flatNanosPerMillion: number;
  /** Users with what bounds their spending. */
  readonly wallets: WalletOffice;
  /**
   * A new prepaid user with the default limits and a key.
   *
   * @throws Failure `conflict`, `validation_failed`, `storage_unavailable`
   */
  createUser(order: UserOrder): Promise<Issued & { readonly credits: number }>;
  /**
   * A key for a user who is made if new. With credits the user is prepaid; a budget bounds this key alone. With neither,
   * for a user without a wallet, the key is only metered and may use what cannot be metered.
   *
   * @throws Failure `validation_failed`, `storage_unavailable`
   */
  issueOperatorKey(order: OperatorKeyOrder): Promise<Issued>;
  /**
   * A key with the default limits and a monthly budget of its own. @throws Failure `forbidden` for the name of
   * somebody with a wallet, whose credits are not for whoever knows the name; `storage_unavailable`
   */
  issueSelfServiceKey(order: SelfServiceOrder): Promise<Issued>;
  /** By a key (its secret or id) or a user (id or name). @throws Failure `not_found` */
  find(name: string): Known;
  /**
   * Credits for a user, who becomes prepaid if there was no wallet. One idempotency key books once.
   *
   * @throws Failure `not_found`, `validation_failed`, `idempotency_conflict`, `storage_unavailable`
   */
  addCredits(order: CreditOrder): Promise<{ readonly credits: number }>;
  /** Books on a user's wallet; a credit opens one. @throws as `Ledger.post` */
  book(order: BookingOrder): Promise<Posted & { readonly credits: number }>;
  /** @throws Failure `not_found` where there is no wallet, `validation_failed` for a cursor that is none */
  statement(
    user: User,
    page: { readonly limit: number; readonly cursor: string | null },
  ): Promise<StatementPage>;
  /**
   * Sets limits of a user over all keys; what is not given stays. A key that is named gives up its own, so that what was
   * set is what holds for it.
   *
   * @returns what then holds for that key, or for the user where none is named
   * @throws Failure `validation_failed`, `storage_unavailable`
   */
  setLimits(order: LimitsOrder): Promise<Standing['limits']>;
  /**
   * Deletes an account for good: its provider keys are destroyed with what is personal; records and ledger stay under a
   * pseudonym.
   *
   * @throws Failure `conflict` for the only admin, `storage_unavailable`
   */
  eraseAccount(user: User): Promise<void>;
  balanceOf(user: User): UserBalance;
  /** Of every user, in the order in which they came; an account that was deleted is none any more. */
  balances(): readonly UserBalance[];
}

export interface AdministrationDeps extends KeyOfficeDeps, Pick<WalletOfficeDeps, 'defaultPlan'> {
  readonly providerKeys: Pick<ProviderKeys, 'find' | 'removeAllOf'>;
  /** What a million tokens cost under the flat plan, as a decimal; a credit is one of them. */
  readonly flatPriceUsdPerMtok: string;
  /** What a self-service key may spend in a month, as a decimal. */
  readonly selfServiceBudgetUsd: string;
}

export function createAdministration(deps: AdministrationDeps): Administration {
  return new Office(deps);
}

class Office implements Administration {
  readonly keys: KeyOffice;
  readonly wallets: WalletOffice;
  readonly flatNanosPerMillion: number;
  readonly #deps: AdministrationDeps;
  readonly #turns = new Turns();
  /** What a credit is worth, in nano-dollars; more than 0, and possibly a fraction. */
  readonly #creditNanos: number;
  readonly #selfServiceBudget: Nanos;

  constructor(deps: AdministrationDeps) {
    this.#deps = deps;
    this.keys = createKeyOffice(deps, this.#turns);
    this.wallets = createWalletOffice(deps, this.#turns);
    this.flatNanosPerMillion = parseDollars(deps.flatPriceUsdPerMtok) ?? ZERO;
    this.#creditNanos = creditNanosAt(this.flatNanosPerMillion);
    this.#selfServiceBudget = parseDollars(deps.selfServiceBudgetUsd) ?? ZERO;
  }

  async createUser(order: UserOrder): Promise<Issued & { readonly credits: number }> {
    return await this.#turns.take(order.username, async () => {
      const { accounts, ledger, limits } = this.#deps;
      const { username: label, email } = order;
      const amount = order.credits === 0 ? null : this.#nanosOf(order.credits, 'initial_credits');
      const request = { label, note: null, origin: 'operator', allowUnmetered: false } as const;
      const issued = await accounts.keys.issue({ ...request, newUser: { email } }, async (key) => {
        await this.wallets.makePrepaid(key.userId);
        return [limits.change('user', key.userId, SEED_DEFAULTS).write];
      });
      const { userId } = issued.key;
      limits.change('user', userId, SEED_DEFAULTS).apply();
      if (amount === null) return { ...issued, credits: 0 };
      const { balance } = await ledger.post(creditTo(issued.key, amount, 'initial credits'));
      return { ...issued, credits: this.#creditsIn(balance) };
    });
  }

  async issueOperatorKey(order: OperatorKeyOrder): Promise<Issued> {
    return await this.#turns.take(order.label, async () => {
      const { accounts, ledger } = this.#deps;
      const { label, note, budget } = order;
      const amount = order.credits === null ? null : this.#nanosOf(order.credits, 'credits');
      const known = accounts.people.find(label);
      const hasWallet = known?.username === label && ledger.wallet(known.id) !== null;
      const isBounded = amount !== null || budget !== null || hasWallet;
      const allowUnmetered = order.allowUnmetered ?? !isBounded;
      const request = { label, note, origin: 'operator', allowUnmetered } as const;
      const issued = await accounts.keys.issue(request, async (key) => {
        if (amount !== null)
          await ledger.assertBookable(creditTo(key, amount, 'credits with a key'));
        if (budget !== null) await ledger.defineBudget(budgetOf(key, budget));
        if (amount !== null) await this.wallets.makePrepaid(key.userId);
        return [];
      });
      if (amount !== null) await ledger.post(creditTo(issued.key, amount, 'credits with a key'));
      return issued;
    });
  }

  async issueSelfServiceKey(order: SelfServiceOrder): Promise<Issued> {
    return await this.#turns.take(order.username, async () => {
      const { accounts, ledger, limits } = this.#deps;
      const { username: label, note } = order;
      const request = { label, note, origin: 'self-service', allowUnmetered: false } as const;
      const issued = await accounts.keys.issue(request, async (key) => {
        const refused = (sentence: string) => new Failure('forbidden', { sentence });
        if (accounts.people.find(key.userId)?.isActive !== true)
          throw refused(
            'The account of this name is switched off; a key of it would open nothing.',
          );
        if (ledger.wallet(key.userId) !== null)
          throw refused('This name has a wallet; only the operator issues keys to it.');
        if (accounts.people.hasPasswordBehind(label))
          throw refused('This name belongs to somebody who signs in; they issue their own keys.');
        const budget = { limit: this.#selfServiceBudget, period: 'month', zone: null } as const;
        await ledger.defineBudget(budgetOf(key, budget));
        return [limits.change('key', key.id, SEED_DEFAULTS).write];
      });
      limits.change('key', issued.key.id, SEED_DEFAULTS).apply();
      return issued;
    });
  }

  find(name: string): Known {
    const { accounts } = this.#deps;
    const key = accounts.keys.find(name);
    const user = accounts.people.find(key?.userId ?? name);
    if (user === null)
      throw new Failure('not_found', { sentence: 'There is no such key or user.' });
    return { user, key: key ?? this.#keyOf(user) };
  }

  async addCredits(order: CreditOrder): Promise<{ readonly credits: number }> {
    const { to, idempotencyKey } = order;
    const amount = this.#nanosOf(order.credits, 'credits');
    const posted = { to, kind: 'credit', amount, requestId: null, idempotencyKey } as const;
    return await this.book({ ...posted, reason: 'credits added' });
  }

  async book(order: BookingOrder): Promise<Posted & { readonly credits: number }> {
    const { ledger } = this.#deps;
    const { to, ...post } = order;
    const entry = { ...post, account: to.id };
    if (order.kind === 'credit') await this.#turns.take(to.username, () => this.#open(entry));
    const posted = await ledger.post(entry);
    return { ...posted, credits: this.#creditsIn(posted.balance) };
  }

  async statement(
    user: User,
    page: { readonly limit: number; readonly cursor: string | null },
  ): Promise<StatementPage> {
    const { ledger } = this.#deps;
    if (ledger.wallet(user.id) === null) {
      throw new Failure('not_found', { sentence: 'This user has no wallet.' });
    }
    return await ledger.statement(user.id, page);
  }

  async setLimits(order: LimitsOrder): Promise<Standing['limits']> {
    return await this.#turns.take(order.user.username, async () => {
      const { limits, storage } = this.#deps;
      const wanted = { ...limits.get('user', order.user.id), ...order.limits };
      const changes = [limits.change('user', order.user.id, wanted)];
      if (order.key !== null) {
        // What is not set anew stays, wherever it stood: to set one limit must not take the others away.
        const givenUp = Object.fromEntries(Object.keys(order.limits).map((rule) => [rule, null]));
        const left = { ...limits.get('key', order.key.id), ...givenUp };
        changes.push(limits.change('key', order.key.id, left));
      }
      await storage.commit(changes.map(({ write }) => write));
      for (const { apply } of changes) apply();
      return limits.standing(order.key?.id ?? null, order.user.id).limits;
    });
  }

  async eraseAccount(user: User): Promise<void> {
    const { accounts, providerKeys, storage } = this.#deps;
    await accounts.members.letGo(user, async () => {
      const parts = [accounts.members.erasureOf(user), providerKeys.removeAllOf(user.id)];
      const writes = parts.flatMap((part) => part.writes);
      await storage.commit(writes, { erases: true });
      for (const part of parts) part.apply();
    });
  }

  balanceOf(user: User): UserBalance {
    const { ledger } = this.#deps;
    const balance = ledger.balance(user.id)?.balance ?? ZERO;
    const wallet = ledger.wallet(user.id);
    const money = { balance, credits: this.#creditsIn(balance) };
    const kind = { hasWallet: wallet !== null, isPrepaid: wallet?.kind === 'prepaid' };
    return { user, key: this.#keyOf(user), ...money, ...kind };
  }

  balances(): readonly UserBalance[] {
    return this.#deps.accounts.people.all().map((user) => this.balanceOf(user));
  }

  /** A wallet for its first credit, if that can be booked: whoever has none is refused nothing and should stay so. */
  async #open(entry: Post): Promise<void> {
    const { ledger } = this.#deps;
    if (ledger.wallet(entry.account) !== null) return;
    await ledger.assertBookable(entry);
    await this.wallets.makePrepaid(entry.account);
  }

  #keyOf(user: User): VirtualKey | null {
    const keys = this.#deps.accounts.keys.ofUser(user.id);
    return keys.findLast((key) => key.revokedAt === null) ?? keys.at(-1) ?? null;
  }

  #creditsIn(balance: Nanos): number {
    return creditsIn(balance, this.#creditNanos);
  }

  #nanosOf(credits: number, param: string): Nanos {
    const amount = nanosOfCredits(credits, this.#creditNanos);
    if (amount !== undefined) return amount;
    const sentence = `${param} must come to whole billionths of a dollar and stay under nine million dollars.`;
    throw wrongField(param, sentence);
  }
}

function creditTo({ userId }: VirtualKey, amount: Nanos, reason: string): Post {
  return { account: userId, amount, kind: 'credit', reason };
}
