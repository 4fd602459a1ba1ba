/** Who is asking. Credentials are read from headers and cookies only; one in the address is never looked at. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Accounts, ApiToken, Session, User, VirtualKey } from '../accounts/accounts.ts';
import { Failure } from '../failure.ts';
import { type AccessTokens, looksLikeAccessToken } from './access-tokens.ts';
import type { Arrival, SessionCookie } from './session-cookie.ts';

/**
 * Who is asking, once that is known. The operator is whoever holds the admin token (`userId` null) or a signed-in
 * admin; what they add belongs to the installation. A member sees what carries their user's id and nothing else.
 * Whoever is signed in has a session.
 */
export type Caller =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'operator'; readonly userId: string | null; readonly session?: Session }
  | { readonly kind: 'member'; readonly userId: string; readonly session?: Session }
  | { readonly kind: 'key holder'; readonly key: VirtualKey };

/** What the credentials of a request say, before anybody asks whether that is enough. */
export type Identity =
  | { readonly kind: 'nobody' }
  /** Something was sent, and it opens nothing. */
  | { readonly kind: 'stranger' }
  /** Two credentials that differ. */
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'admin token' }
  | { readonly kind: 'metrics token' }
  | { readonly kind: 'person'; readonly user: User; readonly session: Session }
  | { readonly kind: 'key holder'; readonly key: VirtualKey }
  /** `user` is null for a token of the installation. */
  | { readonly kind: 'api token'; readonly token: ApiToken; readonly user: User | null };

/**
 * The guards throw a Failure: `authentication_required` where nothing was sent, `invalid_api_key` for what opens
 * nothing here, `conflicting_credentials` for two that differ, `forbidden` for a good one that is not enough.
 */
export interface Callers {
  identify(request: Arrival): Promise<Identity>;
  /** The admin token in any of three headers, or a signed-in admin. */
  operator(request: Arrival): Promise<Caller>;
  /** Somebody with a session, by cookie or access token. */
  signedIn(request: Arrival): Promise<Caller>;
  /** A person about what is theirs, or the operator about everything. */
  member(request: Arrival): Promise<Caller>;
  /** As {@link Callers.member}, and whoever sends an API token. */
  reader(request: Arrival): Promise<Caller>;
  /** As {@link Callers.member}, and nobody in particular where the dashboard is public. */
  onlooker(request: Arrival): Promise<Caller>;
  /** As {@link Callers.operator}, and whoever sends the token for metrics. */
  scraper(request: Arrival): Promise<Caller>;
  /**
   * The virtual key in `Authorization: Bearer` or `x-api-key`, else in `api-key`, as Azure's clients send it.
   *
   * @throws Failure `missing_credential`, `conflicting_credentials` (two that differ) or `invalid_api_key`
   */
  keyHolder(headers: IncomingHttpHeaders): VirtualKey;
  /** The key that these headers opened a while ago, as it is by now. @throws as {@link Callers.keyHolder} */
  renewed(key: VirtualKey, headers: IncomingHttpHeaders): VirtualKey;
}

export interface CallersSettings {
  readonly adminToken: string;
  /** Opens the metrics and nothing else; null: only the operator reads them. */
  readonly metricsToken: string | null;
  /** Whether anyone may read the totals of the dashboard. */
  readonly publicDashboard: boolean;
  /** Whether a session counts whose owner only said a name. */
  readonly intranetLogin: boolean;
}

export interface CallersDeps {
  readonly accounts: Pick<Accounts, 'people' | 'sessions' | 'tokens'> & {
    readonly keys: Pick<Accounts['keys'], 'authenticate' | 'isUnchanged'>;
  };
  readonly accessTokens: Pick<AccessTokens, 'sessionIdOf'>;
  readonly cookie: Pick<SessionCookie, 'read' | 'readName'>;
}

