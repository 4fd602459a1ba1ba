import { z } from 'zod';
import { call } from './call.ts';
import { instant, note, username } from './fields.ts';

export const selfServiceRequest = z.strictObject({ username, note: note.nullish() });

export const selfServiceKey = z.object({
  id: z.string(),
  token: z.string().meta({ description: 'The secret. It is shown here once and never again.' }),
  username: z.string(),
  note: z.string().nullable(),
});

export const activeKeys = z.object({
  username: z.string(),
  keys: z.array(
    z.object({
      id: z.string(),
      masked: z.string().meta({ description: 'The first and the last four characters' }),
      note: z.string().nullable(),
      created_at: instant,
    }),
  ),
});

/** Self-service: only where the installation switched it on. */
export const PUBLIC_API = {
  requestKey: call({
    method: 'POST',
    path: '/public/keys',
    who: 'self-service',
    summary: 'Ask for a key',
    description:
      'Refused with 403 unless self-service is on, and for the name of a user who has a wallet or a password, or is switched off. The key has the default rate limits and a monthly budget. The secret is shown once.',
    tags: ['Self-service'],
    request: selfServiceRequest,
    status: 201,
    reply: selfServiceKey,
    failures: ['forbidden', 'conflict', 'storage_unavailable'],
  }),
  activeKeysOf: call({
    method: 'GET',
    path: '/public/keys/{username}',
    who: 'self-service',
    summary: 'Active keys of a name',
    description: 'Only the first and the last four characters of each key are shown.',
    tags: ['Self-service'],
    params: z.object({ username }),
    status: 200,
    reply: activeKeys,
    failures: ['not_found'],
  }),
};
