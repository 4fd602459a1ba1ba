import { z } from 'zod';
import { call } from './call.ts';
import { count, dollars, instant, pageQuery, pagination } from './fields.ts';

const sums = {
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
};

export const usageLogQuery = z.strictObject({
  ...pageQuery,
  key_id: z.string().max(200).optional().meta({ description: 'Id of a provider key' }),
  source: z.enum(['probe', 'gateway', 'all']).default('probe'),
});

export const usageLogPage = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      timestamp: instant,
      key_id: z.string().nullable(),
      key_label: z.string(),
      model: z.string(),
      ...sums,
      cost_usd: dollars.nullable().meta({ description: 'Null: no price is known' }),
      source: z.enum(['probe', 'gateway']),
    }),
  ),
  totals: z.object({ ...sums, cost_usd: dollars }),
  pagination,
});

/** The log of uses of the provider keys. */
export const USAGE_LOG_API = {
  list: call({
    method: 'GET',
    path: '/data',
    who: 'operator',
    summary: 'Uses of the provider keys',
    description:
      'Newest first: probes by default, metered requests, or both. The totals are of all rows of the filter, not of the page.',
    tags: ['Provider keys'],
    query: usageLogQuery,
    status: 200,
    reply: usageLogPage,
    failures: ['storage_unavailable'],
  }),
};