export function createCallers(deps: CallersDeps, settings: CallersSettings): Callers {
  const identify = identifier(deps, settings);
  const { keys } = deps.accounts;

  async function operator(request: Arrival): Promise<Caller> {
    const identity = await identify(request);
    const caller = callerOf(identity);
    if (caller?.kind === 'operator') return caller;
    if (caller?.kind === 'member') {
      throw new Failure('forbidden', { sentence: 'This call is for the operator.' });
    }
    throw refusal(identity, {
      nobody:
        'This call is for the operator: send the admin token as "X-Admin-Token", "X-API-Key" or "Authorization: Bearer", or sign in as an admin.',
      stranger: 'The admin token is wrong.',
    });
  }

  async function member(request: Arrival): Promise<Caller> {
    const identity = await identify(request);
    const caller = callerOf(identity);
    if (caller === null) throw refusal(identity, SIGN_IN);
    return caller;
  }

  return {
    identify,
    operator,
    member,

    async signedIn(request) {
      const identity = await identify(request);
      const caller = identity.kind === 'person' ? callerOf(identity) : null;
      if (caller !== null) return caller;
      if (identity.kind === 'admin token') {
        const sentence = 'This call is about a person, which the admin token is not: sign in.';
        throw new Failure('forbidden', { sentence });
      }
      throw refusal(identity, SIGN_IN);
    },

    async reader(request) {
      const identity = await identify(request);
      const caller = identity.kind === 'api token' ? readerOf(identity.user) : callerOf(identity);
      if (caller === null) throw refusal(identity, SIGN_IN);
      return caller;
    },

    async onlooker(request) {
      const isNobody = (await identify(request)).kind === 'nobody';
      return settings.publicDashboard && isNobody ? NOBODY : await member(request);
    },

    async scraper(request) {
      const isScraper = (await identify(request)).kind === 'metrics token';
      return isScraper ? NOBODY : await operator(request);
    },

    keyHolder: (headers) => keyHolderIn(headers, keys),
    renewed: (key, headers) => (keys.isUnchanged(key) ? key : keyHolderIn(headers, keys)),
  };
}

function keyHolderIn(
  headers: IncomingHttpHeaders,
  keys: CallersDeps['accounts']['keys'],
): VirtualKey {
  const bearer = bearerOf(headers.authorization);
  const apiKey = single(headers['x-api-key']);
  if (bearer !== undefined && apiKey !== undefined && bearer !== apiKey) {
    throw new Failure('conflicting_credentials');
  }
  const token = bearer ?? apiKey ?? single(headers['api-key']);
  if (token === undefined) {
    // A scheme other than Bearer is a credential, only not one that we can take.
    throw single(headers.authorization) === undefined
      ? new Failure('missing_credential')
      : new Failure('invalid_api_key', NO_BEARER);
  }
  const key = keys.authenticate(token);
  if (key === null) throw new Failure('invalid_api_key');
  return key;
}

const NO_BEARER = {
  sentence: 'The Authorization header holds no key. Send it as "Authorization: Bearer <key>".',
};

/** Whose name no call needs to know. */
export const NOBODY: Caller = { kind: 'nobody' };

