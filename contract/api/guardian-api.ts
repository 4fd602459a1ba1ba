import { z } from 'zod';
import { call } from './call.ts';
import { instant, oneLine } from './fields.ts';
import { providerKeyInPath } from './provider-keys-api.ts';

/** A provider key as the seed's clients read it. */
export const guardedKey = z.object({
  id: z.string(),
  label: z.string(),
  platform: z.string(),
  masked: z.string(),
  active: z.boolean(),
  probe: z.boolean(),
  last_ok_at: instant.nullable(),
  status: z.string(),
});

export const guardedKeys = z.object({ data: z.array(guardedKey) });

export const newGuardedKey = z.strictObject({
  label: oneLine(128, 'A label'),
  key: z.string().max(4000).meta({ description: 'The key itself; never shown again' }),
  platform: z
    .string()
    .trim()
    .toLowerCase()
    .min(1)
    .max(64)
    .nullable()
    .default('openai')
    .transform((given) => given ?? 'openai'),
  base_url: z.string().min(1).max(2000).nullish(),
  probe: z.boolean().nullish().meta({ description: 'Probing spends money; off unless asked for' }),
});

export const switchedKey = z.strictObject({ active: z.boolean() });

const tags = ['Provider keys'];

/** The operator's short calls for the same provider keys, under the paths that clients of old know. */
export const GUARDIAN_API = {
  list: call({
    method: 'GET',
    path: '/keys',
    who: 'operator',
    summary: 'List provider keys, in short',
    description: 'A browser that asks for a page gets the web app.',
    tags,
    status: 200,
    reply: guardedKeys,
    failures: ['storage_unavailable'],
  }),
  add: call({
    method: 'POST',
    path: '/keys',
    who: 'operator',
    summary: 'Store a provider key of the installation',
    tags,
    request: newGuardedKey,
    status: 201,
    reply: guardedKey,
    failures: ['conflict', 'storage_unavailable'],
  }),
  setActive: call({
    method: 'PATCH',
    path: '/keys/{id}/active',
    who: 'operator',
    summary: 'Switch a provider key on or off',
    tags,
    params: providerKeyInPath,
    request: switchedKey,
    status: 200,
    reply: guardedKey,
    failures: ['not_found', 'forbidden', 'storage_unavailable'],
  }),
  remove: call({
    method: 'DELETE',
    path: '/keys/{id}',
    who: 'operator',
    summary: 'Delete a provider key, in short',
    tags,
    params: providerKeyInPath,
    status: 204,
    failures: ['not_found', 'forbidden', 'storage_unavailable'],
  }),
};
