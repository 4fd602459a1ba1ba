/** How often a password may be wrong: for one account, and from one address. */
import type { Clock } from '../../clock.ts';
import { Failure } from '../../failure.ts';
import { createTokenBucket, type TokenBucket } from '../../limits/limits.ts';

export interface SignInThrottle {
  /**
   * Runs what compares a password. What it throws as a wrong one counts; success does not.
   *
   * @throws Failure `rate_limited`, before anything is compared
   */
  attempt<T>(
    of: { readonly account: string; readonly address: string },
    run: () => Promise<T>,
  ): Promise<T>;
}

/** Ten in a row, then one a minute: 1,500 a day, which finds no password of eight characters. */
const OF_AN_ACCOUNT = { perMinute: 1, burst: 10 };
/** Many people may share an address. */
const OF_AN_ADDRESS = { perMinute: 20, burst: 60 };

export function createSignInThrottle(clock: Clock): SignInThrottle {
  const accounts = createTokenBucket({ clock, ...OF_AN_ACCOUNT });
  const addresses = createTokenBucket({ clock, ...OF_AN_ADDRESS });
  return {
    async attempt({ account, address }, run) {
      take(addresses, address);
      take(accounts, account.toLowerCase());
      let isWrong = false;
      try {
        return await run();
      } catch (error) {
        isWrong = error instanceof Failure && error.kind.status < 500;
        throw error;
      } finally {
        if (!isWrong) {
          addresses.giveBack(address);
          accounts.giveBack(account.toLowerCase());
        }
      }
    },
  };
}

function take(bucket: TokenBucket, name: string): void {
  const taken = bucket.take(name);
  if (taken.allowed) return;
  throw new Failure('rate_limited', {
    sentence: 'Too many attempts with a wrong password. Wait as long as Retry-After says.',
    retryAfterMs: taken.retryAfterMs,
  });
}
