import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type {
  addedCredits,
  allBalances,
  bookedEntry,
  CREDITS_API,
  createdUser,
  limitsSet,
  statementPage,
  systemFigures,
} from '../../contract/api/credits-api.ts';
import { formatDollars, toDollars } from '../../contract/money.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Administration, Known } from '../administration/administration.ts';
import { type Clock, isoTime } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { Reports } from '../reports/reports.ts';
import type { AskedFor } from './answering.ts';
import { exactDollars } from './dollars.ts';
import { masked } from './masked.ts';

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
    ...walletHandlers(administration),

    async createUser({
      body,
    }: AskedFor<typeof CREDITS_API.createUser>): Promise<z.output<typeof createdUser>> {
      const { username, email = null, initial_credits = 0 } = body;
      const order = { username, email, credits: initial_credits };
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
      const ofKey = body.api_key === undefined ? null : key;
      const { max_concurrent: _, ...six } = await administration.setLimits({
        user,
        key: ofKey,
        limits,
      });
      return { status, api_key: masked(key), rate_limits: six };
    },
  };
}

function walletHandlers(administration: Administration) {
  return {
    async bookEntry({
      params,
      body,
      request,
    }: AskedFor<typeof CREDITS_API.bookEntry>): Promise<z.output<typeof bookedEntry>> {
      const { user } = administration.find(params.user_id);
      const { entryId, balance, credits } = await administration.book({
        to: user,
        kind: body.kind,
        amount: exactDollars(body.amount_usd, 'amount_usd'),
        reason: body.reason,
        requestId: body.request_id ?? null,
        idempotencyKey: idempotencyKeyOf(request.headers),
      });
      return { entry_id: entryId, balance_usd: formatDollars(balance), balance_credits: credits };
    },

    async statement({
      params,
      query,
    }: AskedFor<typeof CREDITS_API.statement>): Promise<z.output<typeof statementPage>> {
      const { user } = administration.find(params.user_id);
      const { limit, cursor = null } = query;
      const { entries, nextCursor } = await administration.statement(user, { limit, cursor });
      return {
        user_id: user.id,
        data: entries.map((entry) => ({
          entry_id: entry.id,
          at: isoTime(entry.at),
          kind: entry.kind,
          amount_usd: formatDollars(entry.amount),
          reason: entry.reason,
          request_id: entry.requestId,
        })),
        pagination: { limit, has_more: nextCursor !== null, next_cursor: nextCursor },
      };
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
  body: { readonly api_key?: string | undefined; readonly user_id?: string | undefined },
): Known {
  const [first, second] = [body.api_key, body.user_id].filter((name) => name !== undefined);
  const known = administration.find(first ?? '');
  if (second !== undefined && administration.find(second).user !== known.user) {
    const sentence = 'api_key and user_id name two different users.';
    throw new Failure('validation_failed', { param: 'user_id', sentence });
  }
  return known;
}

const LONGEST_IDEMPOTENCY_KEY = 255;

/** Null without the header. @throws Failure `validation_failed` */
function idempotencyKeyOf(headers: IncomingHttpHeaders): string | null {
  const sent = headers['idempotency-key'];
  if (sent === undefined) return null;
  const text = String(sent).trim();
  if (text !== '' && text.length <= LONGEST_IDEMPOTENCY_KEY) return text;
  const sentence = `An Idempotency-Key has 1 to ${LONGEST_IDEMPOTENCY_KEY} characters.`;
  throw new Failure('validation_failed', { param: 'Idempotency-Key', sentence });
}
