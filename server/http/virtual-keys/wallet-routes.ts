import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type {
  bookedEntry,
  entryRequest,
  statementPage,
  WALLETS_API,
  wallet,
  walletChange,
} from '../../../contract/api/wallets-api.ts';
import { formatDollars, type Nanos, nanos, parseScaled } from '../../../contract/money.ts';
import type { User } from '../../accounts/accounts.ts';
import type {
  Administration,
  WalletFacts,
  WalletOrder,
} from '../../administration/administration.ts';
import { isoTime } from '../../clock.ts';
import { Failure, wrongField } from '../../failure.ts';
import type { AskedFor } from '../answering.ts';
import { type Caller, ownerOf } from '../callers.ts';
import { exactDollars } from '../formats/dollars.ts';
import { budgetIn } from './admin-routes.ts';
import { budgetShown, givenLimits, limitUseOf } from './virtual-key-routes.ts';

export interface WalletDeps {
  readonly administration: Pick<
    Administration,
    'wallets' | 'find' | 'book' | 'statement' | 'balanceOf' | 'flatNanosPerMillion'
  >;
}

const PPM_PLACES = 6;

/** Wallets: one's own for a member, everybody's in the operator's hands. */
export function walletHandlers({ administration }: WalletDeps) {
  const { wallets } = administration;
  /** @throws Failure `not_found`, also for somebody else's wallet */
  const userOf = (name: string, caller: Caller): User => {
    const owner = ownerOf(caller);
    const { user } = administration.find(name);
    if (owner === null || user.id === owner) return user;
    throw new Failure('not_found', { sentence: 'There is no such key or user.' });
  };
  const shown = (user: User): z.output<typeof wallet> => ({
    ...walletOf(wallets.facts(user)),
    flat_usd_per_mtok: formatDollars(nanos(administration.flatNanosPerMillion)),
    credits: administration.balanceOf(user).credits,
  });
  return {
    show({ params, caller }: AskedFor<typeof WALLETS_API.show>): z.output<typeof wallet> {
      return shown(userOf(params.user_id, caller));
    },

    async change({
      params,
      body,
    }: AskedFor<typeof WALLETS_API.change>): Promise<z.output<typeof wallet>> {
      const { user } = administration.find(params.user_id);
      await wallets.change(user, orderIn(body));
      return shown(user);
    },

    async bookEntry({
      params,
      body,
      request,
    }: AskedFor<typeof WALLETS_API.bookEntry>): Promise<z.output<typeof bookedEntry>> {
      const { user } = administration.find(params.user_id);
      const { entryId, balance, credits } = await administration.book({
        to: user,
        kind: body.kind,
        amount: amountIn(body),
        reason: body.reason,
        requestId: body.request_id ?? null,
        idempotencyKey: idempotencyKeyOf(request.headers),
      });
      return { entry_id: entryId, balance_usd: formatDollars(balance), balance_credits: credits };
    },

    async statement({
      params,
      query,
      caller,
    }: AskedFor<typeof WALLETS_API.statement>): Promise<z.output<typeof statementPage>> {
      const user = userOf(params.user_id, caller);
      const { limit, cursor = null } = query;
      const { entries, nextCursor } = await administration.statement(user, { limit, cursor });
      return {
        user_id: user.id,
        data: entries.map((entry) => ({
          entry_id: entry.id,
          at: isoTime(entry.at),
          kind: entry.kind,
          amount_usd: formatDollars(entry.amount),
          balance_usd: entry.balanceAfter === null ? null : formatDollars(entry.balanceAfter),
          reason: entry.reason,
          request_id: entry.requestId,
        })),
        pagination: { limit, has_more: nextCursor !== null, next_cursor: nextCursor },
      };
    },
  };
}

/** @throws Failure `validation_failed` */
function amountIn({ kind, amount_usd }: z.output<typeof entryRequest>): Nanos {
  const amount = exactDollars(amount_usd, 'amount_usd');
  if (kind === 'correction' ? amount !== 0 : amount > 0) return amount;
  const sentence = 'amount_usd must be more than zero; only a correction may be less.';
  throw wrongField('amount_usd', sentence);
}

function walletOf(
  facts: WalletFacts,
): Omit<z.output<typeof wallet>, 'credits' | 'flat_usd_per_mtok'> {
  const { user, own, balance, held, available, budget, keyBudgets } = facts;
  return {
    user_id: user.id,
    username: user.username,
    has_wallet: own !== null,
    kind: facts.kind,
    plan: facts.plan,
    is_own_plan: own !== null && own.plan !== null,
    markup: facts.markupPpm / 10 ** PPM_PLACES,
    is_own_markup: own !== null && own.markupPpm !== null,
    balance_usd: formatDollars(balance),
    held_usd: formatDollars(held),
    available_usd: available === null ? null : formatDollars(available),
    limits: facts.limits,
    limit_use: limitUseOf(facts.standing),
    budget: budget === null ? null : budgetShown(budget),
    key_budgets: keyBudgets.map(({ key, ...of }) => ({
      key: { id: key.id, label: key.name ?? key.label },
      budget: budgetShown(of),
    })),
  };
}

function orderIn(body: z.output<typeof walletChange>): WalletOrder {
  const { kind, plan, markup, limits, budget } = body;
  return {
    ...(kind !== undefined && { kind }),
    ...(plan !== undefined && { plan }),
    ...(markup !== undefined && { markupPpm: markup === null ? null : ppmOf(markup) }),
    ...(limits !== undefined && { limits: limits === null ? null : givenLimits(limits) }),
    ...(budget !== undefined && { budget: budget === null ? null : budgetIn(budget) }),
  };
}

/** @throws Failure `validation_failed` for what would have to be rounded */
function ppmOf(markup: number): number {
  const ppm = parseScaled(markup, PPM_PLACES);
  if (ppm !== undefined && ppm / 10 ** PPM_PLACES === markup) return ppm;
  const sentence = 'markup must be a factor such as 1.2, with at most six decimals.';
  throw wrongField('markup', sentence);
}

const IDEMPOTENCY_KEY_LETTERS_MAX = 255;

/** Null without the header. @throws Failure `validation_failed` */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | null {
  const sent = headers['idempotency-key'];
  if (sent === undefined) return null;
  const text = String(sent).trim();
  if (text !== '' && text.length <= IDEMPOTENCY_KEY_LETTERS_MAX) return text;
  const sentence = `An Idempotency-Key has 1 to ${IDEMPOTENCY_KEY_LETTERS_MAX} characters.`;
  throw wrongField('Idempotency-Key', sentence);
}
