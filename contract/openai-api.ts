/** What we say ourselves on the surfaces that speak OpenAI's and Anthropic's languages. */
import { FAILURES, type FailureCode } from './failures.ts';

export interface SpokenFailure {
  readonly code: FailureCode;
  readonly message: string;
  readonly param: string | null;
  readonly requestId: string;
  /** Why a limit, wallet or budget refused, in figures. */
  readonly metadata?: object;
}

/** `{"error":{"message","type","param","code"}}`; the official clients need all four. A refusal adds `metadata`. */
export function openaiError(failure: SpokenFailure) {
  const { code, message, param, metadata } = failure;
  const type = openaiType(FAILURES[code].status);
  return { error: { message, type, param, code, ...(metadata && { metadata }) } };
}

function openaiType(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 402) return 'insufficient_quota';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'api_error' : 'invalid_request_error';
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
};

/** `{"type":"error","error":{"type","message"},"request_id"}` */
export function anthropicError(failure: SpokenFailure) {
  const { status } = FAILURES[failure.code];
  const type = ANTHROPIC_TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
  return {
    type: 'error',
    error: { type, message: failure.message },
    request_id: failure.requestId,
  };
}
