import { z } from 'zod';
import { HEALTH_STATUSES } from '../signals.ts';
import { call } from './call.ts';
import { dollars, FORMATS, givenDollars, givenInstant, instant, note, oneLine } from './fields.ts';

const keyName = oneLine(128, 'A name');
const platform = z
  .string()
  .trim()
  .toLowerCase()
  .min(1)
  .max(64)
  .meta({ description: 'The id of a platform, see GET /api/platforms' });
const secret = z.string().max(4000).meta({
  description: 'The key itself. It is stored sealed, and no call ever shows it again.',
});
const baseUrl = z
  .string()
  .min(1)
  .max(2000)
  .meta({ description: 'Base address with the version, for the platform "custom" only' });
const purpose = z.enum(['watch', 'route']);
const purposes = z
  .array(purpose)
  .min(1, 'Name at least one purpose.')
  .refine((given) => new Set(given).size === given.length, 'Name each purpose once.')
  .meta({ description: '"watch": its balance is checked. "route": it serves the gateway.' });
const threshold = givenDollars.nullable().meta({
  description:
    'Below this the key counts as low; null for no threshold. It is compared with the balance in the balance’s own currency, and nothing is converted: on a balance in CNY, 5 means 5 yuan.',
});
const interval = z
  .int()
  .min(1)
  .max(43_200)
  .nullable()
  .meta({ description: 'Minutes between checks; null for the default' });
const probe = z
  .boolean()
  .meta({ description: 'Make a tiny completion now and then, which costs money' });
/** The name of a model, as its provider writes it. */
export const probeModel = oneLine(200, 'A model').nullable().meta({
  description: 'The model of the probes; null for the usual one of the platform',
});

const keyStatus = z.enum(HEALTH_STATUSES);

/** A provider key as it is shown. */
export const providerKey = z.object({
  id: z.string(),
  platform: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  masked: z.string(),
  purposes: z.array(purpose),
  source: z.enum(['stored', 'environment']),
  user_id: z.string().nullable().meta({ description: 'Its owner; null for the installation' }),
  base_url: z.string().nullable(),
  status: keyStatus,
  status_message: z.string().nullable(),
  is_active: z.boolean(),
  probe: z.boolean(),
  probe_model: probeModel,
  balance: z.number().nullable().meta({ description: 'In `currency`; null: not known' }),
  currency: z.string().nullable(),
  balance_source: z.enum(['reported', 'anchored', 'estimated']).nullable().meta({
    description:
      'reported: by the provider. anchored: the anchor less what the provider reports as used since. estimated: less what was metered here.',
  }),
  balance_at: instant.nullable().meta({ description: 'When the balance was read or reckoned' }),
  runway_days: z.number().nullable(),
  runway_low_days: z.number().nullable().meta({ description: 'It may end as early as that' }),
  runway_high_days: z.number().nullable().meta({
    description: 'Or as late as that; null with a low end: no end in sight',
  }),
  threshold_usd: dollars.nullable().meta({
    description: 'In `threshold_currency`; the name is older than balances in other currencies',
  }),
  threshold_currency: z.string().meta({
    description:
      'The currency of the balance, in which the two are compared; USD while none is known',
  }),
  check_interval_minutes: z.int().nullable(),
  anchor: z.object({ amount_usd: dollars, at: instant }).nullable(),
  last_checked_at: instant.nullable(),
  last_ok_at: instant.nullable(),
  last_used_at: instant.nullable(),
  created_at: instant,
});

export const providerKeys = z.object({ data: z.array(providerKey) });

/** By what the list can be put in order. */
export const KEY_ORDERS = [
  ...(['name', 'platform', 'status', 'balance', 'runway'] as const),
  ...(['checked', 'used', 'created'] as const),
] as const;
export type KeyOrder = (typeof KEY_ORDERS)[number];

const keyOrder = z.enum(
  KEY_ORDERS.flatMap((order) => [order, `-${order}`] as const) as [
    KeyOrder,
    ...(KeyOrder | `-${KeyOrder}`)[],
  ],
);

export const providerKeysQuery = z.strictObject({
  q: z.string().max(100).optional().meta({
    description: 'An id, or a part of a name, a description or of the key as it is shown',
  }),
  platform: platform.optional(),
  status: keyStatus.optional(),
  purpose: purpose.optional(),
  active: z.enum(['true', 'false']).optional(),
  sort: keyOrder.optional().meta({
    description:
      'With a minus: the largest first. What is not known comes last either way. Without it, in the order in which they came.',
  }),
  format: z.enum(FORMATS).optional().meta({
    description: '`csv`, `json` or `jsonl`: the same keys as a file',
  }),
});

