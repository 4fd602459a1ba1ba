/** `/v1/*`: everything that callers of the gateway send. The body is left to the gateway, byte for byte. */
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Failure, toFailure } from '../failure.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Log } from '../log.ts';
import type { Callers } from './callers.ts';
import { renderFailure } from './error-replies.ts';

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

export function v1Routes(deps: {
  gateway: Pick<Gateway, 'complete' | 'limitHeaders'>;
  log: Log;
}): (scope: FastifyInstance, callers: Callers) => void {
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
  };
}

async function forward(
  deps: { gateway: Pick<Gateway, 'complete' | 'limitHeaders'>; log: Log },
  callers: Callers,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const key = callers.keyHolder(request.headers);
  // CORS headers, where origins are allowed; a hijacked reply would leave them behind.
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.hijack();
  const { id, method, headers, raw } = request;
  const url = raw.url ?? '';
  try {
    await deps.gateway.complete({ id, key, method, url, headers, source: raw, reply: reply.raw });
  } catch (error) {
    const limitHeaders = deps.gateway.limitHeaders(key);
    answerFailure(deps.log, { thrown: error, url, requestId: id, reply: reply.raw, limitHeaders });
  }
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
  // What is left of a body that is too large is not worth reading.
  if (failure.code === 'body_too_large') reply.setHeader('connection', 'close');
  reply.writeHead(status, {
    ...limitHeaders,
    ...headers,
    'content-length': Buffer.byteLength(body),
  });
  reply.end(body);
}
