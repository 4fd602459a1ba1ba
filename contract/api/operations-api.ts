import { z } from 'zod';
import { call } from './call.ts';
import { count, instant } from './fields.ts';

export const pong = z.object({ status: z.literal('ok'), timestamp: instant });

export const metricsReport = z.object({
  version: z.string(),
  env: z.string(),
  debug: z.boolean(),
  rate_limit: z.object({ rpm: count, burst: count, exempt_paths: z.array(z.string()) }),
  counters: z.object({
    rate_limit_hits: count.meta({ description: 'Calls refused with 429 since the start' }),
  }),
  db: z.object({
    usage_rows: count.meta({ description: 'Probes, and what providers reported as used' }),
    active_keys: count.meta({ description: 'Provider keys that are switched on' }),
    last_usage_at: instant.nullable(),
    last_key_ok_at: instant.nullable(),
  }),
  worker: z.object({
    probe_interval_secs: count,
    healthy: z.boolean().meta({ description: 'No check of a key is long overdue' }),
  }),
});

export const resetReport = z.object({
  deleted: z.object({ probes: count, provider_usage: count }),
  backup: z.string().meta({ description: 'Name of the file in the folder of the backups' }),
});

export const settingsList = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      value: z
        .string()
        .nullable()
        .meta({ description: 'As it is in force; null for a secret and for what is not set' }),
      is_secret: z.boolean(),
      is_set: z.boolean().meta({ description: 'It has a value, be it the default' }),
    }),
  ),
});

const tags = ['System'];

/** What the operator asks of the installation itself. */
export const OPERATIONS_API = {
  ping: call({
    method: 'GET',
    path: '/ping',
    who: 'anyone',
    summary: 'Is anybody there?',
    description: 'Answers as long as the process does; it asks no part of it.',
    tags,
    status: 200,
    reply: pong,
  }),
  metrics: call({
    method: 'GET',
    path: '/metrics',
    who: 'scraper',
    summary: 'Figures for monitoring',
    description:
      'JSON; the Prometheus text format for whoever asks for `text/plain` or OpenMetrics, as its scraper does. A scraper sends `METRICS_TOKEN` as a bearer token, which opens this call and no other; the admin token works as well.',
    tags,
    alsoProduces: ['text/plain'],
    status: 200,
    reply: metricsReport,
    failures: ['storage_unavailable'],
  }),
  reset: call({
    method: 'DELETE',
    path: '/reset',
    who: 'operator',
    summary: 'Clear the usage log of the provider keys',
    description:
      'Deletes probes and synced provider usage, after a backup. Records of the gateway, wallets, the ledger and balance readings stay.',
    tags,
    status: 200,
    reply: resetReport,
    failures: ['storage_unavailable'],
  }),
  settings: call({
    method: 'GET',
    path: '/api/settings',
    who: 'operator',
    summary: 'The settings in force',
    description: 'Of a secret only whether it is set.',
    tags,
    status: 200,
    reply: settingsList,
  }),
};
