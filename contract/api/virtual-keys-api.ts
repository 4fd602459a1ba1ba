import { z } from 'zod';
import { budgetOrder } from './admin-api.ts';
import { call } from './call.ts';
import {
  callerLimits,
  count,
  decimalDollars,
  FORMATS,
  givenInstant,
  instant,
  note,
  pagination,
  username,
  windowCounts,
} from './fields.ts';

const limit = z.int().nonnegative().nullable();

/** The six rates and the requests under way at once; null means no limit. */
const keyLimits = callerLimits.extend({ max_concurrent: limit });

const someLimits = z
  .strictObject(keyLimits.partial().shape)
  .meta({ description: 'What is left out stays; null means no limit' });

const models = z
  .array(
    z
      .string()
      .trim()
      .min(1)
      .max(200)
      .regex(/^[^*]*\*?$/, 'A star stands at the end only.'),
  )
  .min(1, 'Name at least one model, or give null for all.')
  .max(100)
  .meta({ description: 'Exact names, and beginnings that end with "*"; null: every model' });

const rules = {
  name: username.nullish().meta({ description: 'What the key is called; by default as its user' }),
  note: note.nullish(),
  models: models.nullish(),
  limits: someLimits.nullish(),
  budget: budgetOrder.nullish().meta({ description: 'For each UTC month, unless said otherwise' }),
  expires_at: givenInstant.nullish(),
  provider_key_id: z.string().min(1).max(200).nullish().meta({
    description:
      'The one provider key that serves this key, of its user or the operator’s; null: any',
  }),
  allow_unmetered: z.boolean().optional().meta({
    description: 'May this key use endpoints whose use cannot be metered? For the operator to say',
  }),
};

export const keyRequest = z.strictObject({
  ...rules,
  allow_unmetered: rules.allow_unmetered.nullable(),
  user_id: z.string().min(1).max(200).nullish().meta({ description: 'Whose key; operator' }),
  username: username.nullish().meta({
    description:
      'Whose key, made if new; operator. Without either: its own, or the user of its name',
  }),
});

export const keyPatch = z
  .strictObject({ ...rules, is_active: z.boolean().optional() })
  .refine((given) => Object.keys(given).length > 0, { error: 'Give at least one field.' });

export const virtualKey = z.object({
  id: z.string(),
  name: z.string(),
  masked: z.string(),
  user_id: z.string(),
  username: z.string(),
  note: z.string().nullable(),
  state: z.enum(['active', 'disabled', 'expired', 'revoked']),
  is_active: z.boolean().meta({ description: 'False if it is switched off or revoked' }),
  limits: keyLimits,
  limit_use: z.object({
    used: windowCounts,
    remaining: callerLimits,
    resets: z.object({ minute: instant, hour: instant, day: instant }),
    running: count.meta({ description: 'Requests under way' }),
  }),
  budget: z
    .object({
      amount_usd: decimalDollars,
      period: z.enum(['day', 'week', 'month', 'forever']),
      zone: z.string(),
      spent_usd: decimalDollars,
      held_usd: decimalDollars.meta({ description: 'What open requests hold' }),
      remaining_usd: decimalDollars.meta({ description: 'What a new request may hold' }),
      resets_at: instant.nullable(),
    })
    .nullable(),
  models: z.array(z.string()).nullable(),
  allow_unmetered: z.boolean(),
  expires_at: instant.nullable(),
  provider_key_id: z.string().nullable(),
  origin: z.enum(['operator', 'member', 'self-service']),
  ruled_by: z.enum(['operator', 'member']).meta({ description: 'Who decides what it may do' }),
  last_used_at: instant.nullable(),
  previous: z
    .object({ masked: z.string(), valid_until: instant, last_used_at: instant.nullable() })
    .nullable()
    .meta({ description: 'The secret before the last rotation' }),
  created_at: instant,
  revoked_at: instant.nullable(),
});

export const keyWithSecret = virtualKey.extend({
  secret: z.string().meta({ description: 'Shown here once and never again' }),
});

export const keyList = z.object({
  data: z.array(virtualKey),
  pagination: pagination.extend({ total: count }),
});

/** What the list of keys can be put in order by; with a minus: the largest first. */
export const KEY_SORTS = ['name', '-name', 'created', '-created', 'used', '-used'] as const;
export type KeySort = (typeof KEY_SORTS)[number];

export const keyListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(200).optional(),
  q: z.string().trim().max(100).optional().meta({
    description: 'A part of the name, the user, the note, the id or what is shown of the secret',
  }),
  state: z.enum(['active', 'disabled', 'expired', 'revoked', 'all']).optional().meta({
    description: 'By default all that are not revoked',
  }),
  user_id: z.string().min(1).max(200).optional(),
  sort: z.enum(KEY_SORTS).default('-created').meta({
    description: 'With a minus: the last, newest or last used first',
  }),
  format: z.enum(FORMATS).optional().meta({
    description: '`csv`, `json` or `jsonl`: every key of the filter as a file',
  }),
});

const named = z.object({
  id: z.string().min(1).max(200).meta({ description: 'The id of the key, or its secret' }),
});

const TAGS = ['Virtual keys'];

/** The keys that callers of the gateway hold: their own for a member, everybody's for the operator. */
export const VIRTUAL_KEYS_API = {
  list: call({
    method: 'GET',
    path: '/api/virtual-keys',
    who: 'member',
    summary: 'Virtual keys',
    description:
      'Page by page, the newest first unless asked otherwise, with what each has used of its limits and budget.',
    tags: TAGS,
    query: keyListQuery,
    status: 200,
    reply: keyList,
  }),
  issue: call({
    method: 'POST',
    path: '/api/virtual-keys',
    who: 'member',
    summary: 'Issue a virtual key',
    description:
      'A member’s key is their own. The secret is shown once. Without limits and budget of its own a key has those of its user.',
    tags: TAGS,
    request: keyRequest,
    status: 201,
    reply: keyWithSecret,
    failures: ['forbidden', 'not_found', 'conflict', 'storage_unavailable'],
  }),
  show: call({
    method: 'GET',
    path: '/api/virtual-keys/{id}',
    who: 'member',
    summary: 'One virtual key',
    tags: TAGS,
    params: named,
    status: 200,
    reply: virtualKey,
    failures: ['not_found'],
  }),
  change: call({
    method: 'PATCH',
    path: '/api/virtual-keys/{id}',
    who: 'member',
    summary: 'Change a virtual key',
    description:
      'What is left out stays; null takes a bound away. What the operator has decided about a key is not for a member to change.',
    tags: TAGS,
    params: named,
    request: keyPatch,
    status: 200,
    reply: virtualKey,
    failures: ['forbidden', 'not_found', 'conflict', 'storage_unavailable'],
  }),
  revoke: call({
    method: 'DELETE',
    path: '/api/virtual-keys/{id}',
    who: 'member',
    summary: 'Revoke a virtual key',
    description: 'Holds from this moment on, for both secrets. Its history stays.',
    tags: TAGS,
    params: named,
    status: 204,
    failures: ['not_found', 'storage_unavailable'],
  }),
  rotate: call({
    method: 'POST',
    path: '/api/virtual-keys/{id}/rotate',
    who: 'member',
    summary: 'Give a virtual key another secret',
    description:
      'The old secret works on for the grace, by default not at all; when it was used last is shown. A secret from an earlier rotation ends at once.',
    tags: TAGS,
    params: named,
    request: z.strictObject({ grace_hours: z.number().min(0).max(24).optional() }).nullish(),
    status: 200,
    reply: keyWithSecret,
    failures: ['not_found', 'conflict', 'storage_unavailable'],
  }),
};
