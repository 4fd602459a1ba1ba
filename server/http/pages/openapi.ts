/** Makes the OpenAPI 3.1 document from the contract's tables; no route is described anywhere else. */
import { z } from 'zod';
import type { Call, Who } from '../../../contract/api/call.ts';
import { FAILURES, type FailureCode } from '../../../contract/failures.ts';
import { errorShapeOf } from '../error-replies.ts';

type Json = { [key: string]: unknown };

export interface OpenApiDocument extends Json {
  readonly openapi: '3.1.0';
  readonly paths: { readonly [path: string]: { readonly [method: string]: Json } };
}

export function openApiDocument(calls: readonly Call[], version: string): OpenApiDocument {
  const paths: { [path: string]: { [method: string]: Json } } = {};
  for (const call of calls) {
    const operations = paths[call.path] ?? {};
    operations[call.method.toLowerCase()] = operationOf(call);
    paths[call.path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tollkeeper',
      version,
      description: 'A gateway that meters, prices and charges every model request.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(calls.flatMap((call) => call.tags))].map((name) => ({ name })),
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: ERROR_SCHEMAS },
  };
}

const SECURITY_SCHEMES = {
  adminToken: { type: 'apiKey', in: 'header', name: 'X-Admin-Token' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  bearer: { type: 'http', scheme: 'bearer' },
  /** Over TLS its name begins with `__Host-`. */
  session: { type: 'apiKey', in: 'cookie', name: 'tollkeeper' },
};

const SECURITY: Readonly<Record<Who, readonly Json[]>> = {
  anyone: [],
  'self-service': [],
  operator: [{ adminToken: [] }, { apiKey: [] }, { bearer: [] }, { session: [] }],
  'key holder': [{ bearer: [] }, { apiKey: [] }],
  'signed in': [{ bearer: [] }, { session: [] }],
  member: [{ bearer: [] }, { adminToken: [] }, { apiKey: [] }, { session: [] }],
  reader: [{ bearer: [] }, { adminToken: [] }, { apiKey: [] }, { session: [] }],
  onlooker: [{}, { bearer: [] }, { adminToken: [] }, { apiKey: [] }, { session: [] }],
  scraper: [{ adminToken: [] }, { apiKey: [] }, { bearer: [] }, { session: [] }],
};

const TEXT = { type: 'string' };
const TEXT_OR_NULL = { type: ['string', 'null'] };
const MOMENT_OR_NULL = { ...TEXT_OR_NULL, format: 'date-time' };

function objectOf(properties: Json, required: readonly string[] = Object.keys(properties)): Json {
  return { type: 'object', properties, required };
}

const ERROR_SCHEMAS = {
  problem: objectOf(
    {
      type: TEXT,
      title: TEXT,
      status: { type: 'integer' },
      detail: TEXT,
      code: { type: 'string', enum: Object.keys(FAILURES) },
      request_id: TEXT,
      errors: { type: 'array', items: objectOf({ field: TEXT, detail: TEXT }) },
      refusal: { $ref: '#/components/schemas/refusal' },
    },
    ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  ),
  chat: objectOf({
    error: objectOf(
      {
        message: TEXT,
        type: TEXT,
        param: TEXT_OR_NULL,
        code: TEXT_OR_NULL,
        metadata: { $ref: '#/components/schemas/refusal' },
      },
      ['message', 'type', 'param', 'code'],
    ),
  }),
  /** A rate limit counts, a wallet or budget holds dollars, and a key may be bound to models. */
  refusal: {
    anyOf: [
      objectOf({
        rule: TEXT,
        scope: { type: 'string', enum: ['key', 'user'] },
        counter: { type: 'integer' },
        limit: { type: 'integer' },
        asked: { type: 'integer' },
        reset: MOMENT_OR_NULL,
      }),
      objectOf({
        rule: TEXT,
        scope: { type: 'string', enum: ['key', 'user', 'installation'] },
        balance: TEXT,
        held: TEXT,
        needed: TEXT,
        limit: TEXT_OR_NULL,
        reset: MOMENT_OR_NULL,
      }),
      objectOf({
        rule: { const: 'models' },
        scope: { const: 'key' },
        asked: TEXT_OR_NULL,
        allowed: { type: 'array', items: TEXT },
      }),
    ],
  },
  messages: objectOf({
    type: { const: 'error' },
    error: objectOf({ type: TEXT, message: TEXT }),
    request_id: TEXT,
  }),
};

function operationOf(call: Call): Json {
  return {
    operationId: operationId(call),
    summary: call.summary,
    ...(call.description !== undefined && { description: call.description }),
    tags: call.tags,
    security: SECURITY[call.who],
    parameters: [
      ...parametersOf(call.params, 'path'),
      ...parametersOf(call.query, 'query'),
      ...Object.entries(call.headers ?? {}).map(([name, description]) => ({
        ...{ name, in: 'header', required: false, description, schema: TEXT },
      })),
    ],
    ...(call.request && {
      requestBody: {
        required: !call.request.safeParse(undefined).success,
        content: {
          [call.consumes ?? 'application/json']: { schema: schemaOf(call.request, 'input') },
        },
      },
    }),
    responses: responsesOf(call),
  };
}

/** `POST /admin/keys/{key}/revoke` becomes `post_admin_keys_key_revoke`. */
function operationId(call: Call): string {
  const words = call.path.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '');
  return [call.method.toLowerCase(), ...words].join('_');
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: { [name: string]: Json };
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

/** What is said of a status, with the bodies that it may come with, by media type. */
interface Answer {
  readonly sentences: string[];
  readonly content: { [mediaType: string]: Json };
}

function responsesOf(call: Call): Json {
  const answers = new Map<number, Answer>();
  const told = (status: number, sentence: string, content: Json): void => {
    const answer = answers.get(status) ?? { sentences: [], content: {} };
    answer.sentences.push(sentence);
    Object.assign(answer.content, content);
    answers.set(status, answer);
  };
  for (const status of [call.status, ...(call.otherStatuses ?? [])]) {
    told(status, call.summary, status === NO_CONTENT ? {} : contentOf(call));
  }
  for (const code of failureCodesOf(call)) {
    const { status, sentence } = FAILURES[code];
    told(status, `\`${code}\`: ${sentence}`, failureContentOf(call));
  }
  const responses = [...answers].map(([status, { sentences, content }]) => {
    const description = sentences.join('\n\n');
    return [status, Object.keys(content).length === 0 ? { description } : { description, content }];
  });
  return { ...Object.fromEntries(responses), ...(isForwarded(call) && PASSED_ON) };
}

const NO_CONTENT = 204;

/** What a provider refuses is told in its own words, whatever they are. */
const PASSED_ON = {
  default: {
    description: 'Any other answer of the provider, as it is.',
    content: { '*/*': {} },
  },
};

/** What we answer ourselves has a shape that is known. */
function isForwarded({ path, reply }: Call): boolean {
  return path.startsWith('/v1/') && reply === undefined;
}

function contentOf(call: Call): Json {
  const schema = call.reply === undefined ? undefined : schemaOf(call.reply, 'output');
  const others = call.alsoProduces?.map((mediaType) => [mediaType, {}]) ?? [];
  const isExported = parametersOf(call.query, 'query').some(({ name }) => name === 'format');
  return {
    [call.produces ?? 'application/json']:
      schema === undefined ? {} : { schema: isExported ? { anyOf: [schema, ROWS] } : schema },
    ...Object.fromEntries(others),
    ...(isExported && { 'text/csv': { schema: TEXT }, 'application/jsonl': { schema: TEXT } }),
  };
}

/** A file with `format=json`. */
const ROWS = { type: 'array', items: { type: 'object' } };

function failureContentOf({ path }: Call): Json {
  const shape = errorShapeOf(path);
  const mediaType = shape === 'problem' ? 'application/problem+json' : 'application/json';
  return { [mediaType]: { schema: { $ref: `#/components/schemas/${shape}` } } };
}

const REFUSED: readonly FailureCode[] = [
  'authentication_required',
  'conflicting_credentials',
  'forbidden',
  'invalid_api_key',
];

const FAILURES_BY_WHO: Readonly<Record<Who, readonly FailureCode[]>> = {
  anyone: [],
  'self-service': ['switched_off'],
  operator: REFUSED,
  'key holder': ['conflicting_credentials', 'invalid_api_key', 'missing_credential'],
  'signed in': REFUSED,
  member: REFUSED,
  reader: REFUSED,
  onlooker: REFUSED,
  scraper: REFUSED,
};

/** How a request can be wrong before anybody reads what it says. */
function unreadableOf(call: Call): readonly FailureCode[] {
  // A forwarded body is judged by its provider; only its size and its being JSON are ours to judge.
  if (isForwarded(call)) {
    return call.request === undefined ? [] : ['invalid_request', 'body_too_large'];
  }
  // A body is looked at wherever one may come, also where none is wanted; so is whose page it came from.
  if (call.method !== 'GET') {
    return ['invalid_request', 'cross_site_request', 'body_too_large', 'unsupported_media_type'];
  }
  return call.params === undefined ? [] : ['invalid_request'];
}

function failureCodesOf(call: Call): readonly FailureCode[] {
  const isValidated =
    !isForwarded(call) && (call.request ?? call.query ?? call.params) !== undefined;
  return [
    ...FAILURES_BY_WHO[call.who],
    ...unreadableOf(call),
    ...(isValidated ? (['validation_failed'] as const) : []),
    ...(call.failures ?? []),
    'rate_limited',
    'internal',
    'shutting_down',
  ];
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => simplify(jsonSchema),
  });
  return rest;
}

/** Takes out what is true but only noise to a reader: the bounds of a safe integer, the pattern of a date. */
function simplify(schema: Json): void {
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  if (schema['format'] === 'date-time' || schema['format'] === 'date') delete schema['pattern'];
}