function identifier(deps: CallersDeps, settings: CallersSettings): Callers['identify'] {
  const { keys, sessions, people, tokens } = deps.accounts;
  const adminDigest = digest(settings.adminToken);
  const metricsDigest = settings.metricsToken === null ? null : digest(settings.metricsToken);
  /** Several steps ask about one request, and the answer is the same. */
  const known = new WeakMap<Arrival, Promise<Identity>>();

  function personBehind(session: Session | null): Identity | null {
    const user = session === null ? null : people.find(session.userId);
    if (session === null || user === null) return null;
    if (session.kind === 'intranet' && !settings.intranetLogin) return null;
    sessions.seen(session);
    return { kind: 'person', user, session };
  }

  async function ofCredential(credential: string): Promise<Identity> {
    const given = digest(credential);
    if (timingSafeEqual(given, adminDigest)) return { kind: 'admin token' };
    if (metricsDigest !== null && timingSafeEqual(given, metricsDigest)) {
      return { kind: 'metrics token' };
    }
    if (looksLikeAccessToken(credential)) {
      const id = await deps.accessTokens.sessionIdOf(credential);
      return personBehind(id === null ? null : sessions.find(id)) ?? { kind: 'stranger' };
    }
    const token = tokens.authenticate(credential);
    if (token !== null) {
      const user = token.userId === null ? null : people.find(token.userId);
      return { kind: 'api token', token, user };
    }
    const key = openKey(keys, credential);
    return key === null ? { kind: 'stranger' } : { kind: 'key holder', key };
  }

  function sessionIn(request: Arrival): Session | null {
    const token = deps.cookie.read(request);
    const session = token === null ? null : sessions.byToken(token);
    const named = session === null ? deps.cookie.readName(request) : null;
    return named === null ? session : sessions.find(named.sessionId);
  }

  async function identityOf(request: Arrival): Promise<Identity> {
    const { headers } = request;
    const [credential, ...others] = credentialsIn(headers);
    if (others.length > 0) return { kind: 'ambiguous' };
    if (credential !== undefined) return await ofCredential(credential);
    const person = personBehind(sessionIn(request));
    if (person !== null) return person;
    // Under this name a virtual key is taken, and nothing else: an operator does not come in with it.
    const key = openKey(keys, single(headers['api-key']) ?? '');
    if (key !== null) return { kind: 'key holder', key };
    // A scheme other than Bearer may be meant for a proxy on the way; alone, it is a credential that we do not take.
    return { kind: single(headers.authorization) === undefined ? 'nobody' : 'stranger' };
  }

  return (request) => {
    const found = known.get(request) ?? identityOf(request);
    known.set(request, found);
    return found;
  };
}

function openKey(keys: CallersDeps['accounts']['keys'], credential: string): VirtualKey | null {
  try {
    return keys.authenticate(credential);
  } catch (error) {
    // Why a key is closed is told where keys are taken.
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** Whom a handler meets; null for whoever has no business on the surfaces of people. */
function callerOf(identity: Identity): Caller | null {
  if (identity.kind === 'admin token') return { kind: 'operator', userId: null };
  if (identity.kind !== 'person') return null;
  const { user, session } = identity;
  return { kind: user.role === 'admin' ? 'operator' : 'member', userId: user.id, session };
}

/** An API token sees what its owner may see at this moment. */
function readerOf(user: User | null): Caller {
  if (user === null) return { kind: 'operator', userId: null };
  return { kind: user.role === 'admin' ? 'operator' : 'member', userId: user.id };
}

const SIGN_IN = {
  nobody: 'Sign in, or send your access token as "Authorization: Bearer".',
  stranger: 'The credential is unknown, has expired, or its session has ended.',
};

function refusal(identity: Identity, say: { nobody: string; stranger: string }): Failure {
  if (identity.kind === 'nobody') {
    return new Failure('authentication_required', { sentence: say.nobody });
  }
  if (identity.kind === 'ambiguous') return new Failure('conflicting_credentials');
  if (identity.kind === 'api token') {
    const sentence = 'An API token reads the statistics under /api/v1 and nothing else.';
    return new Failure('forbidden', { sentence });
  }
  if (identity.kind === 'metrics token') {
    const sentence = 'This token reads /metrics and nothing else.';
    return new Failure('forbidden', { sentence });
  }
  return new Failure('invalid_api_key', { sentence: say.stranger });
}

/** True where the caller brought a credential that no browser adds by itself. */
export function hasOwnCredential(headers: IncomingHttpHeaders): boolean {
  return credentialsIn(headers).length > 0;
}

/** The credentials that were sent, each once. */
function credentialsIn(headers: IncomingHttpHeaders): readonly string[] {
  const sent = [
    single(headers['x-admin-token']),
    single(headers['x-api-key']),
    bearerOf(headers.authorization),
  ];
  return [...new Set(sent.filter((value) => value !== undefined))];
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

/** Whose things a caller sees and adds: a user's id; null for the operator, who sees everybody's and adds to the installation. */
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

/** The session, on a call for whoever is signed in. */
export function sessionOf(caller: Caller): Session {
  const session = 'session' in caller ? caller.session : undefined;
  if (session !== undefined) return session;
  throw new Failure('internal', { detail: `a ${caller.kind} has no session` });
}
