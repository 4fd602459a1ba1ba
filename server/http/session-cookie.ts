/** The cookies that carry a session to and from a browser. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SESSION_MS } from '../accounts/accounts.ts';

/** The part of a request that says what its cookies are worth. */
export type Arrival = Pick<FastifyRequest, 'headers' | 'cookies' | 'protocol'>;

export interface SessionCookie {
  /** The token that came; null for none. */
  read(request: Arrival): string | null;
  set(request: Arrival, reply: FastifyReply, token: string): void;
  /** Who only said a name carries that name, signed together with the session. */
  readName(request: Arrival): NamedSession | null;
  setName(request: Arrival, reply: FastifyReply, named: NamedSession): void;
  /** Takes back whatever was set. */
  clear(request: Arrival, reply: FastifyReply): void;
}

export interface NamedSession {
  readonly username: string;
  readonly sessionId: string;
}

export interface CookieSettings {
  readonly secretKey: string;
  /** In production a cookie without TLS would be a mistake. */
  readonly isProduction: boolean;
}

/**
 * The prefix `__Host-` keeps neighbours under the same domain from planting a cookie of that name; browsers take it over
 * TLS only.
 */
const SECURE_NAME = '__Host-tollkeeper';
const PLAIN_NAME = 'tollkeeper';
/** As it is known from before. */
const NAME_COOKIE = 'proxy_username';
const MAX_AGE_SECONDS = SESSION_MS / 1000;

export function createSessionCookie({ secretKey, isProduction }: CookieSettings): SessionCookie {
  const isSecure = (request: Arrival): boolean => isProduction || request.protocol === 'https';
  const nameFor = (request: Arrival): string => (isSecure(request) ? SECURE_NAME : PLAIN_NAME);
  const attributes = (request: Arrival, maxAge: number) => {
    const sameSite: 'lax' = 'lax';
    return { path: '/', httpOnly: true, sameSite, maxAge, secure: isSecure(request) };
  };
  // A key of its own: what is signed here can never pass for an access token.
  const nameKey = createHmac('sha256', secretKey).update(NAME_COOKIE).digest();
  const signature = ({ username, sessionId }: NamedSession): string =>
    createHmac('sha256', nameKey).update(`${username}.${sessionId}`).digest('base64url');

  return {
    read(request) {
      return request.cookies[nameFor(request)] || null;
    },
    set(request, reply, token) {
      reply.setCookie(nameFor(request), token, attributes(request, MAX_AGE_SECONDS));
    },
    readName(request) {
      const [, username, sessionId, sent] =
        /^(.+)\.(\w+)\.([\w-]+)$/.exec(request.cookies[NAME_COOKIE] ?? '') ?? [];
      if (username === undefined || sessionId === undefined || sent === undefined) return null;
      const named = { username, sessionId };
      const [left, right] = [Buffer.from(signature(named)), Buffer.from(sent)];
      return left.length === right.length && timingSafeEqual(left, right) ? named : null;
    },
    setName(request, reply, named) {
      const value = `${named.username}.${named.sessionId}.${signature(named)}`;
      reply.setCookie(NAME_COOKIE, value, attributes(request, MAX_AGE_SECONDS));
    },
    clear(request, reply) {
      for (const name of [nameFor(request), NAME_COOKIE]) {
        if (request.cookies[name] !== undefined) reply.setCookie(name, '', attributes(request, 0));
      }
    },
  };
}
