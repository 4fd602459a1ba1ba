import { z } from 'zod';
import { call } from './call.ts';
import { givenInstant, instant, oneLine } from './fields.ts';

export const tokenRequest = z.strictObject({
  name: oneLine(128, 'A name'),
  expires_at: givenInstant.nullish(),
});

const shownToken = z.object({
  id: z.string(),
  name: z.string(),
  expires_at: instant.nullable(),
  created_at: instant,
});

export const issuedToken = shownToken.extend({
  token: z.string().meta({ description: 'The secret. It is shown here once and never again.' }),
});

export const tokenList = z.object({
  data: z.array(
    shownToken.extend({
      masked: z.string().meta({ description: 'The beginning and the end of the token' }),
      user_id: z.string().nullable().meta({ description: 'Null for the installation' }),
      last_used_at: instant.nullable(),
    }),
  ),
});

const tags = ['API tokens'];

/** Tokens for programs that read `/api/v1`. */
export const TOKENS_API = {
  list: call({
    method: 'GET',
    path: '/api/tokens',
    who: 'member',
    summary: 'API tokens',
    description: 'Your own; the operator sees all.',
    tags,
    status: 200,
    reply: tokenList,
  }),
  issue: call({
    method: 'POST',
    path: '/api/tokens',
    who: 'member',
    summary: 'Issue an API token',
    description: 'It reads /api/v1, sees what you may see there, and can do nothing else.',
    tags,
    request: tokenRequest,
    status: 201,
    reply: issuedToken,
    failures: ['conflict', 'storage_unavailable'],
  }),
  revoke: call({
    method: 'DELETE',
    path: '/api/tokens/{id}',
    who: 'member',
    summary: 'Revoke an API token',
    tags,
    params: z.object({ id: z.string().min(1).max(200) }),
    status: 204,
    failures: ['not_found', 'storage_unavailable'],
  }),
};
