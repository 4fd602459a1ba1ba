import { z } from 'zod';
import { call } from './call.ts';
import {
  count,
  decimalDollars,
  FORMATS,
  instant,
  isDecimal,
  modelFilter,
  moment,
  RANGE_MAX_DAYS,
} from './fields.ts';

/** By what figures can be split. */
export const GROUPS = ['model', 'user', 'key', 'provider', 'provider_key'] as const;
export type Group = (typeof GROUPS)[number];

/** What can be asked for, with the unit of its values. */
export const METRICS = {
  spend: 'usd',
  charge: 'usd',
  average_spend: 'usd',
  requests: 'count',
  errors: 'count',
  refused: 'count',
  unpriced_requests: 'count',
  tokens: 'count',
  tokens_input: 'count',
  tokens_cached: 'count',
  tokens_output: 'count',
  tokens_reasoning: 'count',
  error_rate: 'ratio',
  ttft_p50: 'ms',
  ttft_p95: 'ms',
} as const;
export type Metric = keyof typeof METRICS;

/** What providers report of their keys: they know no users, no errors and no times. */
export const REPORTED_METRICS = [
  'spend',
  'average_spend',
  'requests',
  'unpriced_requests',
  'tokens',
  'tokens_input',
  'tokens_cached',
  'tokens_output',
  'tokens_reasoning',
] as const satisfies readonly Metric[];
export const REPORTED_GROUPS = ['model', 'provider_key'] as const satisfies readonly Group[];

/** The longest range that is shown by the hour, in hours: a month of 31 days and a day of rounding. */
export const HOURLY_RANGE_MAX = 32 * 24;

const idFilter = z.string().max(200).optional();

/** The part of the requests that figures speak of. */
export const selection = {
  start: moment.optional().meta({
    description:
      'First day, in the zone, or an instant (cut to the hour); by default 29 days before the end',
  }),
  end: moment.optional().meta({
    description: 'Last day, included, or an instant, excluded; by default today',
  }),
  zone: z.string().min(1).max(60).default('UTC').meta({
    description: 'Time zone of the days, such as Europe/Berlin',
  }),
  user_id: idFilter,
  key_id: idFilter.meta({ description: 'Id of a virtual key' }),
  provider: idFilter,
  provider_key_id: idFilter,
  model: modelFilter,
};

export const figuresQuery = z.strictObject({
  ...selection,
  metric: z.enum(Object.keys(METRICS) as [Metric, ...Metric[]]).default('spend'),
  group: z.enum(GROUPS).optional(),
  subgroup: z.enum(GROUPS).optional().meta({ description: 'Needs a group, and another one' }),
  bucket: z.enum(['hour', 'day', 'week', 'month', 'none']).default('day').meta({
    description: 'Weeks begin on Monday. Days, weeks and months are those of the zone.',
  }),
  cumulative: z.enum(['true', 'false']).default('false').meta({
    description: 'Whether each bucket stands for everything from the start to its end',
  }),
  top: z.coerce.number().int().min(1).max(50).default(10).meta({
    description: 'How many series; what is left is one series of the kind `other`',
  }),
  source: z
    .enum(['gateway', 'provider'])
    .default('gateway')
    .meta({
      description: `What the gateway metered, or what providers report of their keys, by UTC day: ${REPORTED_METRICS.join(', ')}; by ${REPORTED_GROUPS.join(' and ')}. Never both in one sum.`,
    }),
  format: z.enum(FORMATS).optional().meta({
    description: '`csv`, `json` or `jsonl`: a row for each bucket of each series, as a file',
  }),
});

const value = z.union([decimalDollars, z.number()]).nullable().meta({
  description:
    'Dollars as an exact decimal in text; counts, milliseconds and ratios as numbers; null where nothing is known, as of the spend of requests that all have no price',
});
const { $schema: _, ...listOfValues } = z.toJSONSchema(z.array(value));

const isValue = (one: unknown): boolean =>
  one === null || (typeof one === 'string' ? isDecimal(one) : Number.isFinite(one));

/** Of a chart there are thousands: to ask a schema about each takes longer than to make them. */
const values = z
  .custom<z.output<typeof value>[]>((list) => Array.isArray(list) && list.every(isValue))
  .meta(listOfValues);

const name = z.object({
  id: z.string().meta({ description: 'Empty where a request has none' }),
  label: z.string(),
});

