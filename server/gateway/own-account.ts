/** `GET /v1/key` and `GET /v1/credits`: what a caller may know of itself, in OpenRouter's shape. */
import { type Nanos, nanos, toDollars } from '../../contract/money.ts';
import type { VirtualKey } from '../accounts/accounts.ts';
import { type Clock, DAY_MS, isoTime } from '../clock.ts';
import type { BudgetDefinition, Ledger } from '../ledger/ledger.ts';
import type { Records } from '../records/records.ts';

/** The epoch began on a Thursday; weeks begin on Monday. */
const MONDAY_OFFSET_DAYS = 3;

const RESETS: Readonly<Record<BudgetDefinition['period'], string | null>> = {
  day: 'daily',
  week: 'weekly',
  month: 'monthly',
  forever: null,
};

export interface OwnAccountDeps {
  readonly ledger: Ledger;
  readonly records: Records;
  readonly clock: Clock;
}

/** The answer to a path of the class `own`. */
export function ownAccount(deps: OwnAccountDeps, path: string, key: VirtualKey): Promise<object> {
  return path === 'key' ? keyFacts(deps, key) : creditFacts(deps, key);
}

async function keyFacts({ ledger, records, clock }: OwnAccountDeps, key: VirtualKey) {
  const now = clock.now();
  const today = Math.floor(now / DAY_MS);
  const monday = today - ((today + MONDAY_OFFSET_DAYS) % 7);
  const month = Date.parse(`${isoTime(now).slice(0, 7)}-01T00:00:00Z`) / DAY_MS;
  const whose = { userId: key.userId, keyId: key.id };
  const spent = await records.spentSince(whose, [0, today, monday, month]);
  const [usage, daily, weekly, monthly] = spent.map(toDollars);
  const [budget] = ledger.budgetsOf('key', key.id);
  const standing = budget === undefined ? null : ledger.balance(budget.id);
  return {
    data: {
      label: `${key.prefix}...${key.last4}`,
      name: key.label,
      limit: budget === undefined ? null : toDollars(nanos(budget.limit)),
      limit_remaining: standing === null ? null : toDollars(standing.balance),
      limit_reset: budget === undefined ? null : RESETS[budget.period],
      usage,
      usage_daily: daily,
      usage_weekly: weekly,
      usage_monthly: monthly,
      is_free_tier: false,
      is_management_key: false,
      created_at: isoTime(key.createdAt),
      rate_limit: { requests: -1, interval: '1h', note: 'See the x-ratelimit headers.' },
    },
  };
}

async function creditFacts({ ledger, records }: OwnAccountDeps, key: VirtualKey) {
  const [spent = 0 as Nanos] = await records.spentSince({ userId: key.userId }, [0]);
  const wallet = ledger.wallet(key.userId) === null ? null : ledger.balance(key.userId);
  const left = wallet?.balance ?? (0 as Nanos);
  return { data: { total_credits: toDollars(nanos(left + spent)), total_usage: toDollars(spent) } };
}
