/** Makes the OpenAPI 3.1 document from the contract's tables; no route is described anywhere else. */
import { z } from 'zod';
import type { Call, Who } from '../../contract/api/call.ts';
import { FAILURES, type FailureCode } from '../../contract/failures.ts';
import { errorShapeOf } from './error-replies.ts';

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
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
        metadata: { $ref: '#/components/schemas/refusal' },
      },
      ['message', 'type', 'param', 'code'],
    ),
  }),
  /** A rate limit counts, a wallet or budget holds dollars. */
  refusal: objectOf(
    {
      rule: TEXT,
      scope: { type: 'string', enum: ['key', 'user', 'installation'] },
      counter: { type: 'integer' },
      asked: { type: 'integer' },
      balance: TEXT,
      held: TEXT,
      needed: TEXT,
      limit: { type: ['integer', 'string', 'null'] },
      reset: { type: ['string', 'null'], format: 'date-time' },
    },
    ['rule', 'scope', 'limit', 'reset'],
  ),
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
    parameters: [...parametersOf(call.params, 'path'), ...parametersOf(call.query, 'query')],
    ...(call.request && {
      requestBody: {
        required: true,
        content: {
          [call.consumes ?? 'application/json']: { schema: schemaOf(call.request, 'input') },
        },
      },
    }),
    responses: { ...successesOf(call), ...failuresOf(call) },
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

function successesOf(call: Call): Json {
  const schema = call.reply === undefined ? {} : { schema: schemaOf(call.reply, 'output') };
  const content = { [call.produces ?? 'application/json']: schema };
  const statuses = [call.status, ...(call.otherStatuses ?? [])];
  return Object.fromEntries(
    statuses.map((status) => [status, { description: call.summary, content }]),
  );
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

function failureCodesOf(call: Call): readonly FailureCode[] {
  // A forwarded body is judged by its provider; only its size and its being JSON are ours to judge.
  const isForwarded = call.path.startsWith('/v1/');
  const ofBody: readonly FailureCode[] =
    call.request === undefined
      ? []
      : isForwarded
        ? ['invalid_request', 'body_too_large']
        : ['invalid_request', 'body_too_large', 'unsupported_media_type'];
  const isValidated = !isForwarded && (call.request ?? call.query ?? call.params) !== undefined;
  return [
    ...FAILURES_BY_WHO[call.who],
    ...ofBody,
    ...(isValidated ? (['validation_failed'] as const) : []),
    ...(call.failures ?? []),
    'internal',
  ];
}

function failuresOf(call: Call): Json {
  const shape = errorShapeOf(call.path);
  const schema = { $ref: `#/components/schemas/${shape}` };
  const mediaType = shape === 'problem' ? 'application/problem+json' : 'application/json';
  const taken = [call.status, ...(call.otherStatuses ?? [])];
  const sentences = new Map<number, string[]>();
  for (const code of failureCodesOf(call)) {
    const { status, sentence } = FAILURES[code];
    const line = `\`${code}\`: ${sentence}`;
    if (!taken.includes(status)) sentences.set(status, [...(sentences.get(status) ?? []), line]);
  }
  return Object.fromEntries(
    [...sentences].map(([status, lines]) => [
      status,
      { description: lines.join('\n\n'), content: { [mediaType]: { schema } } },
    ]),
  );
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
