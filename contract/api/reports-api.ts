import { z } from 'zod';
import { call } from './call.ts';
import { count, day, dayRange, dollars, FORMATS, instant, RANGE_MAX_DAYS } from './fields.ts';

export const reportRange = z.strictObject(dayRange);

export const costByUser = z.object({
  start: day,
  end: day,
  by_user: z.array(
    z.object({
      label: z.string(),
      requests: count,
      unpriced_requests: count,
      tokens: count,
      cost_usd: dollars,
    }),
  ),
  daily: z.array(z.object({ date: day, cost_usd: dollars, cumulative_cost_usd: dollars })),
  daily_by_user: z.array(z.object({ date: day, label: z.string(), cost_usd: dollars })),
  as_of: instant,
});

/** Figures over time. */
export const REPORTS_API = {
  costByUser: call({
    method: 'GET',
    path: '/reports/data',
    who: 'member',
    summary: 'Cost by user and day',
    description: `UTC days, the end included, at most ${RANGE_MAX_DAYS} of them; by default the last 30. Every day of the range is present. A member sees what is their own.`,
    tags: ['Reports'],
    query: reportRange.extend({
      format: z.enum(FORMATS).optional().meta({
        description: '`csv`, `json` or `jsonl`: the cost of each user on each day, as a file',
      }),
    }),
    status: 200,
    reply: costByUser,
    failures: ['storage_unavailable'],
  }),
};