export const newProviderKey = z.strictObject({
  platform,
  name: keyName,
  key: secret,
  description: note.nullish(),
  base_url: baseUrl.nullish(),
  purposes: purposes.nullish(),
  threshold_usd: threshold.optional(),
  check_interval_minutes: interval.optional(),
  probe: probe.nullish(),
  probe_model: probeModel.optional(),
});

export const providerKeyChange = z
  .strictObject({
    name: keyName.optional(),
    description: note.nullable().optional(),
    purposes: purposes.optional(),
    threshold_usd: threshold.optional(),
    check_interval_minutes: interval.optional(),
    is_active: z.boolean().optional(),
    probe: probe.optional(),
    probe_model: probeModel.optional(),
    anchor: z
      .strictObject({ amount_usd: givenDollars, at: givenInstant })
      .nullable()
      .optional()
      .meta({ description: 'What was on the key at that instant; later use is subtracted' }),
    key: secret.optional().meta({ description: 'A new secret in place of the old one' }),
    base_url: baseUrl.optional().meta({ description: 'Only together with the key' }),
  })
  .refine((given) => Object.keys(given).length > 0, { error: 'Give at least one field.' });

export const keyTrial = z.strictObject({
  platform,
  key: secret,
  base_url: baseUrl.nullish(),
});

export const keyTrialResult = z.object({
  valid: z.boolean().meta({ description: 'False also where nothing could be found out' }),
  verdict: z.enum(['valid', 'invalid', 'unknown']),
  message: z.string(),
  kind: z.enum(['ordinary', 'management']).nullable(),
  balance: z.number().nullable(),
  currency: z.string().nullable(),
});

export const platforms = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    supports: z.object({
      balance: z.boolean(),
      usage: z.boolean(),
      validate: z.boolean(),
      route: z.boolean(),
    }),
    base_url_needed: z.boolean().meta({ description: 'A key of this platform names its server' }),
  }),
);

export const providerKeyInPath = z.object({ id: z.string().min(1).max(100) });

const tags = ['Provider keys'];

/** Credentials of providers: stored sealed, watched, and used by the gateway. */
export const PROVIDER_KEYS_API = {
  list: call({
    method: 'GET',
    path: '/api/keys',
    who: 'member',
    summary: 'List provider keys',
    description: 'One’s own; for the operator, all, those of the environment included.',
    tags,
    query: providerKeysQuery,
    status: 200,
    reply: providerKeys,
    failures: ['storage_unavailable'],
  }),
  add: call({
    method: 'POST',
    path: '/api/keys',
    who: 'member',
    summary: 'Store a provider key',
    description:
      'The secret is sealed and never shown again. Keys that the operator adds belong to the installation.',
    tags,
    request: newProviderKey,
    status: 201,
    reply: providerKey,
    failures: ['conflict', 'storage_unavailable'],
  }),
  test: call({
    method: 'POST',
    path: '/api/keys/test',
    who: 'member',
    summary: 'Test a key without storing it',
    description: 'Asks the provider. It costs nothing, and nothing is stored.',
    tags,
    request: keyTrial,
    status: 200,
    reply: keyTrialResult,
  }),
  one: call({
    method: 'GET',
    path: '/api/keys/{id}',
    who: 'member',
    summary: 'Look at a provider key',
    tags,
    params: providerKeyInPath,
    status: 200,
    reply: providerKey,
    failures: ['not_found', 'storage_unavailable'],
  }),
  change: call({
    method: 'PATCH',
    path: '/api/keys/{id}',
    who: 'member',
    summary: 'Change a provider key',
    description:
      'What is not given stays. Another base_url takes the key with it: a stored secret never goes to a new address.',
    tags,
    params: providerKeyInPath,
    request: providerKeyChange,
    status: 200,
    reply: providerKey,
    failures: ['not_found', 'forbidden', 'conflict', 'storage_unavailable'],
  }),
  remove: call({
    method: 'DELETE',
    path: '/api/keys/{id}',
    who: 'member',
    summary: 'Delete a provider key',
    description:
      'The secret is destroyed and serves nothing from this moment on. Its figures stay in reports.',
    tags,
    params: providerKeyInPath,
    status: 204,
    failures: ['not_found', 'forbidden', 'storage_unavailable'],
  }),
  platforms: call({
    method: 'GET',
    path: '/api/platforms',
    who: 'anyone',
    summary: 'Platforms',
    description: 'Whose keys can be stored, and what can be read of them.',
    tags,
    status: 200,
    reply: platforms,
  }),
};
