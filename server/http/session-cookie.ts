/** The cookie that carries a session to and from a browser. */
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The part of a request that says what its cookies are worth. */
export type Arrival = Pick<FastifyRequest, 'headers' | 'cookies' | 'protocol'>;

export interface SessionCookie {
  read(request: Arrival): string | null;
  set(request: Arrival, reply: FastifyReply, cookie: { token: string; maxAgeMs: number }): void;
  clear(request: Arrival, reply: FastifyReply): void;
}

/**
 * The prefix `__Host-` keeps neighbours under the same domain from planting a cookie of that name; browsers take it over
 * TLS only.
 */
const SECURE_NAME = '__Host-tollkeeper';
const PLAIN_NAME = 'tollkeeper';

/** @param alwaysSecure in production, where a cookie without TLS would be a mistake */
export function createSessionCookie(alwaysSecure: boolean): SessionCookie {
  const isSecure = (request: Arrival): boolean => alwaysSecure || request.protocol === 'https';
  const nameFor = (request: Arrival): string => (isSecure(request) ? SECURE_NAME : PLAIN_NAME);
  const write = (request: Arrival, reply: FastifyReply, value: string, maxAge: number): void => {
    reply.setCookie(nameFor(request), value, {
      ...{ path: '/', httpOnly: true, sameSite: 'lax', maxAge },
      secure: isSecure(request),
    });
  };
  return {
    read(request) {
      return request.cookies[nameFor(request)] || null;
    },
    set(request, reply, { token, maxAgeMs }) {
      write(request, reply, token, Math.floor(maxAgeMs / 1000));
    },
    clear(request, reply) {
      write(request, reply, '', 0);
    },
  };
}
