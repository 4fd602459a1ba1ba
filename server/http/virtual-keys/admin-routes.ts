import type { z } from 'zod';
import type {
  ADMIN_API,
  budgetOrder,
  issuedKey,
  keyUsage,
  revokedKey,
} from '../../../contract/api/admin-api.ts';
import { type Nanos, toDollars } from '../../../contract/money.ts';
import type { Accounts } from '../../accounts/accounts.ts';
import type { Administration, BudgetOrder } from '../../administration/administration.ts';
import { isTimeZone } from '../../calendar.ts';
import { isoTime } from '../../clock.ts';
import { Failure, wrongField } from '../../failure.ts';
import type { Reports, UsageFigures } from '../../reports/reports.ts';
import type { AskedFor } from '../answering.ts';
import { exactDollars } from '../formats/dollars.ts';
import { momentOf } from '../formats/moments.ts';

export interface AdminDeps {
  readonly administration: Pick<Administration, 'issueOperatorKey'>;
  readonly accounts: Pick<Accounts, 'keys'>;
  readonly reports: Pick<Reports, 'usageOfKey'>;
}

const NO_SUCH_KEY = { sentence: 'There is no such key.' };

export function adminHandlers({ administration, accounts, reports }: AdminDeps) {
  return {
    async issueKey({
      body,
    }: AskedFor<typeof ADMIN_API.issueKey>): Promise<z.output<typeof issuedKey>> {
      const { key, token } = await administration.issueOperatorKey({
        label: body.label,
        note: body.note ?? null,
        credits: body.credits ?? null,
        budget: body.budget === undefined || body.budget === null ? null : budgetIn(body.budget),
        allowUnmetered: body.allow_unmetered ?? null,
      });
      const { id, label, note } = key;
      return { id, token, label, note, created_at: isoTime(key.createdAt) };
    },

    async revokeKey({
      params,
    }: AskedFor<typeof ADMIN_API.revokeKey>): Promise<z.output<typeof revokedKey>> {
      const key = await accounts.keys.revoke(params.key);
      if (key === null) throw new Failure('not_found', NO_SUCH_KEY);
      if (key.revokedAt === null) {
        throw new Failure('internal', { detail: `key ${key.id} came back unrevoked` });
      }
      const { id, label, revokedAt } = key;
      return { id, label, revoked: true, revoked_at: isoTime(revokedAt) };
    },

    async usageOfKey({
      params,
    }: AskedFor<typeof ADMIN_API.usageOfKey>): Promise<z.output<typeof keyUsage>> {
      const key = accounts.keys.find(params.key);
      if (key === null) throw new Failure('not_found', NO_SUCH_KEY);
      const usage = await reports.usageOfKey(key.id);
      return {
        id: key.id,
        label: key.label,
        ...figures(usage),
        by_model: usage.byModel.map((part) => ({ model: part.model, ...figures(part) })),
        first_request_at: momentOf(usage.firstRequestAt),
        last_request_at: momentOf(usage.lastRequestAt),
      };
    },
  };
}

/** A budget as it is asked for; a bare amount is for each UTC month. @throws Failure `validation_failed` */
export function budgetIn(order: z.output<typeof budgetOrder>): BudgetOrder {
  if (typeof order !== 'object') {
    return { limit: limitIn(order, 'budget'), period: 'month', zone: null };
  }
  const { amount_usd, period, zone = null } = order;
  if (zone !== null && !isTimeZone(zone)) {
    const sentence = 'There is no such time zone; write one as Europe/Berlin.';
    throw wrongField('budget.zone', sentence);
  }
  return { limit: limitIn(amount_usd, 'budget.amount_usd'), period, zone };
}

function limitIn(amount: string | number, param: string): Nanos {
  const limit = exactDollars(amount, param);
  if (limit >= 0) return limit;
  throw wrongField(param, `${param} must be 0 or more.`);
}

function figures(usage: UsageFigures): Omit<z.output<typeof keyUsage>['by_model'][0], 'model'> {
  return {
    requests: usage.requests,
    unpriced_requests: usage.unpricedRequests,
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    cost_usd: toDollars(usage.cost),
  };
}
