import { z } from 'zod';
import { call } from './call.ts';
import {
  callerLimits,
  count,
  creditsNumber,
  dollars,
  instant,
  maskedKey,
  windowCounts,
} from './fields.ts';

const status = z.literal('success');

export const ownBalance = z.object({
  status,
  user_id: z.string(),
  api_key: maskedKey,
  credits: creditsNumber,
  balance_usd: dollars,
  is_prepaid: z.boolean().meta({ description: 'False: nothing is refused for lack of credit' }),
});

export const ownUsage = z.object({
  status,
  timestamp: instant,
  user_id: z.string(),
  api_key: maskedKey,
  current_credits: creditsNumber,
  usage_metrics: z.object({
    total_requests: count,
    total_tokens: count,
    total_cost: dollars,
    requests_today: count,
    tokens_today: count,
    cost_today: dollars,
    requests_this_month: count,
    tokens_this_month: count,
    cost_this_month: dollars,
    average_tokens_per_request: z.number(),
    most_used_model: z.string().nullable(),
    last_request_time: instant.nullable(),
  }),
  rate_limits: callerLimits,
});

export const ownLimits = z.object({
  status,
  api_key: maskedKey,
  current_limits: callerLimits,
  current_usage: z.object({
    allowed: z.boolean().meta({ description: 'Would a request of one token be admitted now?' }),
    reason: z.string().nullable().meta({ description: 'What a refused request would be told' }),
    used: windowCounts,
    remaining: callerLimits,
  }),
  reset_times: z.object({ minute: instant, hour: instant, day: instant }),
});

const TAGS = ['Key holder'];

/** What the holder of a key may know about themselves. */
export const USER_API = {
  balance: call({
    method: 'GET',
    path: '/user/balance',
    who: 'key holder',
    summary: 'Own balance',
    description: 'What open requests hold is not subtracted yet.',
    tags: TAGS,
    status: 200,
    reply: ownBalance,
  }),
  monitor: call({
    method: 'GET',
    path: '/user/monitor',
    who: 'key holder',
    summary: 'Own usage',
    description:
      'Of all keys of the user. Days and months are UTC; costs are what was charged, in dollars.',
    tags: TAGS,
    status: 200,
    reply: ownUsage,
    failures: ['storage_unavailable'],
  }),
  limits: call({
    method: 'GET',
    path: '/user/limit',
    who: 'key holder',
    summary: 'Own limits, their use, and when they reset',
    description:
      'Of each rule the one of key or user that leaves less; null means no limit. Windows end on the UTC clock.',
    tags: TAGS,
    status: 200,
    reply: ownLimits,
  }),
};
