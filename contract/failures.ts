/**
 * Every way in which a call can fail, once: its HTTP status, whether the same call may succeed later,
 * and the sentence that the caller reads. Codes are stable and never reused.
 */
export interface FailureKind {
  readonly status: number;
  readonly retryable: boolean;
  readonly sentence: string;
}

export const FAILURES = {
  invalid_request: {
    status: 400,
    retryable: false,
    sentence: 'The request is malformed.',
  },
  invalid_api_key: {
    status: 401,
    retryable: false,
    sentence: 'The API key is unknown, revoked or expired.',
  },
  authentication_required: {
    status: 401,
    retryable: false,
    sentence: 'This call needs a credential.',
  },
  invalid_credentials: {
    status: 401,
    retryable: false,
    sentence: 'The e-mail address or the password is wrong.',
  },
  conflicting_credentials: {
    status: 400,
    retryable: false,
    sentence: 'The request carries two different credentials; send one.',
  },
  missing_credential: {
    status: 422,
    retryable: false,
    sentence: 'Send your key as "Authorization: Bearer <key>" or "x-api-key: <key>".',
  },
  insufficient_quota: {
    status: 402,
    retryable: false,
    sentence: 'There is not enough credit or budget left for this request.',
  },
  forbidden: {
    status: 403,
    retryable: false,
    sentence: 'You may not do this.',
  },
  cross_site_request: {
    status: 403,
    retryable: false,
    sentence: 'This request came from another site, where your session does not count.',
  },
  account_path_forbidden: {
    status: 403,
    retryable: false,
    sentence:
      "The provider's account endpoints, and those that issue credentials, are never forwarded.",
  },
  unmetered_path_forbidden: {
    status: 403,
    retryable: false,
    sentence: 'This key may not use endpoints whose use cannot be metered.',
  },
  model_forbidden: {
    status: 403,
    retryable: false,
    sentence: 'This key may not use this model.',
  },
  unpriced_model: {
    status: 403,
    retryable: false,
    sentence:
      'This model has no price here, so it cannot be charged. Ask the operator for a price (MODEL_PRICING_JSON).',
  },
  switched_off: {
    status: 403,
    retryable: false,
    sentence: 'This function is switched off on this installation.',
  },
  not_found: {
    status: 404,
    retryable: false,
    sentence: 'There is nothing here.',
  },
  method_not_allowed: {
    status: 405,
    retryable: false,
    sentence: 'This path does not take this method.',
  },
  conflict: {
    status: 409,
    retryable: false,
    sentence: 'This conflicts with what is already there.',
  },
  hold_conflict: {
    status: 409,
    retryable: false,
    sentence: 'A request of this id has already held or charged another amount.',
  },
  body_too_large: {
    status: 413,
    retryable: false,
    sentence: 'The request body is larger than this installation accepts.',
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    sentence: 'Send the body as application/json.',
  },
  validation_failed: {
    status: 422,
    retryable: false,
    sentence: 'A field is missing or has a wrong value.',
  },
  idempotency_conflict: {
    status: 422,
    retryable: false,
    sentence: 'This idempotency key was used before, for something else.',
  },
  rate_limited: {
    status: 429,
    retryable: true,
    sentence: 'A rate limit is used up. Wait as long as the headers of this answer say.',
  },
  request_over_limit: {
    status: 429,
    retryable: false,
    sentence: 'This request alone needs more than a rate limit ever allows.',
  },
  internal: {
    status: 500,
    retryable: true,
    sentence: 'Something broke on our side. The request id helps to find it.',
  },
  secret_unreadable: {
    status: 500,
    retryable: false,
    sentence:
      'The stored secret cannot be opened: it was changed outside of this product, or is damaged. Store it again.',
  },
  no_upstream: {
    status: 503,
    retryable: false,
    sentence:
      'No provider is configured. Store a provider key that routes, or set OPENROUTER_API_KEY, OPENAI_API_KEY or UPSTREAM_API_KEY and restart.',
  },
  no_upstream_for_dialect: {
    status: 503,
    retryable: false,
    sentence: 'No configured provider speaks the API of this path.',
  },
  upstream_forbidden: {
    status: 503,
    retryable: false,
    sentence:
      'The address of this provider leads to a private network, so it is not called (ALLOW_PRIVATE_HOSTS).',
  },
  upstream_unreachable: {
    status: 503,
    retryable: true,
    sentence: 'The provider cannot be reached.',
  },
  upstream_timeout: {
    status: 503,
    retryable: true,
    sentence: 'The provider did not answer in time.',
  },
  upstream_reset: {
    status: 503,
    retryable: true,
    sentence: 'The provider broke the connection before its answer was complete.',
  },
  upstream_unreadable: {
    status: 503,
    retryable: true,
    sentence: 'The provider answered something that cannot be read.',
  },
  upstream_redirect: {
    status: 503,
    retryable: false,
    sentence: 'The provider answered with a redirect; redirects are never followed.',
  },
  upstream_too_large: {
    status: 503,
    retryable: false,
    sentence: "The provider's answer is larger than this installation accepts.",
  },
  storage_unavailable: {
    status: 503,
    retryable: true,
    sentence: 'The database cannot take the record of this request now; nothing was sent on.',
  },
  record_not_durable: {
    status: 503,
    retryable: false,
    sentence: 'The answer arrived, but its record could not be stored in time.',
  },
  shutting_down: {
    status: 503,
    retryable: true,
    sentence: 'The server is shutting down.',
  },
  overloaded: {
    status: 503,
    retryable: true,
    sentence: 'Too much is in flight. Try again shortly.',
  },
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURES;

/** The wallet or budget that refused a request, as callers read it; amounts are decimals in dollars. */
export interface RefusedQuota {
  /** `wallet` or `budget`. */
  readonly rule: string;
  /** Whom it limits: `user`, `key` or `installation`. */
  readonly scope: string;
  /** What is left of it, what open requests hold of that, and what was needed. */
  readonly balance: string;
  readonly held: string;
  readonly needed: string;
  /** Of a budget; null for a wallet. */
  readonly limit: string | null;
  /** When the budget begins anew, RFC 3339 in UTC; null if it never does. */
  readonly reset: string | null;
}

/** A key that may use certain models only was asked for another. */
export interface RefusedModel {
  readonly rule: 'models';
  readonly scope: 'key';
  /** What was asked for; null where the request names none. */
  readonly asked: string | null;
  /** What the key may use: exact names, and beginnings that end with `*`. */
  readonly allowed: readonly string[];
}

/** Which rule refused a request, and where its counter stood. */
export interface Refusal {
  /** The rule by its name in the settings of a key or user: `tokens_per_minute`. */
  readonly rule: string;
  /** Whose rule it is: `key` or `user`. */
  readonly scope: string;
  /** What is used of the limit, in the unit of the rule. */
  readonly counter: number;
  readonly limit: number;
  /** What the request would have added. */
  readonly asked: number;
  /** When the counter begins again, RFC 3339 in UTC; null where no clock decides it. */
  readonly reset: string | null;
}
