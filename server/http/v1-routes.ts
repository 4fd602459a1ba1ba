/** `/v1/*`: everything that callers of the gateway send. The body is left to the gateway, byte for byte. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { VirtualKey } from '../accounts/accounts.ts';
import type { Clock } from '../clock.ts';
import { Failure, toFailure } from '../failure.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { newId } from '../id.ts';
import type { Log } from '../log.ts';
import type { Callers } from './callers.ts';
import { renderFailure } from './error-replies.ts';
import { readOn } from './unfinished-upload.ts';

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/** Longer paths are left to the router, which has limits of its own. */
const SHORTCUT_LETTERS_MAX = 500;

/**
 * Takes a request that the router would hand to us anyway, without the router: its bookkeeping costs a
 * plain request about a tenth of all that is spent on it.
 *
 * @returns false for what it leaves to the router
 */
export type Shortcut = (request: IncomingMessage, reply: ServerResponse) => boolean;

interface V1Deps {
  readonly gateway: Pick<Gateway, 'complete' | 'limitHeaders' | 'turnAway'>;
  readonly log: Log;
  readonly clock: Clock;
}

export function v1Routes(deps: V1Deps): (scope: FastifyInstance, callers: Callers) => Shortcut {
  return (scope, callers) => {
    scope.route({
      method: METHODS,
      url: '/v1/*',
      // Taken before the framework looks at the body or at what its type claims: what is forwarded is what came.
      onRequest: (request, reply) => forward(deps, callers, request, reply),
      handler: () => {
        throw new Failure('internal', { detail: 'a request under /v1 was not taken' });
      },
    });
    return (request, reply) => takeEarly(deps, callers, request, reply);
  };
}

/** Only what is plain to see: no encoded letters, no unusual method, no caller to be refused. */
function takeEarly(
  deps: V1Deps,
  callers: Callers,
  request: IncomingMessage,
  reply: ServerResponse,
): boolean {
  const { method, url = '', headers } = request;
  if (method !== 'POST' || !url.startsWith('/v1/')) return false;
  if (url.length > SHORTCUT_LETTERS_MAX || url.includes('%')) return false;
  let key: VirtualKey;
  try {
    key = callers.keyHolder(headers);
  } catch {
    // Refused again on the long way, in the shape that all refusals have.
    return false;
  }
  const id = newId('req');
  complete(deps, callers, { id, key, request, reply }).catch((error: unknown) => {
    deps.log.error({ requestId: id, err: error }, 'a request could not be answered');
    reply.destroy();
  });
  return true;
}

async function forward(
  deps: V1Deps,
  callers: Callers,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const key = await keyHolder(deps, callers, request);
  // CORS headers, where origins are allowed; a hijacked reply would leave them behind.
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.hijack();
  const to = { id: request.id, key, request: request.raw, reply: reply.raw };
  await complete(deps, callers, to);
}

/** A key that is known and opens nothing now leaves a record, so that its user can see who still uses it. */
async function keyHolder(
  deps: V1Deps,
  callers: Callers,
  { id, url, headers }: FastifyRequest,
): Promise<VirtualKey> {
  try {
    return callers.keyHolder(headers);
  } catch (error) {
    await deps.gateway.turnAway({ id, url }, toFailure(error));
    throw error;
  }
}

async function complete(
  deps: V1Deps,
  callers: Callers,
  to: { id: string; key: VirtualKey; request: IncomingMessage; reply: ServerResponse },
): Promise<void> {
  const { id, key, request, reply } = to;
  const { method = '', url = '', headers } = request;
  const renewKey = () => callers.renewed(key, headers);
  try {
    await deps.gateway.complete({
      id,
      key,
      renewKey,
      method,
      url,
      headers,
      source: request,
      reply,
    });
  } catch (error) {
    const limitHeaders = deps.gateway.limitHeaders(key);
    answerFailure(deps.log, { thrown: error, url, requestId: id, reply, limitHeaders });
  }
  if (!request.complete) readOn(request, reply, deps.clock);
}

function answerFailure(
  log: Log,
  {
    thrown,
    url,
    requestId,
    reply,
    limitHeaders,
  }: {
    thrown: unknown;
    url: string;
    requestId: string;
    reply: ServerResponse;
    limitHeaders: Readonly<Record<string, string>>;
  },
): void {
  const failure = toFailure(thrown);
  const { status, headers, body } = renderFailure(failure, { url, requestId });
  if (failure.kind.status >= 500) {
    const { code, details } = failure;
    log.warn({ requestId, code, detail: details.detail, err: details.cause }, 'a request failed');
  }
  if (reply.headersSent || reply.destroyed) {
    reply.destroy();
    return;
  }
  reply.writeHead(status, {
    ...limitHeaders,
    ...headers,
    'content-length': Buffer.byteLength(body),
  });
  reply.end(body);
}
