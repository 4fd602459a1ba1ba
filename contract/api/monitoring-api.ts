import { z } from 'zod';
import { HEALTH_STATUSES } from '../signals.ts';
import { call } from './call.ts';
import { count, day, dollars, instant, moment } from './fields.ts';
import { bucket, selection } from './figures-api.ts';
import { providerKeyInPath } from './provider-keys-api.ts';

const status = z.enum(HEALTH_STATUSES);
const source = z.enum(['reported', 'estimated', 'anchored']).meta({
  description:
    'reported: by the provider. anchored: the operator’s amount less what the provider reports as used since. estimated: less what was metered here.',
});
const balance = z
  .number()
  .nullable()
  .meta({ description: 'In `currency`; null: not known, which is not zero' });
const currency = z.string().nullable();
const error = z
  .string()
  .nullable()
  .meta({ description: 'What was wrong; null for a good reading' });

export const reading = z.object({
  key_id: z.string(),
  at: instant,
  ok: z.boolean().meta({ description: 'The provider said that the key is good' }),
  balance,
  currency,
  source,
  status,
  error,
});

/** The longest answer of a history. */
export const READINGS_MAX = 5_000;

export const historyQuery = z.strictObject({
  start: moment.optional().meta({ description: 'A UTC day, or an instant; by default the first' }),
  end: moment.optional().meta({
    description: 'A UTC day, which is included, or an instant, which is not; by default now',
  }),
  limit: z.coerce.number().int().min(1).max(READINGS_MAX).default(1_000).meta({
    description: 'The newest so many',
  }),
});

export const balanceHistory = z.object({
  key_id: z.string(),
  data: z.array(reading.omit({ key_id: true })).meta({ description: 'Oldest first' }),
});

export const syncReport = z.object({
  rows: count.meta({ description: 'What the provider told, by day and model' }),
  from: day,
  to: day,
});

export const probeReport = z.object({
  ok: z.boolean(),
  model: z.string(),
  prompt_tokens: count.nullable(),
  completion_tokens: count.nullable(),
  cost_usd: dollars.nullable().meta({ description: 'Null: no price is known, which is not free' }),
  latency_ms: count,
  error,
});

const runway = z
  .object({
    days: z.number().meta({ description: 'If it goes on as over the last week' }),
    low_days: z.number(),
    high_days: z.number().nullable().meta({ description: 'Null: no end in sight' }),
  })
  .nullable()
  .meta({ description: 'How long the balance lasts; null where nothing can be said' });

const keyState = z.object({
  key_id: z.string(),
  name: z.string(),
  platform: z.string(),
  status,
  message: z.string().nullable().meta({ description: 'What the last check was told' }),
  balance,
  currency,
  source: source.nullable(),
  balance_at: instant.nullable(),
  runway,
  last_checked_at: instant.nullable(),
  last_ok_at: instant.nullable(),
});

export const balances = z.object({
  data: z.array(keyState),
  totals: z
    .array(z.object({ currency: z.string(), balance: z.number(), keys: count }))
    .meta({ description: 'Of the known balances. Keys of one account each count what it has.' }),
  lowest_runway: z.object({ key_id: z.string(), name: z.string(), runway }).nullable(),
});

export const balanceCourseQuery = z.strictObject({
  start: selection.start,
  end: selection.end,
  bucket: z.enum(['hour', 'day']).default('day'),
});

const overTime = z.array(z.number().nullable()).meta({
  description: 'One by the end of each bucket; null: not known, or still to come',
});

export const balanceCourse = z.object({
  data: z.object({
    buckets: z.array(bucket),
    currencies: z
      .array(
        z.object({
          currency: z.string(),
          keys: count.meta({ description: 'Keys whose balance is known at the end' }),
          balance: z.number().nullable().meta({ description: 'At the end of the range, or now' }),
          values: overTime,
          change: z.object({ keys: count, from: z.number(), to: z.number() }).nullable().meta({
            description:
              'From the end of the range before to that of this one, of the keys that were known at both; null: of none',
          }),
        }),
      )
      .meta({ description: 'Each currency for itself. A key counts from its first reading on.' }),
    runway: z
      .object({
        key_id: z.string(),
        name: z.string(),
        days: z.number().nullable(),
        previous_days: z.number().nullable().meta({
          description: 'What would have been said of it at the end of the range before',
        }),
        values: overTime,
      })
      .nullable()
      .meta({ description: 'Of the key that lasts the shortest now, over time' }),
  }),
  meta: z.object({ start: instant, end: instant }),
});

export const keyChecks = z.object({
  checked: count,
  broken: count.meta({ description: 'Keys that could not be checked for a fault of ours' }),
  took_ms: count,
  data: z.array(keyState),
});

const tags = ['Provider keys'];

/** Are the provider keys alive and funded? */
export const MONITORING_API = {
  check: call({
    method: 'POST',
    path: '/api/keys/{id}/trigger-check',
    who: 'member',
    summary: 'Check a provider key now',
    description: 'The answer is the reading itself, also where the provider failed.',
    tags,
    params: providerKeyInPath,
    status: 200,
    reply: reading,
    failures: ['not_found', 'storage_unavailable'],
  }),
  history: call({
    method: 'GET',
    path: '/api/keys/{id}/balance-history',
    who: 'member',
    summary: 'Balances of a provider key',
    description: 'Every reading, failed ones too.',
    tags,
    params: providerKeyInPath,
    query: historyQuery,
    status: 200,
    reply: balanceHistory,
    failures: ['not_found', 'storage_unavailable'],
  }),
  sync: call({
    method: 'POST',
    path: '/api/keys/{id}/sync',
    who: 'member',
    summary: 'Read now what the provider reports as used',
    description:
      'The account-wide activity that a management key reads counts under that key. 409 where provider or key do not offer it.',
    tags,
    params: providerKeyInPath,
    status: 200,
    reply: syncReport,
    failures: [
      'not_found',
      'conflict',
      'upstream_unreachable',
      'upstream_unreadable',
      'storage_unavailable',
    ],
  }),
  probe: call({
    method: 'POST',
    path: '/keys/{id}/probe',
    who: 'operator',
    summary: 'Make a tiny completion with a provider key',
    description: 'It costs money. The answer says what came of it, also where that was nothing.',
    tags,
    params: providerKeyInPath,
    status: 200,
    reply: probeReport,
    failures: ['not_found', 'storage_unavailable'],
  }),
  balances: call({
    method: 'GET',
    path: '/api/balances',
    who: 'member',
    summary: 'What is left on all provider keys, and for how long',
    description: 'Of active keys; one’s own, or for the operator all.',
    tags,
    status: 200,
    reply: balances,
    failures: ['storage_unavailable'],
  }),
  balanceCourse: call({
    method: 'GET',
    path: '/api/balances/course',
    who: 'member',
    summary: 'How what is left on all provider keys went over time',
    description: 'Of active keys; one’s own, or for the operator all. By UTC days or hours.',
    tags,
    query: balanceCourseQuery,
    status: 200,
    reply: balanceCourse,
    failures: ['storage_unavailable'],
  }),
  checkAll: call({
    method: 'POST',
    path: '/api/checks',
    who: 'operator',
    summary: 'Check all watched provider keys now',
    description: 'Answers when the last one is done. Keys with probes are probed as well.',
    tags,
    status: 200,
    reply: keyChecks,
    failures: ['storage_unavailable'],
  }),
};
