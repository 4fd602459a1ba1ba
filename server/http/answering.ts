/** Binds a call of the contract to the function that answers it: credentials, validation, reply schema. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Call, Who } from '../../contract/api/call.ts';
import { Failure } from '../failure.ts';
import type { Caller } from './callers.ts';
import { JointAnswers } from './joint-answers.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard of the route, before the body is read. */
    caller: Caller;
  }
}

/** What a handler gets: the validated parts of the request, and the pair itself where headers matter. */
export interface Asked<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly caller: Caller;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What the handler of this call gets. */
export type AskedFor<C> =
  C extends Call<infer Params, infer Query, infer Body, unknown>
    ? Asked<Params, Query, Body>
    : never;

export type Handler<Params, Query, Body, Reply> = (
  asked: Asked<Params, Query, Body>,
) => Reply | Promise<Reply>;

/** A call with its handler, whose types have met and are no longer needed. */
export interface BoundCall {
  readonly call: Call;
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => unknown;
  /** Callers who may see the same and ask the same at once get one answer. */
  readonly isJoint?: boolean;
}

export function bind<Params, Query, Body, Reply>(
  call: Call<Params, Query, Body, Reply>,
  handler: Handler<Params, Query, Body, Reply>,
): BoundCall {
  return {
    call,
    // The three casts are true because the route validates with the schemas of this very call.
    handle: (request, reply) =>
      handler({
        params: request.params as Params,
        query: request.query as Query,
        body: request.body as Body,
        caller: request.caller,
        request,
        reply,
      }),
  };
}

/** For figures that a page full of people asks for: those who may see the same and ask the same at once get one answer. */
export function bindJoint<Params, Query, Body, Reply>(
  call: Call<Params, Query, Body, Reply>,
  handler: Handler<Params, Query, Body, Reply>,
): BoundCall {
  return { ...bind(call, handler), isJoint: true };
}

/** Tells who is asking, and throws a Failure unless the request may go on. */
export type Guard = (request: FastifyRequest) => Caller | Promise<Caller>;

/** Bodies of the management calls are a few fields; a larger one is a mistake or worse. */
const BODY_LIMIT_BYTES = 64 * 1024;

export function register(
  scope: FastifyInstance,
  bound: BoundCall,
  guards: Readonly<Record<Who, Guard>>,
): void {
  const { call } = bound;
  const guard = guards[call.who];
  const handle = bound.isJoint === true ? jointly(bound) : bound.handle;
  scope.route({
    method: call.method,
    url: routerPath(call.path),
    bodyLimit: BODY_LIMIT_BYTES,
    schema: schemaOf(call),
    // Before the body is read: a stranger's body is not worth our time.
    async onRequest(request) {
      request.caller = await guard(request);
    },
    async handler(request, reply) {
      reply.code(call.status);
      return await handle(request, reply);
    },
  });
}

/** A file is nobody else's: it goes out while it is read. */
function jointly({ handle }: BoundCall): BoundCall['handle'] {
  // As bytes: a text would be made into bytes again for each of those who share it.
  const answers = new JointAnswers<Buffer>();
  return async (request, reply) => {
    if ((request.query as { format?: string }).format !== undefined) {
      return await handle(request, reply);
    }
    const make = async (): Promise<Buffer> => {
      const made = await handle(request, reply);
      // Written in portions already, and gathered as they come.
      if (made instanceof Readable) return await buffer(made);
      return Buffer.from(String(reply.serialize(made as object)));
    };
    const bytes = await answers.of(`${eyesOf(request.caller)} ${request.url}`, make);
    return await reply.type('application/json; charset=utf-8').send(bytes);
  };
}

/** The same for all who may see the same. */
function eyesOf(caller: Caller): string {
  if (caller.kind === 'member') return `member ${caller.userId}`;
  return caller.kind === 'key holder' ? `key ${caller.key.id}` : caller.kind;
}

function schemaOf(call: Call): Record<string, unknown> {
  const statuses = [call.status, ...(call.otherStatuses ?? [])];
  return {
    ...(call.params && { params: call.params }),
    ...(call.query && { querystring: call.query }),
    ...(call.request && { body: call.request }),
    ...(call.reply && {
      response: Object.fromEntries(statuses.map((status) => [status, call.reply])),
    }),
  };
}

/** `/admin/usage/{key}` as the router writes it: `/admin/usage/:key`. */
export function routerPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'TRACE'] as const;

/** Each path, be it of a call, a page or both, answers the methods that it does not take with 405, and OPTIONS with the list of those it takes. */
export function refuseOtherMethods(scope: FastifyInstance, paths: ReadonlySet<string>): void {
  for (const path of paths) {
    const url = routerPath(path);
    const isTaken = (method: (typeof METHODS)[number]): boolean => scope.hasRoute({ method, url });
    const taken = METHODS.filter(isTaken);
    const allow = [...taken, 'OPTIONS'].join(', ');
    const config = { refusal: true };
    scope.route({
      method: 'OPTIONS',
      url,
      config,
      handler: (_request, reply) => reply.code(204).header('allow', allow).send(),
    });
    scope.route({
      method: METHODS.filter((method) => !taken.includes(method)),
      url,
      config,
      exposeHeadRoute: false,
      onRequest(_request, reply, next) {
        reply.header('allow', allow);
        next(new Failure('method_not_allowed'));
      },
      handler: (_request, reply) => reply.send(),
    });
  }
}
