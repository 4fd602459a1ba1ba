import { z } from 'zod';
import type { FailureCode } from '../failures.ts';
import { type Call, call, type Method } from './call.ts';
import { dollars, instant } from './fields.ts';

const GATEWAY_FAILURES: readonly FailureCode[] = [
  'insufficient_quota',
  'account_path_forbidden',
  'unmetered_path_forbidden',
  'model_forbidden',
  'unpriced_model',
  'not_found',
  'request_over_limit',
  'no_upstream',
  'no_upstream_for_dialect',
  'upstream_forbidden',
  'upstream_unreachable',
  'upstream_timeout',
  'upstream_reset',
  'upstream_unreadable',
  'upstream_redirect',
  'upstream_too_large',
  'storage_unavailable',
  'record_not_durable',
];

/** Only what we read is named; every other field goes on to the provider as it is. */
const anyModelCall = z.looseObject({ model: z.string() });

const chatRequest = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string() })),
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.int().nullish(),
  max_completion_tokens: z.int().nullish(),
});

const messagesRequest = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string() })),
  max_tokens: z.int(),
  stream: z.boolean().optional(),
});

const multipartWithModel = z.looseObject({
  model: z.string(),
  file: z.string().optional().meta({ description: 'The file, as a part of the form' }),
});

const ownKey = z.object({
  data: z.object({
    label: z.string().meta({ description: 'The beginning and the end of the key' }),
    name: z.string(),
    limit: dollars.nullable().meta({ description: 'The budget of the key; null: it has none' }),
    limit_remaining: dollars.nullable(),
    limit_reset: z.enum(['daily', 'weekly', 'monthly']).nullable(),
    usage: dollars,
    usage_daily: dollars,
    usage_weekly: dollars,
    usage_monthly: dollars,
    is_free_tier: z.literal(false),
    is_management_key: z.literal(false),
    created_at: instant,
    rate_limit: z.object({ requests: z.int(), interval: z.string(), note: z.string() }),
  }),
});

const ownCredits = z.object({
  data: z.object({ total_credits: dollars, total_usage: dollars }),
});

type ForwardedCall = Pick<Call, 'method' | 'path' | 'summary'> &
  Partial<
    Pick<
      Call,
      'description' | 'request' | 'params' | 'headers' | 'consumes' | 'produces' | 'alsoProduces'
    >
  >;

/** A call that is answered by a provider: its status and body come through as they are. */
function forwarded(declared: ForwardedCall): Call {
  return call({
    who: 'key holder',
    tags: ['Gateway'],
    status: 200,
    failures: GATEWAY_FAILURES,
    ...declared,
  });
}

/** About the caller: answered here, never by a provider. */
function own<Reply>(
  declared: Pick<Call, 'path' | 'summary' | 'description'> & { readonly reply: z.ZodType<Reply> },
): Call {
  return call({
    ...{ method: 'GET', who: 'key holder', tags: ['Gateway'], status: 200 },
    failures: ['storage_unavailable'],
    ...declared,
  });
}

const STREAMED = 'With "stream": true the answer is a stream of server-sent events.';
const CHARGED =
  'Whoever has a wallet gets `gateway_usage` with the answer: `tokens_charged`, `user_balance_after` and `user_api_key`.';
/** An event that is none of the provider's breaks clients that read each of them, so a stream has it on demand. */
const CHARGE_HEADER = {
  'X-Gateway-Usage': '"true": a stream ends with an event that holds `gateway_usage` alone',
};
const EVENTS = 'text/event-stream';

