/** Lets people in and out: the session, its cookie, and the access token that goes with it. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { person, signedIn } from '../../../contract/api/auth-api.ts';
import type { Accounts, Session, SessionKind, User } from '../../accounts/accounts.ts';
import { isoTime } from '../../clock.ts';
import type { AccessTokens } from '../access-tokens.ts';
import type { Callers } from '../callers.ts';
import type { SessionCookie } from '../session-cookie.ts';

export interface Reception {
  /** Opens a session for somebody who proved who they are. */
  admit(
    at: { readonly request: FastifyRequest; readonly reply: FastifyReply },
    user: User,
    kind?: SessionKind,
  ): Promise<z.output<typeof signedIn>>;
  /** Ends a session and takes the cookie back. */
  dismiss(
    at: { readonly request: FastifyRequest; readonly reply: FastifyReply },
    session: Session,
  ): Promise<void>;
  /** Whoever is signed in; null for everybody else. */
  visitor(request: FastifyRequest): Promise<User | null>;
}

export function createReception(deps: {
  readonly accounts: Pick<Accounts, 'sessions'>;
  readonly accessTokens: AccessTokens;
  readonly cookie: SessionCookie;
  readonly callers: Pick<Callers, 'identify'>;
}): Reception {
  const { accounts, accessTokens, cookie, callers } = deps;
  return {
    async admit({ request, reply }, user, kind = 'password') {
      const before = cookie.read(request);
      const old = before === null ? null : accounts.sessions.byToken(before);
      cookie.clear(request, reply);
      // At once: between what was proved and the session nothing else may happen.
      const { session, token } = await accounts.sessions.open({
        userId: user.id,
        kind,
        ip: request.ip,
        userAgent: request.headers['user-agent'] ?? null,
      });
      // A session that was there before may have been planted; it ends here, and never becomes this user's.
      if (old !== null) await accounts.sessions.end(old.id);
      if (kind === 'password') cookie.set(request, reply, token);
      else cookie.setName(request, reply, { username: user.username, sessionId: session.id });
      request.admitted = user.id;
      const access = await accessTokens.issue(session);
      return {
        user: personOf(user),
        access_token: access.token,
        token_type: 'bearer',
        expires_in: access.expiresInSeconds,
      };
    },

    async dismiss({ request, reply }, session) {
      cookie.clear(request, reply);
      await accounts.sessions.end(session.id);
    },

    async visitor(request) {
      const identity = await callers.identify(request);
      return identity.kind === 'person' ? identity.user : null;
    },
  };
}

/** A person as replies show them. */
export function personOf(user: User): z.output<typeof person> {
  const { id, username, email, name, role, createdAt } = user;
  return { id, username, email, name, role, created_at: isoTime(createdAt) };
}
