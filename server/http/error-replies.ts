import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { FailureCode, Refusal, RefusedModel, RefusedQuota } from '../../contract/failures.ts';
import { anthropicError, openaiError, type SpokenFailure } from '../../contract/openai-api.ts';
import { Failure, toFailure } from '../failure.ts';

/** By `import`, all that this module exports is looked up, and Node loads its whole own client for that: 75 ms of a start. */
const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** The part of the log that the edge writes to. */
export interface EdgeLog {
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** A field at fault, as a problem document names it. */
export interface FieldError {
  readonly field: string;
  readonly detail: string;
}

/** RFC 9457. `instance` is left out on purpose: the address of a call may hold a key. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: FailureCode;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
  readonly refusal?: Refusal | RefusedModel | RefusedQuota;
}

export function problemOf(
  failure: Failure,
  requestId: string,
  errors: readonly FieldError[] = [],
): ProblemDocument {
  const { status } = failure.kind;
  const { refusal } = failure.details;
  return {
    type: `urn:tollkeeper:failure:${failure.code}`,
    title: STATUS_CODES[status] ?? 'Failure',
    status,
    detail: failure.message,
    code: failure.code,
    request_id: requestId,
    ...(errors.length > 0 && { errors }),
    ...(refusal !== undefined && { refusal }),
  };
}

/** What a client of the chat, completions, responses and like APIs reads. */
export function chatErrorOf(failure: Failure) {
  return openaiError(spoken(failure, ''));
}

/** What a client of the messages API reads. */
export function messagesErrorOf(failure: Failure, requestId: string) {
  return anthropicError(spoken(failure, requestId));
}

function spoken(failure: Failure, requestId: string): SpokenFailure {
  const { code, message, details } = failure;
  const { refusal } = details;
  const said = { code, message, param: details.param ?? null, requestId };
  return refusal === undefined ? said : { ...said, metadata: refusal };
}

/** Clients ignore a wait longer than this and fall back to their own, so a longer one means: do not retry. */
const LONGEST_WAIT_MS = 60_000;

/** Headers that go with a failure on every surface; the names are those that the official clients read. */
export function failureHeaders(failure: Failure, requestId: string): Record<string, string> {
  const { retryAfterMs } = failure.details;
  const retryable = failure.kind.retryable && (retryAfterMs ?? 0) <= LONGEST_WAIT_MS;
  return {
    'x-request-id': requestId,
    'x-should-retry': String(retryable),
    'cache-control': 'no-store',
    ...(retryAfterMs !== undefined && {
      'retry-after': String(Math.ceil(retryAfterMs / 1000)),
      'retry-after-ms': String(Math.ceil(retryAfterMs)),
    }),
    ...(failure.kind.status === 401 && { 'www-authenticate': 'Bearer' }),
  };
}

export type ErrorShape = 'problem' | 'chat' | 'messages';

const MESSAGES_PATH = '/v1/messages';

/** Which of the three shapes a path speaks; the query does not matter. */
export function errorShapeOf(url: string): ErrorShape {
  if (!url.startsWith('/v1/')) return 'problem';
  const end = url.charAt(MESSAGES_PATH.length);
  const isMessages = url.startsWith(MESSAGES_PATH) && (end === '' || '/?#'.includes(end));
  return isMessages ? 'messages' : 'chat';
}

/** Any failure as status, headers and JSON text in the shape of the path. */
export function renderFailure(
  failure: Failure,
  to: { readonly url: string; readonly requestId: string; readonly errors?: readonly FieldError[] },
): { readonly status: number; readonly headers: Record<string, string>; readonly body: string } {
  const shape = errorShapeOf(to.url);
  const headers = failureHeaders(failure, to.requestId);
  headers['content-type'] = shape === 'problem' ? 'application/problem+json' : 'application/json';
  if (shape === 'messages') headers['request-id'] = to.requestId;
  const document =
    shape === 'problem'
      ? problemOf(failure, to.requestId, to.errors)
      : shape === 'chat'
        ? chatErrorOf(failure)
        : messagesErrorOf(failure, to.requestId);
  return { status: failure.kind.status, headers, body: JSON.stringify(document) };
}

/** Answers with the failure; a fault of ours goes to the log, with the route's pattern and never the address. */
export function sendFailure(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: EdgeLog,
): FastifyReply {
  const { failure, errors } = readThrown(thrown);
  if (failure.code === 'internal') {
    log.error(
      {
        request_id: request.id,
        method: request.method,
        route: request.routeOptions.url ?? null,
        detail: failure.details.detail,
        err: failure.cause,
      },
      'a request failed on our side',
    );
  }
  const { status, headers, body } = renderFailure(failure, {
    url: request.url,
    requestId: request.id,
    errors,
  });
  // A reply that was being prepared may have left a length or a type that is no longer true.
  reply.removeHeader('content-length');
  return reply.code(status).headers(headers).serializer(asItIs).send(body);
}

function asItIs(payload: unknown): string {
  return String(payload);
}

interface Read {
  readonly failure: Failure;
  readonly errors: readonly FieldError[];
}

/** What the framework throws, in words of the catalogue; its own messages may repeat what the caller sent. */
export function readThrown(thrown: unknown): Read {
  if (thrown instanceof Failure || !(thrown instanceof Error)) {
    const failure = toFailure(thrown);
    return { failure, errors: fieldAtFault(failure) };
  }
  const error = thrown as Partial<FastifyError> & Error;
  if (error.validation !== undefined) return readValidation(error.validation);
  return { failure: frameworkFailure(error), errors: [] };
}

/** What a schema cannot tell is found later, and is a field's fault all the same. */
function fieldAtFault({ code, message, details }: Failure): readonly FieldError[] {
  const { param = null } = details;
  return code === 'validation_failed' && param !== null ? [{ field: param, detail: message }] : [];
}

const SENTENCES_BY_FRAMEWORK_CODE: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not valid JSON.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is not as long as Content-Length says.',
  FST_ERR_BAD_URL: 'The address is not correctly percent-encoded.',
};

