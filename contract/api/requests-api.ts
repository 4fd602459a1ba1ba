import { z } from 'zod';
import { COST_SOURCES, OUTCOMES, PROVENANCES } from '../usage.ts';
import { call } from './call.ts';
import { count, decimalDollars, FORMATS, instant, pageQuery, pagination } from './fields.ts';
import { selection } from './figures-api.ts';

export const requestsQuery = z.strictObject({
  ...selection,
  outcome: z.enum(OUTCOMES).optional(),
  status: z.coerce.number().int().min(0).max(599).optional(),
  provenance: z.enum(PROVENANCES).optional(),
  failure: z.string().max(60).optional().meta({
    description: 'Code of a failure or refusal, such as `rate_limited`',
  }),
  q: z.string().max(100).optional().meta({
    description:
      'The id of a request or its beginning; else a piece of a model, endpoint, failure or of the provider’s own id. A whole id is found whatever the period.',
  }),
  ...pageQuery,
  format: z.enum(FORMATS).optional().meta({
    description: '`csv`, `json` or `jsonl`: all rows of the filter, as a file',
  }),
});

const name = z.object({ id: z.string(), label: z.string() });
const tokens = count.nullable();

export const usageRecord = z.object({
  id: z.string(),
  at: instant,
  user: name,
  key: name,
  provider: name.nullable().meta({ description: 'null where the request was not sent' }),
  provider_key: name.nullable(),
  endpoint: z.string(),
  model: z.string().nullable(),
  served_model: z.string().nullable(),
  service_tier: z.string().nullable().meta({
    description:
      'How it was served, in the provider’s words: `flex`, `priority`, `fast us`; null where as usual, or nobody said',
  }),
  streamed: z.boolean(),
  status: count.meta({ description: 'What the caller saw; 0 where nobody knows' }),
  outcome: z.enum(OUTCOMES),
  provenance: z.enum(PROVENANCES).meta({ description: 'Where the numbers come from' }),
  failure: z.string().nullable(),
  tokens_input: tokens,
  tokens_cached: tokens,
  tokens_cache_write: tokens,
  tokens_output: tokens,
  tokens_reasoning: tokens,
  cost_usd: decimalDollars.nullable().meta({ description: 'null: unpriced, which is not free' }),
  cost_source: z.enum(COST_SOURCES),
  charge_usd: decimalDollars.nullable().meta({ description: 'null: this caller is not charged' }),
  attempts: count,
  ttft_ms: count.nullable(),
  duration_ms: count,
});

export const requestPage = z.object({ data: z.array(usageRecord), pagination });

const rate = z.string().nullable();

const refusedBy = { rule: z.string(), scope: z.string().meta({ description: 'Whose rule it is' }) };
const reset = z.string().nullable().meta({ description: 'null where no clock decides it' });
const refusingRule = z.union([
  z.object({ ...refusedBy, counter: z.number(), limit: z.number(), asked: z.number(), reset }),
  z.object({
    ...refusedBy,
    balance: decimalDollars,
    held: decimalDollars,
    needed: decimalDollars,
    limit: decimalDollars.nullable(),
    reset,
  }),
  z.object({ ...refusedBy, asked: z.string().nullable(), allowed: z.array(z.string()) }),
]);

export const refusalStory = z.object({
  sentence: z.string().meta({ description: 'What the caller was told' }),
  rule: refusingRule.nullable().meta({ description: 'null where the sentence says all' }),
  raised_by: z.enum(['owner', 'operator']).nullable().meta({
    description: 'Who can change the rule: the owner of the key, or only the operator',
  }),
});

export const requestStory = usageRecord.extend({
  flawed: z.boolean().meta({
    description: 'The provider reported an impossible number, which was clamped',
  }),
  failure_sentence: z.string().nullable(),
  refusal: refusalStory.nullable().meta({ description: 'null for what was not refused' }),
  upstream_id: z.string().nullable(),
  plan: z.string().nullable().meta({ description: 'How the caller is charged: flat or cost' }),
  hold_usd: decimalDollars.nullable().meta({
    description: 'What was held before the request was sent',
  }),
  tokens_cache_write_5m: tokens,
  tokens_cache_write_1h: tokens,
  price: z
    .object({
      id: z.string(),
      source: z.string(),
      first_used_at: instant,
      is_believed: z.boolean().meta({
        description:
          'No price is known of the tier in which it was served; the dearest known one of its kind was taken, or else the list price',
      }),
      terms: z
        .array(
          z.object({
            of: z.string().meta({ description: 'input, cached input, output …' }),
            quantity: count,
            usd_per_million: rate,
            cost_usd: rate.meta({ description: 'Before rounding' }),
          }),
        )
        .meta({ description: 'The cost is their sum, rounded once at the end to nine decimals' }),
    })
    .nullable(),
  ledger_entries: z.array(
    z.object({
      id: z.string(),
      at: instant,
      account_id: z.string(),
      kind: z.string(),
      amount_usd: decimalDollars,
      reason: z.string().nullable(),
      period: z.string().nullable(),
    }),
  ),
});

