/** Users with what bounds their spending: plan, wallet, limits and budgets, shown and changed as one. */
import { type Nanos, ZERO } from '../../contract/money.ts';
import type { Accounts, User, VirtualKey } from '../accounts/accounts.ts';
import { newId } from '../id.ts';
import type {
  AccountBalance,
  BudgetDefinition,
  Ledger,
  WalletDefinition,
} from '../ledger/ledger.ts';
import { type Limits, NO_LIMITS, type RateLimits, type Standing } from '../limits/limits.ts';
import type { Storage } from '../storage/storage.ts';
import type { BudgetOrder } from './key-office.ts';
import type { Turns } from './turns.ts';

export interface BudgetFacts {
  readonly definition: BudgetDefinition;
  readonly balance: AccountBalance;
}

export interface WalletFacts {
  readonly user: User;
  /** What holds for them, the installation's settings filled in. */
  readonly kind: WalletDefinition['kind'];
  readonly plan: 'flat' | 'cost';
  readonly markupPpm: number;
  /** Null: nothing of it is the user's own. */
  readonly own: WalletDefinition | null;
  readonly balance: Nanos;
  readonly held: Nanos;
  /** Null: nothing is refused. */
  readonly available: Nanos | null;
  readonly limits: RateLimits;
  /** Of the user over all keys. */
  readonly standing: Standing;
  readonly budget: BudgetFacts | null;
  readonly keyBudgets: readonly (BudgetFacts & { readonly key: VirtualKey })[];
}

/** What is asked of a user's wallet. What is not given stays; null goes back to what the installation says. */
export interface WalletOrder {
  readonly kind?: WalletDefinition['kind'];
  readonly plan?: 'flat' | 'cost' | null;
  readonly markupPpm?: number | null;
  readonly limits?: Partial<RateLimits> | null;
  readonly budget?: BudgetOrder | null;
}

export interface WalletOffice {
  facts(user: User): WalletFacts;
  /**
   * Bounds come first: should it break off in between, nobody has more than they were given.
   *
   * @throws Failure `validation_failed`, `storage_unavailable`
   */
  change(user: User, order: WalletOrder): Promise<void>;
  /**
   * Once money is at stake, what cannot be metered is closed: also for the keys that the user had before.
   * Done before any credit is there to be spent past the books, in the turn of whoever calls.
   *
   * @throws Failure `storage_unavailable`
   */
  makePrepaid(userId: string): Promise<void>;
}

export interface WalletOfficeDeps {
  readonly accounts: Pick<Accounts, 'keys'>;
  readonly ledger: Ledger;
  readonly limits: Limits;
  readonly storage: Pick<Storage, 'commit'>;
  /** What holds for a user without a plan of their own. */
  readonly defaultPlan: { readonly plan: 'flat' | 'cost'; readonly markupPpm: number };
}

const NOTHING_OWN = { kind: 'metered', plan: null, markupPpm: null } as const;

export function createWalletOffice(deps: WalletOfficeDeps, turns: Turns): WalletOffice {
  const { accounts, ledger, limits, storage } = deps;
  const budgetOf = budgetsIn(ledger);

  async function makePrepaid(userId: string): Promise<void> {
    const known = ledger.wallet(userId);
    if (known?.kind === 'prepaid') return;
    await accounts.keys.forbidUnmetered(userId);
    await ledger.defineWallet({ ...NOTHING_OWN, ...known, userId, kind: 'prepaid' });
  }

  async function bound(user: User, { limits: wanted, budget }: WalletOrder): Promise<void> {
    const changes = [];
    if (wanted !== undefined) {
      const all = wanted === null ? NO_LIMITS : { ...limits.get('user', user.id), ...wanted };
      changes.push(limits.change('user', user.id, all));
    }
    const known = budgetOf('user', user.id)?.definition;
    if (budget === null && known !== undefined) changes.push(ledger.budgetRemoval(known.id));
    if (budget !== null && budget !== undefined) {
      const { limit, period, zone } = budget;
      const scope = { id: known?.id ?? newId('bud'), scope: 'user', scopeId: user.id } as const;
      changes.push(ledger.budgetChange({ ...scope, period, zone: zone ?? 'UTC', limit }));
    }
    if (changes.length > 0) await storage.commit(changes.map(({ write }) => write));
    for (const { apply } of changes) apply();
  }

  async function change(user: User, order: WalletOrder): Promise<void> {
    await bound(user, order);
    const { kind, plan, markupPpm } = order;
    if (kind === 'prepaid') await makePrepaid(user.id);
    if (kind === undefined && plan === undefined && markupPpm === undefined) return;
    const known = { ...NOTHING_OWN, ...ledger.wallet(user.id) };
    await ledger.defineWallet({
      userId: user.id,
      kind: kind ?? known.kind,
      plan: plan === undefined ? known.plan : plan,
      markupPpm: markupPpm === undefined ? known.markupPpm : markupPpm,
    });
  }

  return {
    facts: (user) => factsOf(deps, user),
    change: (user, order) => turns.take(user.username, () => change(user, order)),
    makePrepaid,
  };
}

function factsOf(deps: WalletOfficeDeps, user: User): WalletFacts {
  const { accounts, ledger, limits, defaultPlan } = deps;
  const budgetOf = budgetsIn(ledger);
  const own = ledger.wallet(user.id);
  const account = ledger.balance(user.id);
  const keys = accounts.keys.ofUser(user.id).filter(({ revokedAt }) => revokedAt === null);
  return {
    user,
    own,
    kind: own?.kind ?? NOTHING_OWN.kind,
    plan: own?.plan ?? defaultPlan.plan,
    markupPpm: own?.markupPpm ?? defaultPlan.markupPpm,
    balance: account?.balance ?? ZERO,
    held: account?.held ?? ZERO,
    available: account?.available ?? null,
    limits: limits.get('user', user.id),
    standing: limits.standing(null, user.id),
    budget: budgetOf('user', user.id),
    keyBudgets: keys.flatMap((key) => {
      const found = budgetOf('key', key.id);
      return found === null ? [] : [{ ...found, key }];
    }),
  };
}

/** The budget of a user or key; null where nothing was set. */
function budgetsIn(ledger: Ledger) {
  return (scope: 'user' | 'key', id: string): BudgetFacts | null => {
    const [definition] = ledger.budgetsOf(scope, id);
    const balance = definition === undefined ? null : ledger.balance(definition.id);
    return definition === undefined || balance === null ? null : { definition, balance };
  };
}
