import { z } from 'zod';
import { call } from './call.ts';
import {
  count,
  day,
  dayRange,
  decimalDollars,
  FORMATS,
  instant,
  modelFilter,
  pageQuery,
  pagination,
} from './fields.ts';

const source = z.enum(['provider', 'gateway']).default('provider').meta({
  description:
    'What providers report of the keys, or what the gateway metered; never both in one sum',
});

const filter = {
  ...dayRange,
  key_id: z.string().max(200).optional().meta({ description: 'Id of a provider key' }),
  model: modelFilter,
  source,
};

const sums = {
  requests: count,
  tokens_input: count,
  tokens_output: count,
  cost_usd: decimalDollars,
};

export const statisticsReply = z.object({
  data: z.object({
    total_requests: count,
    total_tokens_input: count,
    total_tokens_output: count,
    total_cost_usd: decimalDollars,
    average_cost_per_request_usd: decimalDollars.nullable(),
    average_requests_per_day: z.number(),
    by_model: z.array(z.object({ model: z.string(), ...sums })),
    by_day: z.array(z.object({ date: day, ...sums })),
  }),
  meta: z.object({
    start: day,
    end: day,
    source: z.string(),
    as_of: instant.nullable().meta({
      description:
        'When the figures were true, of providers: when they last told something of the keys meant; null: they never did',
    }),
  }),
});

export const usageRow = z.object({
  date: day,
  key_id: z.string(),
  key_name: z.string(),
  model: z.string(),
  ...sums,
  source: z.string(),
});

const tags = ['Statistics'];
const WHOSE = 'A token reads what its owner may see.';

/** The public statistics: for programs, read-only. */
export const STATISTICS_API = {
  stats: call({
    method: 'GET',
    path: '/api/v1/stats',
    who: 'reader',
    summary: 'Aggregated statistics',
    description: `${WHOSE} Every day of the range is present. What a provider does not tell, or tells in another currency than dollars, counts as 0.`,
    tags,
    query: z.strictObject(filter),
    status: 200,
    reply: statisticsReply,
    failures: ['storage_unavailable'],
  }),
  usage: call({
    method: 'GET',
    path: '/api/v1/usage',
    who: 'reader',
    summary: 'Usage by day, key and model',
    description: `${WHOSE} The newest day first.`,
    tags,
    query: z.strictObject({ ...filter, ...pageQuery, format: z.enum(FORMATS).optional() }),
    status: 200,
    reply: z.object({ data: z.array(usageRow), pagination }),
    failures: ['storage_unavailable'],
  }),
  keys: call({
    method: 'GET',
    path: '/api/v1/keys',
    who: 'reader',
    summary: 'Provider keys with their statistics',
    description: WHOSE,
    tags,
    query: z.strictObject({ source, ...pageQuery }),
    status: 200,
    reply: z.object({
      data: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          platform: z.string(),
          masked: z.string(),
          status: z.string(),
          balance_usd: decimalDollars.nullable(),
          total_requests: count,
          total_cost_usd: decimalDollars,
          last_used_at: instant.nullable(),
        }),
      ),
      pagination,
    }),
    failures: ['storage_unavailable'],
  }),
};
