import type { z } from 'zod';
import type {
  addedCredits,
  allBalances,
  CREDITS_API,
  createdUser,
  limitsSet,
  systemFigures,
} from '../../../contract/api/credits-api.ts';
import { toDollars } from '../../../contract/money.ts';
import type { Accounts } from '../../accounts/accounts.ts';
import type { Administration, Known } from '../../administration/administration.ts';
import { type Clock, isoTime } from '../../clock.ts';
import { Failure, wrongField } from '../../failure.ts';
import type { Reports } from '../../reports/reports.ts';
import type { AskedFor } from '../answering.ts';
import { masked } from '../formats/masked.ts';
import { idempotencyKeyOf } from './wallet-routes.ts';

export interface CreditsDeps {
  readonly administration: Administration;
  readonly accounts: Accounts;
  readonly reports: Pick<Reports, 'activity'>;
  readonly clock: Pick<Clock, 'now'>;
}

const status = 'success' as const;

/** Money and limits of callers, in the operator's hands. */
export function creditsHandlers(deps: CreditsDeps) {
  const { administration } = deps;
  return {
    async createUser({
      body,
    }: AskedFor<typeof CREDITS_API.createUser>): Promise<z.output<typeof createdUser>> {
      const { username, email = null, initial_credits } = body;
      const order = { username, email, credits: initial_credits ?? 0 };
      const { key, token, credits } = await administration.createUser(order);
      return { status, user_id: key.userId, username, api_key: token, credits };
    },

    async addCredits({
      body,
      request,
    }: AskedFor<typeof CREDITS_API.addCredits>): Promise<z.output<typeof addedCredits>> {
      const { user, key } = namedIn(administration, body);
      const idempotencyKey = idempotencyKeyOf(request.headers);
      const order = { to: user, credits: body.credits, idempotencyKey };
      const { credits } = await administration.addCredits(order);
      const whom = { user_id: user.id, api_key: masked(key) };
      return { status, ...whom, credits_added: body.credits, credits };
    },

    balances(): z.output<typeof allBalances> {
      const users = administration.balances().map(({ user, key, credits, isPrepaid }) => ({
        user_id: user.id,
        username: user.username,
        api_key: masked(key),
        credits,
        is_prepaid: isPrepaid,
      }));
      return { status, total_users: users.length, users };
    },

    monitor: () => systemFiguresOf(deps),

    async setLimits({
      body,
    }: AskedFor<typeof CREDITS_API.setLimits>): Promise<z.output<typeof limitsSet>> {
      const { user, key } = namedIn(administration, body);
      const limits = Object.fromEntries(
        Object.entries(body.rate_limits).filter(([, limit]) => limit !== undefined),
      );
      const ofKey = (body.api_key ?? null) === null ? null : key;
      const six = await administration.setLimits({ user, key: ofKey, limits });
      return { status, api_key: masked(key), rate_limits: six };
    },
  };
}

async function systemFiguresOf(deps: CreditsDeps): Promise<z.output<typeof systemFigures>> {
  const { accounts, reports, clock } = deps;
  const now = clock.now();
  const { activeUsersToday, today, topUsers, recent } = await reports.activity(now);
  return {
    status,
    timestamp: isoTime(now),
    data: {
      total_users: accounts.people.all().length,
      active_users_today: activeUsersToday,
      total_requests_today: today.requests,
      total_tokens_today: today.tokens,
      total_cost_today: toDollars(today.charge),
      top_users_by_usage: topUsers.map(({ userId, keyId, tokens, charge, requests }) => ({
        user_id: userId,
        api_key: masked(accounts.keys.find(keyId)),
        tokens_used: tokens,
        cost: toDollars(charge),
        requests,
      })),
      recent_activity: recent.map(({ keyId, model, tokens, at }) => ({
        api_key: masked(accounts.keys.find(keyId)),
        model,
        tokens_used: tokens,
        timestamp: isoTime(at),
      })),
    },
  };
}

/** Whom a body names, by key or by user. @throws Failure `not_found`, or `validation_failed` if the two differ */
function namedIn(
  administration: Administration,
  body: {
    readonly api_key?: string | null | undefined;
    readonly user_id?: string | null | undefined;
  },
): Known {
  const [first, second] = [body.api_key, body.user_id].filter((name) => typeof name === 'string');
  const known = administration.find(first ?? '');
  if (second !== undefined && administration.find(second).user !== known.user) {
    const sentence = 'api_key and user_id name two different users.';
    throw wrongField('user_id', sentence);
  }
  // What a deleted account left is a name for the books: whatever it were given would be lost.
  if (known.user.erasedAt !== null) {
    throw new Failure('not_found', { sentence: 'This account was deleted.' });
  }
  return known;
}
