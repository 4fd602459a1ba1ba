import { z } from 'zod';
import { call } from './call.ts';
import { instant } from './fields.ts';

export const auditPage = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      at: instant,
      actor: z.enum(['operator', 'person', 'key', 'api token', 'nobody']),
      user_id: z.string().nullable(),
      action: z.string().meta({ description: 'Method and path of the call' }),
      subject: z.string().nullable().meta({ description: 'The id of what it was about' }),
      status: z.int().meta({ description: 'Of the answer' }),
      ip: z.string().nullable(),
      request_id: z.string(),
    }),
  ),
  pagination: z.object({
    limit: z.int(),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  }),
});

/** What was done by whom. */
export const AUDIT_API = {
  list: call({
    method: 'GET',
    path: '/api/audit',
    who: 'operator',
    summary: 'Who did what',
    description:
      'Every call that changed something, and those that were refused for who asked. The newest first.',
    tags: ['People'],
    query: z.strictObject({
      user_id: z.string().min(1).max(200).optional(),
      action: z.string().min(1).max(200).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
      cursor: z.string().max(200).optional(),
    }),
    status: 200,
    reply: auditPage,
  }),
};