/** All sums of a range. */
export const figures = z.object({
  requests: count.meta({
    description: 'Requests that something was owed for; the others are counted beside them',
  }),
  unowed_requests: count.meta({
    description: 'Free at every provider, or failed before anything was served',
  }),
  refused_requests: count.meta({ description: 'Never sent to a provider' }),
  errors: count,
  unpriced_requests: count.meta({
    description: 'Without a known price; they stand in spend_usd with 0',
  }),
  tokens_input: count,
  tokens_cached: count.meta({ description: 'A part of tokens_input' }),
  tokens_cache_write: count.meta({ description: 'A part of tokens_input' }),
  tokens_output: count,
  tokens_reasoning: count.meta({ description: 'A part of tokens_output' }),
  spend_usd: decimalDollars.meta({ description: 'The providers’ cost' }),
  charge_usd: decimalDollars.meta({ description: 'What callers were charged' }),
  error_rate: z.number().nullable().meta({
    description: 'Errors among all that was sent to a provider; null if nothing was',
  }),
  ttft_p50_ms: z.number().nullable(),
  ttft_p95_ms: z.number().nullable().meta({
    description: 'Read from classes of time in steps of √2: right to some per cent',
  }),
});

export const bucket = z.object({
  label: z.string().meta({
    description:
      'The day, the week as 2026-W47, the month as 2026-11, or the instant at which the hour begins',
  }),
  start: instant,
  end: instant,
  complete: z.boolean().meta({ description: 'False while the bucket has not ended' }),
  whole: z.boolean().meta({
    description: 'False where the range has only a part of the day, week or month',
  }),
});

export const figuresMeta = z.object({
  start: instant,
  end: instant.meta({ description: 'Excluded' }),
  zone: z.string(),
  zone_note: z.string().nullable().meta({
    description: 'Said where the days of the zone begin within an hour and are shown to the hour',
  }),
  as_of: instant.nullable().meta({
    description:
      'When the figures were true, of providers: when they last told something of the keys meant; null: they never did',
  }),
  previous_start: instant,
  previous_end: instant.meta({
    description:
      'Excluded. While a range has not ended, only as much of the one before is compared.',
  }),
});

export const figuresReply = z.object({
  data: z.object({
    metric: z.string(),
    unit: z.enum(['usd', 'count', 'ms', 'ratio']),
    buckets: z.array(bucket),
    series: z.array(
      z.object({
        kind: z.enum(['group', 'other']),
        group: name.nullable(),
        subgroup: name.nullable(),
        value,
        previous: value.meta({ description: 'The same of the range before' }),
        values: values.meta({ description: 'One for each bucket' }),
      }),
    ),
    groups_total: count.meta({
      description: 'How many groups there are, those under `other` included',
    }),
    total: z.object({ value, previous: value, values }),
    figures,
    previous_figures: figures,
  }),
  meta: figuresMeta,
});

const card = z.object({
  metric: z.string(),
  unit: z.enum(['usd', 'count', 'ms', 'ratio']),
  value,
  previous: value,
  values,
});

export const overviewQuery = z.strictObject({
  ...selection,
  bucket: z.enum(['hour', 'day']).default('day'),
});

export const overviewReply = z.object({
  data: z.object({
    buckets: z.array(bucket),
    cards: z.array(card).meta({
      description: 'spend, charge, requests, tokens, error_rate, ttft_p95, in this order',
    }),
    figures,
    previous_figures: figures,
  }),
  meta: figuresMeta,
});

const TAGS = ['Figures'];

const WHOSE = 'A member sees what was used under their own name, the operator everything.';

/** The figures behind every chart. */
export const FIGURES_API = {
  figures: call({
    method: 'GET',
    path: '/api/figures',
    who: 'member',
    summary: 'One figure over time, split by up to two groups',
    description: `${WHOSE} By the hour at most ${HOURLY_RANGE_MAX} hours, at most ${RANGE_MAX_DAYS} days in all. The largest series come first; a rate or a time is ranked by its requests.`,
    tags: TAGS,
    query: figuresQuery,
    status: 200,
    reply: figuresReply,
    failures: ['storage_unavailable'],
  }),
  overview: call({
    method: 'GET',
    path: '/api/overview',
    who: 'onlooker',
    summary: 'The cards of the dashboard',
    description: `${WHOSE} With \`DASHBOARD_PUBLIC\` anyone sees the totals of the installation, and can ask for nobody’s in particular.`,
    tags: TAGS,
    query: overviewQuery,
    status: 200,
    reply: overviewReply,
    failures: ['storage_unavailable'],
  }),
};