const perMillion = decimalDollars.nullable().meta({ description: 'Dollars per million' });

/** `setting`: MODEL_PRICING_JSON; `free`: served by the operator's own machine, which nobody bills. */
export const PRICE_SOURCES = ['setting', 'catalogue', 'free'] as const;

/** Which models are meant: those that were used, those without a known price, or those whose price comes from there. */
export const MODEL_STATES = ['used', 'unpriced', ...PRICE_SOURCES] as const;

export const MODEL_ORDERS = [
  'id',
  'provider',
  'input',
  'cached',
  'output',
  'requests',
  'unpriced',
] as const;

export type ModelOrder = (typeof MODEL_ORDERS)[number];

const modelOrder = z.enum(MODEL_ORDERS.flatMap((order) => [order, `-${order}`]));

export const pricesQuery = z.strictObject({
  q: z.string().max(100).optional().meta({ description: 'A piece of a model’s id or name' }),
  state: z.enum(MODEL_STATES).optional(),
  start: selection.start,
  end: selection.end,
  sort: modelOrder.default('-requests').meta({
    description:
      'With a minus: the largest first. What is not known comes last either way; models of the same rank go by their ids.',
  }),
  format: z.enum(FORMATS).optional().meta({
    description: '`csv`, `json` or `jsonl`: the same models with their prices, as a file',
  }),
});

export const priceList = z.object({
  data: z.object({
    models: z.array(
      z.object({
        id: z.string(),
        name: z.string().nullable(),
        provider: z.string().nullable(),
        input_usd_per_mtok: perMillion,
        cached_input_usd_per_mtok: perMillion,
        output_usd_per_mtok: perMillion,
        source: z.enum(PRICE_SOURCES).nullable().meta({
          description: 'Who says the price; null: no price is known, which is not free',
        }),
        requests: count.meta({ description: 'Of the range, as far as the caller sees them' }),
        unpriced_requests: count.meta({ description: 'Of these, without a known price' }),
      }),
    ),
    prices: z.array(
      z.object({
        id: z.string(),
        source: z.string(),
        first_used_at: instant,
        input_usd_per_mtok: perMillion,
        cached_input_usd_per_mtok: perMillion,
        cache_write_5m_usd_per_mtok: perMillion,
        cache_write_1h_usd_per_mtok: perMillion,
        output_usd_per_mtok: perMillion,
        reasoning_usd_per_mtok: perMillion,
      }),
    ),
  }),
});

const TAGS = ['Requests'];

/** Single requests, and what they cost. */
export const REQUESTS_API = {
  list: call({
    method: 'GET',
    path: '/api/requests',
    who: 'member',
    summary: 'Usage records, the newest first',
    description:
      'A member sees their own. A page may hold fewer rows than its limit, even none, and have more behind it: rare rows are looked for page by page.',
    tags: TAGS,
    query: requestsQuery,
    status: 200,
    reply: requestPage,
    failures: ['storage_unavailable'],
  }),
  story: call({
    method: 'GET',
    path: '/api/requests/{id}',
    who: 'member',
    summary: 'All that is known of one request',
    tags: TAGS,
    params: z.object({ id: z.string().min(1).max(80) }),
    status: 200,
    reply: requestStory,
    failures: ['not_found', 'storage_unavailable'],
  }),
  prices: call({
    method: 'GET',
    path: '/api/prices',
    who: 'member',
    summary: 'Models that are served or were used, and prices that were charged with',
    tags: TAGS,
    query: pricesQuery,
    status: 200,
    reply: priceList,
    failures: ['storage_unavailable'],
  }),
};
