import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { VirtualKey, VirtualKeys } from '../accounts/accounts.ts';
import { Failure } from '../failure.ts';

/**
 * Who is asking, once that is known. The operator is whoever holds the admin token (`userId` null) or a signed-in
 * admin; what they add belongs to the installation. A member sees what carries their user's id and nothing else.
 */
export type Caller =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'operator'; readonly userId: string | null }
  | { readonly kind: 'member'; readonly userId: string }
  | { readonly kind: 'key holder'; readonly key: VirtualKey };

/** Tells who is asking. Credentials are read from headers only; one in the address is never looked at. */
export interface Callers {
  /**
   * Lets the operator pass: the admin token in `X-Admin-Token`, `X-API-Key` or `Authorization: Bearer`.
   *
   * @throws Failure `authentication_required` (none was sent) or `invalid_api_key` (another one)
   */
  operator(headers: IncomingHttpHeaders): Caller;
  /**
   * The virtual key in `Authorization: Bearer` or `x-api-key`.
   *
   * @throws Failure `missing_credential`, `conflicting_credentials` (two that differ) or `invalid_api_key`
   */
  keyHolder(headers: IncomingHttpHeaders): VirtualKey;
  /** A name for who is asking, if the credential is a good one; null for everybody else. Never throws. */
  nameOf(headers: IncomingHttpHeaders): string | null;
}

export interface CallersSettings {
  readonly adminToken: string;
}

export function createCallers(
  keys: Pick<VirtualKeys, 'authenticate'>,
  settings: CallersSettings,
): Callers {
  const adminDigest = digest(settings.adminToken);

  function isAdminToken(candidate: string): boolean {
    return timingSafeEqual(digest(candidate), adminDigest);
  }

  /** Another's verdict as a yes or no. */
  function passes(check: () => void): boolean {
    try {
      check();
      return true;
    } catch {
      // Why it was refused is told where it matters, by the call itself.
      return false;
    }
  }

  const callers: Callers = {
    nameOf(headers) {
      if (passes(() => callers.operator(headers))) return 'operator';
      let key: VirtualKey | null = null;
      passes(() => {
        key = callers.keyHolder(headers);
      });
      return (key as VirtualKey | null)?.id ?? null;
    },

    operator(headers) {
      const sent = [
        single(headers['x-admin-token']),
        single(headers['x-api-key']),
        bearerOf(headers.authorization),
      ].filter((value) => value !== undefined);
      if (sent.length === 0 && headers.authorization === undefined) {
        throw new Failure('authentication_required', {
          sentence:
            'This call is for the operator: send the admin token as "X-Admin-Token", "X-API-Key" or "Authorization: Bearer".',
        });
      }
      if (!sent.some(isAdminToken)) {
        throw new Failure('invalid_api_key', { sentence: 'The admin token is wrong.' });
      }
      return { kind: 'operator', userId: null };
    },

    keyHolder(headers) {
      const bearer = bearerOf(headers.authorization);
      const apiKey = single(headers['x-api-key']);
      if (bearer !== undefined && apiKey !== undefined && bearer !== apiKey) {
        throw new Failure('conflicting_credentials');
      }
      const token = bearer ?? apiKey;
      if (token === undefined) {
        // A scheme other than Bearer is a credential, only not one that we can take.
        throw new Failure(
          headers.authorization === undefined ? 'missing_credential' : 'invalid_api_key',
        );
      }
      const key = keys.authenticate(token);
      if (key === null) throw new Failure('invalid_api_key');
      return key;
    },
  };
  return callers;
}

/** Equal lengths are what `timingSafeEqual` needs, and a digest says nothing about the token's own length. */
function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

const BEARER = /^bearer +(\S+) *$/i;

function bearerOf(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
}

function single(value: string | readonly string[] | undefined): string | undefined {
  const text = typeof value === 'string' ? value.trim() : value?.join(',');
  return text === '' ? undefined : text;
}

/** The owner of what this caller adds: a user's id, or null for the installation. */
export function ownerOf(caller: Caller): string | null {
  if (caller.kind === 'member') return caller.userId;
  if (caller.kind === 'operator') return null;
  throw new Failure('internal', { detail: `a ${caller.kind} owns nothing` });
}

/** The virtual key that was sent, on a call for key holders. */
export function keyOf(caller: Caller): VirtualKey {
  if (caller.kind === 'key holder') return caller.key;
  throw new Failure('internal', { detail: `a ${caller.kind} sent no virtual key` });
}
