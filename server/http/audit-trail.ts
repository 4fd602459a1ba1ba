/** Puts on record who did what: every call that changes something, and whoever was refused for who they are. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Accounts, Act } from '../accounts/accounts.ts';
import type { Callers, Identity } from './callers.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the act is about, where the path does not say it. */
    subject: string | null;
    /** Who proved by this very call who they are: a sign-in is the act of whoever signs in. */
    admitted: string | null;
  }
}

interface TrailDeps {
  readonly accounts: Pick<Accounts, 'audit' | 'people'>;
}

const CHANGING = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
/** Ids as we make them. A path may name a key by its secret, which must not end up here. */
const ID = /^[a-z]{2,4}_[0-9a-f]{32}$/;

export function keepAuditTrail(
  scope: FastifyInstance,
  deps: TrailDeps,
  callers: Pick<Callers, 'identify'>,
): void {
  scope.decorateRequest('subject', null);
  scope.decorateRequest('admitted', null);
  scope.addHook('preSerialization', async (request, _reply, payload) => {
    if (CHANGING.has(request.method)) request.subject ??= subjectIn(payload);
    return payload;
  });
  // Before the answer goes out: nobody is told of an act that is not on record.
  scope.addHook('onSend', async (request, reply, payload) => {
    if (!isWorthKeeping(request, reply)) return payload;
    const { audit, people } = deps.accounts;
    const { admitted } = request;
    const by = admitted === null ? actorOf(await callers.identify(request)) : byPerson(admitted);
    const isGone = by.userId !== null && people.find(by.userId)?.erasedAt !== null;
    await audit.note({
      ...by,
      action: `${request.method} ${request.routeOptions.url}`,
      subject: subjectIn(request.params) ?? request.subject,
      status: reply.statusCode,
      // Who deleted their account leaves no address, also not by this very act.
      ip: isGone ? null : request.ip,
      requestId: request.id,
    });
    return payload;
  });
}

/** Who was not known, not allowed or too fast; other refusals are mistakes of somebody who may. */
const REFUSED = new Set([401, 403]);

function isWorthKeeping(request: FastifyRequest, reply: FastifyReply): boolean {
  const { url, config } = request.routeOptions;
  const isRefusal = (config as { refusal?: boolean } | undefined)?.refusal === true;
  if (!CHANGING.has(request.method) || url === undefined || isRefusal) return false;
  return reply.statusCode < 400 || REFUSED.has(reply.statusCode);
}

function byPerson(userId: string): Pick<Act, 'actor' | 'userId'> {
  return { actor: 'person', userId };
}

function actorOf(identity: Identity): Pick<Act, 'actor' | 'userId'> {
  switch (identity.kind) {
    case 'admin token':
      return { actor: 'operator', userId: null };
    case 'person':
      return byPerson(identity.user.id);
    case 'key holder':
      return { actor: 'key', userId: identity.key.userId };
    case 'api token':
      return { actor: 'api token', userId: identity.token.userId };
    default:
      return { actor: 'nobody', userId: null };
  }
}

/** The id of what was made or named, if it is one of ours. */
function subjectIn(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const { id, user_id, user, key } = value as Record<string, unknown>;
  const inside = typeof user === 'object' && user !== null && 'id' in user ? user.id : undefined;
  const found = [id, user_id, inside, key].find((one) => typeof one === 'string' && ID.test(one));
  return typeof found === 'string' ? found : null;
}
