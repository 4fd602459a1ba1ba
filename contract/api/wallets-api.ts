import { z } from 'zod';
import { call } from './call.ts';
import {
  creditsNumber,
  decimalDollars,
  givenDollars,
  instant,
  ONCE_HEADER,
  pagination,
} from './fields.ts';
import { keyRequest, virtualKey } from './virtual-keys-api.ts';

const userInPath = z.object({
  user_id: z.string().min(1).max(200).meta({
    description: 'The id of a user, or, for the operator, a key of theirs',
  }),
});

const plan = z.enum(['flat', 'cost']);
const kind = z.enum(['prepaid', 'metered']);

const budget = virtualKey.shape.budget.unwrap();

export const wallet = z.object({
  user_id: z.string(),
  username: z.string(),
  has_wallet: z
    .boolean()
    .meta({ description: 'False: nothing was ever booked, and nothing is owed' }),
  kind: kind.meta({ description: 'Prepaid refuses what is not covered; metered only counts' }),
  plan: plan.meta({
    description: 'What is charged: a flat price per token, or the provider’s cost',
  }),
  is_own_plan: z.boolean().meta({ description: 'False: the plan of the installation' }),
  flat_usd_per_mtok: decimalDollars.meta({
    description: 'Under the flat plan, per million tokens',
  }),
  markup: z.number().meta({ description: 'Under the plan `cost`: 1.2 is 20 % on top of the cost' }),
  is_own_markup: z.boolean(),
  balance_usd: decimalDollars,
  held_usd: decimalDollars.meta({ description: 'What open requests hold' }),
  available_usd: decimalDollars.nullable().meta({ description: 'Null: nothing is refused' }),
  credits: creditsNumber,
  limits: virtualKey.shape.limits.meta({ description: 'Of the user over all keys' }),
  limit_use: virtualKey.shape.limit_use,
  budget: budget.nullable().meta({ description: 'Of the user over all keys' }),
  key_budgets: z.array(z.object({ key: z.object({ id: z.string(), label: z.string() }), budget })),
});

export const walletChange = z
  .strictObject({
    kind: kind.optional(),
    plan: plan.nullish().meta({ description: 'Null: the plan of the installation' }),
    markup: z.number().min(0).max(1000).nullish().meta({
      description: 'A factor with at most six decimals; null: that of the installation',
    }),
    limits: keyRequest.shape.limits,
    budget: keyRequest.shape.budget,
  })
  .refine((given) => Object.keys(given).length > 0, { error: 'Give at least one field.' });

export const statementQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(200).optional(),
});

export const statementPage = z.object({
  user_id: z.string(),
  data: z.array(
    z.object({
      entry_id: z.string(),
      at: instant,
      kind: z.enum(['charge', 'credit', 'debit', 'refund', 'correction', 'budget']),
      amount_usd: decimalDollars.meta({
        description: 'What the wallet gained; a charge is negative',
      }),
      balance_usd: decimalDollars.nullable().meta({ description: 'What the wallet had after it' }),
      reason: z.string().nullable(),
      request_id: z.string().nullable(),
    }),
  ),
  pagination,
});

export const entryRequest = z.strictObject({
  kind: z.enum(['credit', 'debit', 'refund', 'correction']),
  amount_usd: givenDollars.meta({
    description: 'Dollars, at most nine decimals; only a correction may be negative',
  }),
  reason: z.string().trim().min(1, 'Say why.').max(500, 'A reason has at most 500 characters.'),
  request_id: z.string().min(1).max(80).nullish().meta({
    description: 'The request that a refund or correction speaks of',
  }),
});

export const bookedEntry = z.object({
  entry_id: z.string(),
  balance_usd: decimalDollars,
  balance_credits: creditsNumber,
});

const TAGS = ['Credits'];

/** What a user may still spend: their own to see, and the operator's to decide. */
export const WALLETS_API = {
  show: call({
    method: 'GET',
    path: '/api/wallets/{user_id}',
    who: 'member',
    summary: 'A wallet, with the limits and budgets of its user',
    description:
      'One’s own for a member. A user without a wallet is metered and has a balance of 0.',
    tags: TAGS,
    params: userInPath,
    status: 200,
    reply: wallet,
    failures: ['not_found'],
  }),
  change: call({
    method: 'PATCH',
    path: '/api/wallets/{user_id}',
    who: 'operator',
    summary: 'Change plan, limits or budget of a user',
    description:
      'What is left out stays. Prepaid closes what cannot be metered to all keys of the user.',
    tags: TAGS,
    params: userInPath,
    request: walletChange,
    status: 200,
    reply: wallet,
    failures: ['not_found', 'storage_unavailable'],
  }),
  bookEntry: call({
    method: 'POST',
    path: '/api/wallets/{user_id}/entries',
    who: 'operator',
    summary: 'Book a credit, debit, refund or correction',
    description: 'Entries are never changed.',
    tags: TAGS,
    headers: ONCE_HEADER,
    params: userInPath,
    request: entryRequest,
    status: 201,
    reply: bookedEntry,
    failures: ['not_found', 'insufficient_quota', 'idempotency_conflict', 'storage_unavailable'],
  }),
  statement: call({
    method: 'GET',
    path: '/api/wallets/{user_id}/entries',
    who: 'member',
    summary: 'The entries of a wallet',
    description:
      'Newest first, page by page, each with the balance after it. One’s own for a member.',
    tags: TAGS,
    params: userInPath,
    query: statementQuery,
    status: 200,
    reply: statementPage,
    failures: ['not_found', 'storage_unavailable'],
  }),
};
