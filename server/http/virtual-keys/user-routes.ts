import type { z } from 'zod';
import type { ownBalance, ownLimits, ownUsage, USER_API } from '../../../contract/api/user-api.ts';
import { toDollars } from '../../../contract/money.ts';
import type { Administration } from '../../administration/administration.ts';
import { type Clock, isoTime } from '../../clock.ts';
import type { Limits } from '../../limits/limits.ts';
import type { Reports, UsageOfUser } from '../../reports/reports.ts';
import type { AskedFor } from '../answering.ts';
import { type Caller, keyOf } from '../callers.ts';
import { masked } from '../formats/masked.ts';
import { momentOf } from '../formats/moments.ts';

export interface UserDeps {
  readonly administration: Pick<Administration, 'find' | 'balanceOf'>;
  readonly limits: Pick<Limits, 'standing'>;
  readonly reports: Pick<Reports, 'usageOfUser'>;
  readonly clock: Pick<Clock, 'now'>;
}

const status = 'success' as const;

/** What the holder of a key may know about themselves. */
export function userHandlers(deps: UserDeps) {
  const { administration, limits, reports, clock } = deps;
  /** The key that was sent, with the money of its user. */
  const moneyOf = (caller: Caller) => {
    const key = keyOf(caller);
    const { user } = administration.find(key.id);
    return { ...administration.balanceOf(user), key };
  };
  return {
    balance({ caller }: AskedFor<typeof USER_API.balance>): z.output<typeof ownBalance> {
      const { user, key, balance, credits, isPrepaid } = moneyOf(caller);
      return {
        status,
        user_id: user.id,
        api_key: masked(key),
        credits,
        balance_usd: toDollars(balance),
        is_prepaid: isPrepaid,
      };
    },

    async monitor({
      caller,
    }: AskedFor<typeof USER_API.monitor>): Promise<z.output<typeof ownUsage>> {
      const now = clock.now();
      const { user, key } = moneyOf(caller);
      const usage = await reports.usageOfUser(user.id, now);
      return {
        status,
        timestamp: isoTime(now),
        user_id: user.id,
        api_key: masked(key),
        current_credits: administration.balanceOf(user).credits,
        usage_metrics: metricsOf(usage),
        rate_limits: limits.standing(key.id, user.id).limits,
      };
    },

    limits({ caller }: AskedFor<typeof USER_API.limits>): z.output<typeof ownLimits> {
      const key = keyOf(caller);
      const standing = limits.standing(key.id, key.userId);
      const { allowed, reason, used, remaining } = standing;
      return {
        status,
        api_key: masked(key),
        current_limits: standing.limits,
        current_usage: { allowed, reason, used, remaining },
        reset_times: standing.resets,
      };
    },
  };
}

function metricsOf(usage: UsageOfUser): z.output<typeof ownUsage>['usage_metrics'] {
  const { total, today, thisMonth, mostUsedModel, lastRequestAt } = usage;
  return {
    total_requests: total.requests,
    total_tokens: total.tokens,
    total_cost: toDollars(total.charge),
    requests_today: today.requests,
    tokens_today: today.tokens,
    cost_today: toDollars(today.charge),
    requests_this_month: thisMonth.requests,
    tokens_this_month: thisMonth.tokens,
    cost_this_month: toDollars(thisMonth.charge),
    average_tokens_per_request: total.requests === 0 ? 0 : total.tokens / total.requests,
    most_used_model: mostUsedModel,
    last_request_time: momentOf(lastRequestAt),
  };
}
