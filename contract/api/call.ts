import type { z } from 'zod';
import type { FailureCode } from '../failures.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may make a call. `key holder`: whoever sends a virtual key. `self-service`: anyone, but only on
 * an installation that switched self-service on. `signed in`: a person with a session, by cookie or access
 * token. `member`: a person about what is theirs, or the operator about everything. `reader`: as `member`,
 * and whoever sends an API token, about what its owner may see. `onlooker`: as `member`, and anyone about the
 * totals of the installation, where its dashboard is public. `scraper`: the operator, or whoever sends the token
 * that reads metrics and nothing else.
 */
export type Who =
  | 'anyone'
  | 'operator'
  | 'key holder'
  | 'self-service'
  | 'signed in'
  | 'member'
  | 'reader'
  | 'onlooker'
  | 'scraper';

/** What every call says about itself, whatever its types. */
export interface CallFacts {
  readonly method: Method;
  /** With parameters in braces: `/admin/keys/{key}/revoke`. */
  readonly path: string;
  readonly who: Who;
  /** A short name for a list: "Issue a key". */
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  /** Headers that a caller may send beside a credential, by name, and what each is for. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Media type of the request body where it is not JSON. */
  readonly consumes?: string;
  /** Media type of the reply where it is not JSON. */
  readonly produces?: string;
  /** Media types that the reply may have instead, by what is asked for: a stream, text for a scraper. */
  readonly alsoProduces?: readonly string[];
  readonly status: number;
  /** Other statuses that carry the same reply, such as 503 of a health check. */
  readonly otherStatuses?: readonly number[];
  /** Failures of this call beyond those that follow from `who` and from the presence of a body. */
  readonly failures?: readonly FailureCode[];
}

/** One call with the types of what goes in and what comes out. */
export interface Call<Params = unknown, Query = unknown, Body = unknown, Reply = unknown>
  extends CallFacts {
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly request?: z.ZodType<Body>;
  /** Absent where the reply is no JSON document of ours (a page, or a provider's own answer). */
  readonly reply?: z.ZodType<Reply>;
}

/** Declares a call; its only work is to infer the four types from the schemas. */
export function call<Params, Query, Body, Reply>(
  declared: Call<Params, Query, Body, Reply>,
): Call<Params, Query, Body, Reply> {
  return declared;
}
