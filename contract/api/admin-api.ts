import { z } from 'zod';
import { call } from './call.ts';
import { count, dollars, givenDollars, instant, keyInPath, note, username } from './fields.ts';

/** What a key may spend in each period; a bare amount is for each UTC month. */
export const budgetOrder = z.union(
  [
    givenDollars,
    z.strictObject({
      amount_usd: givenDollars,
      period: z.enum(['day', 'week', 'month', 'forever']),
      zone: z.string().min(1).max(60).nullish().meta({
        description:
          'Time zone in which days, weeks and months begin, such as Europe/Berlin; UTC by default',
      }),
    }),
  ],
  {
    error:
      'Give an amount of dollars, or amount_usd with a period (day, week, month or forever) and perhaps a zone.',
  },
);

export const issueKeyRequest = z.strictObject({
  label: username.meta({
    description: 'A username; made if it is new. It may hold several keys.',
  }),
  note: note.nullish(),
  credits: z.number().positive().nullish().meta({ description: 'Makes the user prepaid' }),
  budget: budgetOrder.nullish(),
  allow_unmetered: z.boolean().nullish().meta({
    description:
      'May this key use endpoints whose use cannot be metered? By default only if it has neither credits, nor a budget, nor a user with a wallet.',
  }),
});

export const issuedKey = z.object({
  id: z.string(),
  token: z.string().meta({ description: 'The secret. It is shown here once and never again.' }),
  label: z.string(),
  note: z.string().nullable(),
  created_at: instant,
});

export const revokedKey = z.object({
  id: z.string(),
  label: z.string(),
  revoked: z.literal(true),
  revoked_at: instant,
});

const usageFigures = {
  requests: count,
  unpriced_requests: count.meta({
    description: 'Requests whose model has no known price; they stand in cost_usd with 0.',
  }),
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  cost_usd: dollars,
};

export const keyUsage = z.object({
  id: z.string(),
  label: z.string(),
  ...usageFigures,
  by_model: z.array(z.object({ model: z.string(), ...usageFigures })),
  first_request_at: instant.nullable(),
  last_request_at: instant.nullable(),
});

/** What the operator does with keys. */
export const ADMIN_API = {
  issueKey: call({
    method: 'POST',
    path: '/admin/keys',
    who: 'operator',
    summary: 'Issue a key',
    description:
      'The key is metered, not prepaid, unless credits are given. The same label may hold several keys. The secret is shown once.',
    tags: ['Operator'],
    request: issueKeyRequest,
    status: 201,
    reply: issuedKey,
    failures: ['conflict', 'storage_unavailable'],
  }),
  revokeKey: call({
    method: 'POST',
    path: '/admin/keys/{key}/revoke',
    who: 'operator',
    summary: 'Revoke a key',
    description: 'Holds from this moment on. Revoking twice answers the same.',
    tags: ['Operator'],
    params: keyInPath,
    status: 200,
    reply: revokedKey,
    failures: ['not_found', 'storage_unavailable'],
  }),
  usageOfKey: call({
    method: 'GET',
    path: '/admin/usage/{key}',
    who: 'operator',
    summary: 'Usage of a key',
    description:
      'All that was metered for this key, in total and by model. Costs are the provider’s.',
    tags: ['Operator'],
    params: keyInPath,
    status: 200,
    reply: keyUsage,
    failures: ['not_found', 'storage_unavailable'],
  }),
};