const CODES_BY_STATUS: Readonly<Record<number, FailureCode>> = {
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  414: 'not_found',
  415: 'unsupported_media_type',
};

function frameworkFailure(error: Partial<FastifyError> & Error): Failure {
  const status = error.statusCode;
  if (status === undefined || status < 400 || status > 499) return toFailure(error);
  const sentence = SENTENCES_BY_FRAMEWORK_CODE[error.code ?? ''];
  return new Failure(CODES_BY_STATUS[status] ?? 'invalid_request', {
    cause: error,
    ...(sentence !== undefined && { sentence }),
  });
}

/** Longer lists help nobody and would let a caller choose the size of our reply. */
const FIELD_ERRORS_MAX = 20;
const DETAIL_LETTERS_MAX = 300;

type Issue = NonNullable<FastifyError['validation']>[number];

/** A field that nobody knows is reported at what it stands in. */
function fieldOf({ keyword, instancePath, params }: Issue): string {
  const unknown = keyword === 'unrecognized_keys' ? [params['keys']].flat().slice(0, 1) : [];
  return [...instancePath.split('/').filter((part) => part !== ''), ...unknown].join('.');
}

function readValidation(issues: readonly Issue[]): Read {
  const errors = issues.slice(0, FIELD_ERRORS_MAX).map((issue) => ({
    field: fieldOf(issue).slice(0, DETAIL_LETTERS_MAX),
    detail: (issue.message ?? 'wrong value').slice(0, DETAIL_LETTERS_MAX),
  }));
  const [first] = errors;
  const where = first === undefined || first.field === '' ? '' : `${first.field}: `;
  const details =
    first === undefined
      ? {}
      : { sentence: `${where}${first.detail}`, ...(first.field !== '' && { param: first.field }) };
  return { failure: new Failure('validation_failed', details), errors };
}
