/** Whose money a request may spend. */
import type { VirtualKey } from '../accounts/accounts.ts';
import { Failure } from '../failure.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RoutedKey } from '../provider-keys/provider-keys.ts';
import type { Plan } from './plan.ts';

/**
 * A key that people issue to themselves spends the operator's money only if the operator gave its user a wallet:
 * else whoever may register could have everything for nothing. What costs nothing is open to all.
 *
 * @throws Failure `forbidden`
 */
export function assertPaid(
  key: VirtualKey,
  plan: Plan,
  to: { readonly candidate: RoutedKey; readonly ledger: Pick<Ledger, 'wallet'> },
): void {
  if (key.origin !== 'member' || to.candidate.owner !== null) return;
  if (plan.pathClass === 'free' || plan.pathClass === 'models') return;
  if (to.ledger.wallet(key.userId) !== null) return;
  throw new Failure('forbidden', {
    sentence:
      'You issued this key yourself and have no wallet here: add a provider key of your own, or ask the operator for credit.',
  });
}