const EVERYTHING_ELSE: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The gateway: the model APIs of the providers, metered. */
export const GATEWAY_API: Readonly<Record<string, Call>> = {
  chatCompletions: forwarded({
    method: 'POST',
    path: '/v1/chat/completions',
    summary: 'Chat completion',
    description: `${STREAMED} ${CHARGED}`,
    headers: CHARGE_HEADER,
    request: chatRequest,
    alsoProduces: [EVENTS],
  }),
  completions: forwarded({
    method: 'POST',
    path: '/v1/completions',
    summary: 'Text completion',
    description: `${STREAMED} ${CHARGED}`,
    headers: CHARGE_HEADER,
    request: anyModelCall,
    alsoProduces: [EVENTS],
  }),
  responses: forwarded({
    method: 'POST',
    path: '/v1/responses',
    summary: 'Model response',
    description: `${STREAMED} ${CHARGED}`,
    headers: CHARGE_HEADER,
    request: anyModelCall,
    alsoProduces: [EVENTS],
  }),
  messages: forwarded({
    method: 'POST',
    path: '/v1/messages',
    summary: 'Messages',
    description: `Served by a provider that speaks this API; errors have its shape too. ${STREAMED} ${CHARGED}`,
    headers: CHARGE_HEADER,
    request: messagesRequest,
    alsoProduces: [EVENTS],
  }),
  countTokens: forwarded({
    method: 'POST',
    path: '/v1/messages/count_tokens',
    summary: 'Count the tokens of messages (free)',
    request: anyModelCall,
  }),
  embeddings: forwarded({
    method: 'POST',
    path: '/v1/embeddings',
    summary: 'Embeddings',
    request: anyModelCall,
  }),
  imageGenerations: forwarded({
    method: 'POST',
    path: '/v1/images/generations',
    summary: 'Make images',
    request: z.looseObject({ prompt: z.string(), model: z.string().optional() }),
    alsoProduces: [EVENTS],
  }),
  imageEdits: forwarded({
    method: 'POST',
    path: '/v1/images/edits',
    summary: 'Edit images',
    request: multipartWithModel,
    consumes: 'multipart/form-data',
    alsoProduces: [EVENTS],
  }),
  speech: forwarded({
    method: 'POST',
    path: '/v1/audio/speech',
    summary: 'Text to speech',
    request: anyModelCall,
    produces: 'audio/*',
    alsoProduces: [EVENTS],
  }),
  transcriptions: forwarded({
    method: 'POST',
    path: '/v1/audio/transcriptions',
    summary: 'Speech to text',
    request: multipartWithModel,
    consumes: 'multipart/form-data',
    alsoProduces: ['text/plain', EVENTS],
  }),
  translations: forwarded({
    method: 'POST',
    path: '/v1/audio/translations',
    summary: 'Speech to English text',
    request: multipartWithModel,
    consumes: 'multipart/form-data',
    alsoProduces: ['text/plain'],
  }),
  moderations: forwarded({
    method: 'POST',
    path: '/v1/moderations',
    summary: 'Moderation',
    request: z.looseObject({ model: z.string().optional() }),
  }),
  rerank: forwarded({
    method: 'POST',
    path: '/v1/rerank',
    summary: 'Rerank documents',
    request: anyModelCall,
  }),
  models: forwarded({
    method: 'GET',
    path: '/v1/models',
    summary: 'Models of all configured providers (free)',
  }),
  ownKey: own({
    path: '/v1/key',
    summary: 'The key that was sent: its budget and what it used',
    description:
      'In the shape that providers answer it. Used is what was charged, or the cost of the provider where nothing was.',
    reply: ownKey,
  }),
  ownCredits: own({
    path: '/v1/credits',
    summary: 'What the caller was given and used',
    description:
      'In the shape that providers answer it: the difference of the two is the balance of the wallet.',
    reply: ownCredits,
  }),
  ...Object.fromEntries(
    EVERYTHING_ELSE.map((method) => [`other ${method}`, everythingElse(method)]),
  ),
};

function everythingElse(method: Method): Call {
  return forwarded({
    method,
    path: '/v1/{path}',
    summary: 'Any other path of the provider',
    description:
      'The path may have several segments; method, query and body go on as they are. ' +
      'What cannot be metered is only for keys that may use it; account endpoints of the provider, ' +
      'and those that issue credentials, are never forwarded.',
    params: z.object({ path: z.string() }),
    produces: '*/*',
  });
}
