import { z } from 'zod';
import { email } from './auth-api.ts';
import { call } from './call.ts';
import {
  callerLimits,
  count,
  creditsNumber,
  dollars,
  instant,
  maskedKey,
  ONCE_HEADER,
  username,
  windowLimits,
} from './fields.ts';

const keyName = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: 'The full key or its id; it stands for its user' });

const userName = z.string().min(1).max(200).meta({ description: 'The id of a user' });

const status = z.literal('success');

/** At least one of the two names the user; if both are given they must mean the same one. */
const isNamed = (body: { readonly api_key?: unknown; readonly user_id?: unknown }) =>
  (body.api_key ?? body.user_id ?? null) !== null;
const NAME_SENTENCE = { error: 'Give api_key or user_id.' };

export const createUserRequest = z.strictObject({
  username,
  email: email.nullish(),
  initial_credits: z.number().nonnegative().nullish().meta({ description: '0 by default' }),
});

export const createdUser = z.object({
  status,
  user_id: z.string(),
  username: z.string(),
  api_key: z.string().meta({ description: 'The secret. It is shown here once and never again.' }),
  credits: creditsNumber,
});

export const addCreditsRequest = z
  .strictObject({
    api_key: keyName.nullish(),
    user_id: userName.nullish(),
    credits: z.number().positive(),
  })
  .refine(isNamed, NAME_SENTENCE);

export const addedCredits = z.object({
  status,
  user_id: z.string(),
  api_key: maskedKey,
  credits_added: z.number(),
  credits: creditsNumber,
});

export const allBalances = z.object({
  status,
  total_users: count,
  users: z.array(
    z.object({
      user_id: z.string(),
      username: z.string(),
      api_key: maskedKey,
      credits: creditsNumber,
      is_prepaid: z.boolean().meta({ description: 'False: nothing is refused for lack of credit' }),
    }),
  ),
});

export const systemFigures = z.object({
  status,
  timestamp: instant,
  data: z.object({
    total_users: count,
    active_users_today: count,
    total_requests_today: count,
    total_tokens_today: count,
    total_cost_today: dollars,
    top_users_by_usage: z.array(
      z.object({
        user_id: z.string(),
        api_key: maskedKey,
        tokens_used: count,
        cost: dollars,
        requests: count,
      }),
    ),
    recent_activity: z.array(
      z.object({
        api_key: maskedKey,
        model: z.string(),
        tokens_used: count,
        timestamp: instant,
      }),
    ),
  }),
});

export const setLimitsRequest = z
  .strictObject({
    api_key: keyName.nullish(),
    user_id: userName.nullish(),
    rate_limits: windowLimits,
  })
  .refine(isNamed, NAME_SENTENCE);

export const limitsSet = z.object({ status, api_key: maskedKey, rate_limits: callerLimits });

const TAGS = ['Credits'];

/** Money and limits of callers, in the operator's hands. */
export const CREDITS_API = {
  createUser: call({
    method: 'POST',
    path: '/admin/create_user',
    who: 'operator',
    summary: 'Make a user with a key and credits',
    description:
      'The user is prepaid and has the default limits. The key is shown once. One credit is one token at the flat price.',
    tags: TAGS,
    request: createUserRequest,
    status: 200,
    reply: createdUser,
    failures: ['conflict', 'storage_unavailable'],
  }),
  addCredits: call({
    method: 'POST',
    path: '/admin/add_credits',
    who: 'operator',
    summary: 'Add credits to a user',
    description: 'A user without a wallet becomes prepaid by it.',
    tags: TAGS,
    headers: ONCE_HEADER,
    request: addCreditsRequest,
    status: 200,
    reply: addedCredits,
    failures: ['not_found', 'idempotency_conflict', 'storage_unavailable'],
  }),
  balances: call({
    method: 'GET',
    path: '/admin/balance',
    who: 'operator',
    summary: 'Every user’s credits',
    tags: TAGS,
    status: 200,
    reply: allBalances,
  }),
  monitor: call({
    method: 'GET',
    path: '/admin/monitor',
    who: 'operator',
    summary: 'What the whole system did today',
    description:
      'The UTC day. Costs are what callers were charged. The ten users with most tokens today, and the newest requests.',
    tags: TAGS,
    status: 200,
    reply: systemFigures,
    failures: ['storage_unavailable'],
  }),
  setLimits: call({
    method: 'POST',
    path: '/admin/limit',
    who: 'operator',
    summary: 'Set the rate limits of a user',
    description:
      'They hold for the user over all keys; the same limits that the named key had of its own give way. What is left out stays, null means no limit. The answer is what then holds for the key, or for the user where no key is named.',
    tags: TAGS,
    request: setLimitsRequest,
    status: 200,
    reply: limitsSet,
    failures: ['not_found', 'storage_unavailable'],
  }),
};
