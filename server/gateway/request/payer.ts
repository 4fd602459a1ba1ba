/** Whose keys and whose money a request may use. */
import type { VirtualKey } from '../../accounts/accounts.ts';
import { Failure } from '../../failure.ts';
import type { AccountSet, Ledger } from '../../ledger/ledger.ts';
import type { RoutedKey } from '../../provider-keys/provider-keys.ts';
import { costsNothing } from './paths.ts';
import type { Plan } from './plan.ts';

/** The provider keys that may serve a request, the best first, all of one payer. */
export type Candidates = readonly [RoutedKey, ...RoutedKey[]];

export interface Serving {
  /** A user, whose own provider keys come first; null where nobody in particular asks. */
  readonly userId: string | null;
  /** May the operator's provider keys serve too? */
  readonly shared: boolean;
  /** The id of the one provider key that may serve; null: any of these. */
  readonly pin: string | null;
}

/** Everything that the operator offers. */
export const OPERATORS: Serving = { userId: null, shared: true, pin: null };

/**
 * A key that people issue to themselves spends the operator's money only if the operator gave its user a wallet:
 * else whoever may register could have everything for nothing. What costs nothing is open to all.
 */
export function servingOf(
  key: VirtualKey,
  plan: Pick<Plan, 'pathClass'>,
  ledger: Pick<Ledger, 'wallet'>,
): Serving {
  const { userId, origin, pin } = key;
  const shared =
    costsNothing(plan.pathClass) || origin !== 'member' || ledger.wallet(userId) !== null;
  return { userId, shared, pin };
}

/** Said to somebody whose own keys do not serve a request, and who may not use the operator's. */
export function notPaid(): Failure {
  return new Failure('forbidden', {
    sentence:
      'You issued this key yourself and have no wallet here: add a provider key of your own that serves this path, or ask the operator for credit.',
  });
}

/**
 * The accounts that a request is charged to. With a provider key of one's own it is one's own money: the wallet and the
 * budget of the installation stay out of it, and what was set for the key and its user still holds.
 */
export function accountsFor(
  key: VirtualKey,
  [{ owner }]: Candidates,
  ledger: Pick<Ledger, 'accountsOf' | 'budgetsOf'>,
): AccountSet {
  const { userId, id: keyId } = key;
  if (owner === null) return ledger.accountsOf({ userId, keyId });
  const budgets = [...ledger.budgetsOf('key', keyId), ...ledger.budgetsOf('user', userId)];
  return { wallet: null, budgets: budgets.map(({ id }) => id) };
}
