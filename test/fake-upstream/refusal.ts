/** Errors in the shapes of the providers. */
import type { Plan } from './plan.ts';

interface Kind {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
  /** The type in the other family of error bodies. */
  readonly other: string;
}

const INVALID = 'invalid_request_error';

const KINDS: Readonly<Record<number, Kind>> = {
  400: { type: INVALID, code: null, message: 'The request is not valid.', other: INVALID },
  401: {
    type: INVALID,
    code: 'invalid_api_key',
    message: 'Incorrect API key provided.',
    other: 'authentication_error',
  },
  402: {
    type: 'insufficient_credits',
    code: 'insufficient_credits',
    message: 'Insufficient credits.',
    other: 'billing_error',
  },
  403: { type: INVALID, code: null, message: 'Not permitted.', other: 'permission_error' },
  404: {
    type: INVALID,
    code: 'model_not_found',
    message: 'The model does not exist.',
    other: 'not_found_error',
  },
  429: {
    type: 'requests',
    code: 'rate_limit_exceeded',
    message: 'Rate limit reached.',
    other: 'rate_limit_error',
  },
  503: {
    type: 'server_error',
    code: 'overloaded',
    message: 'The engine is overloaded.',
    other: 'overloaded_error',
  },
};

const SERVER_ERROR: Kind = {
  type: 'server_error',
  code: null,
  message: 'The server had an error.',
  other: 'api_error',
};

/** A redirect has no body. */
export function refusalBody({ id, seen, behaviour }: Plan, status: number): string {
  if (status < 400) return '';
  const kind = KINDS[status] ?? (status < 500 ? KINDS[400] : undefined) ?? SERVER_ERROR;
  const message = behaviour.message ?? kind.message;
  if (seen.route === 'messages' || seen.route === 'count-tokens') {
    const error = { type: kind.other, message };
    return JSON.stringify({ type: 'error', error, request_id: id });
  }
  const code = behaviour.code ?? kind.code;
  const type = code === 'insufficient_quota' ? 'insufficient_quota' : kind.type;
  return JSON.stringify({ error: { message, type, param: null, code } });
}
