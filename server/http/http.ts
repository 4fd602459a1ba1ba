/**
 * The door of `http`: the edge of the process. Builds the server with every route but starts nothing;
 * `listen` opens the port. Requests under `/v1/` run in a scope of their own, without the hooks and
 * headers of the management surfaces, because they are the hot path.
 */
import { isUtf8 } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import cookies from '@fastify/cookie';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import fastify, {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyServerOptions,
} from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Accounts } from '../accounts/accounts.ts';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { newId } from '../id.ts';
import { type AccessTokenSettings, createAccessTokens } from './access-tokens.ts';
import { keepAuditTrail } from './audit-trail.ts';
import { type Callers, type CallersSettings, createCallers } from './callers.ts';
import { refuseCrossSite } from './cross-site.ts';
import { type EdgeLog, renderFailure, sendFailure } from './error-replies.ts';
import { wrongValue } from './formats/wrong-values.ts';
import { nothingAt } from './lost-clients.ts';
import { createTraffic, type Traffic } from './operations/traffic.ts';
import { createWebApp, type WebApp, webAppRoutes } from './pages/web-app.ts';
import { createReception } from './people/reception.ts';
import { createSignInThrottle } from './people/sign-in-throttle.ts';
import { guardRate, type RateGuardSettings } from './rate-guard.ts';
import { type Edge, type RoutesDeps, type RoutesSettings, registerRoutes } from './routes.ts';
import { createSessionCookie } from './session-cookie.ts';
import { readOn } from './unfinished-upload.ts';
import type { Shortcut } from './v1-routes.ts';

export type { Callers } from './callers.ts';
export type { EdgeLog } from './error-replies.ts';
export { checksIn } from './provider-keys/monitoring-routes.ts';
export { v1Routes } from './v1-routes.ts';

export interface HttpSettings extends AccessTokenSettings, CallersSettings, RoutesSettings {
  /** Cookies travel over TLS only, and browsers are told to come that way. */
  readonly isProduction: boolean;
  /** Whose word counts about where a request came from, and how: addresses and ranges of proxies. */
  readonly trustedProxies: readonly string[];
  /** Origins whose pages may call us; none means that no CORS header is ever sent. */
  readonly allowedOrigins: readonly string[];
  /** The largest body that `/v1` takes; the management calls have a small limit of their own. */
  readonly bodyLimitBytes: number;
  /** How fast each caller may use the management surfaces. */
  readonly rateGuard: RateGuardSettings;
  /** How long a request may take to arrive whole. */
  readonly requestTimeoutMs: number;
}

export interface HttpDeps extends Omit<RoutesDeps, 'accounts' | 'clock'> {
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly log: EdgeLog;
  readonly settings: HttpSettings;
  /** Where the built web app is, if not in its usual place. */
  readonly webFolder?: string;
  /**
   * Registers the routes under `/v1/` on a scope of their own. Errors thrown there take the shape of
   * their path. May return a way past the router for most of their requests.
   */
  readonly v1: (instance: FastifyInstance, callers: Callers) => Shortcut | undefined;
}

/** A path with its method as the router knows it: `POST /admin/keys/:key/revoke`. */
export interface AnsweredRoute {
  readonly method: string;
  readonly path: string;
}

export interface Http {
  readonly instance: FastifyInstance;
  /** Every route of an API: without assets, HEAD, OPTIONS and refusals. */
  readonly routes: readonly AnsweredRoute[];
  /** @returns the address, such as `http://127.0.0.1:8000` */
  listen(at: { readonly host: string; readonly port: number }): Promise<string>;
  /** Null while no port is open. */
  address(): string | null;
  /** New requests get 503, open ones may end; after the grace period their connections are cut. */
  close(graceMs: number): Promise<void>;
}

/** How often a shutdown looks for connections that fell idle; it lasts that much longer than it must. */
const IDLE_SWEEP_MS = 50;

/** A year, which is as long as a browser may be asked to remember. */
const STAY_SECURE = 'max-age=31536000';

export async function createHttp(deps: HttpDeps): Promise<Http> {
  const { clock, log, settings } = deps;
  let isClosing = false;
  const instance = newInstance(settings, log);
  const routes = collectRoutes(instance);
  instance.setErrorHandler((error, request, reply) => sendFailure(error, request, reply, log));
  instance.addHook('onRequest', (request, reply, next) => {
    if (settings.isProduction || request.protocol === 'https') {
      reply.header('strict-transport-security', STAY_SECURE);
    }
    if (!isClosing) return next();
    reply.header('connection', 'close');
    next(new Failure('shutting_down'));
  });
  instance.addHook('onResponse', (request, reply, done) => {
    readOn(request.raw, reply.raw, clock);
    done();
  });
  const edge = edgeOf(deps);
  const { callers } = edge;
  if (settings.allowedOrigins.length > 0) await allowOrigins(instance, settings.allowedOrigins);
  let shortcut: Shortcut | undefined;
  const gateway: FastifyPluginAsync = async (scope) => {
    shortcut = deps.v1(scope, callers);
  };
  const webApp = createWebApp(deps.webFolder);
  const pages: FastifyPluginAsync = (scope) => webAppRoutes(scope, webApp, deps.webFolder);
  const management: FastifyPluginAsync = async (scope) => {
    await prepareManagement(scope, log, webApp);
    countCalls(scope, edge.traffic);
    refuseCrossSite(scope, settings.allowedOrigins);
    keepAuditTrail(scope, deps, callers);
    guardRate(scope, callers, { clock, settings: settings.rateGuard });
    await registerRoutes(scope, deps, edge);
  };
  await instance.register(gateway);
  await instance.register(pages);
  await instance.register(management);
  await instance.ready();
  // CORS is the router's business, so where origins are allowed everything goes through it.
  if (settings.allowedOrigins.length === 0) passBy(instance, () => (isClosing ? null : shortcut));

  return {
    instance,
    routes,
    listen: ({ host, port }) => instance.listen({ host, port }),
    address() {
      const bound = instance.server.address();
      if (bound === null || typeof bound === 'string') return null;
      const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
      return `http://${host}:${bound.port}`;
    },
    async close(graceMs) {
      isClosing = true;
      // A connection that falls idle after the server stopped listening would hold the process open.
      const stopSweep = clock.every(IDLE_SWEEP_MS, () => instance.server.closeIdleConnections());
      const cancelCut = clock.after(graceMs, () => instance.server.closeAllConnections());
      await instance.close();
      stopSweep();
      cancelCut();
    },
  };
}

/** A path that leads nowhere counts as one route, however many there are. */
function countCalls(scope: FastifyInstance, traffic: Traffic): void {
  scope.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    traffic.answered({ route, method: request.method, status: reply.statusCode });
    done();
  });
}

function edgeOf(deps: HttpDeps): Edge {
  const { accounts, clock, settings } = deps;
  const accessTokens = createAccessTokens(settings, clock);
  const cookie = createSessionCookie(settings);
  const callers = createCallers({ accounts, accessTokens, cookie }, settings);
  const reception = createReception({ accounts, accessTokens, cookie, callers });
  const throttle = createSignInThrottle(clock);
  return { callers, settings, reception, throttle, traffic: createTraffic(deps) };
}

/** Asks the shortcut first and the router only for what that leaves. During the shutdown there is none. */
function passBy(instance: FastifyInstance, current: () => Shortcut | null | undefined): void {
  instance.server.removeAllListeners('request');
  instance.server.on('request', (request, reply) => {
    if (current()?.(request, reply) !== true) instance.routing(request, reply);
  });
}

/**
 * The contract's own schemas check and write everything. Said here and not later, it keeps Fastify from loading compilers
 * that nothing uses. Its types know no others, hence the cast.
 */
const SCHEMAS = {
  compilersFactory: {
    buildValidator: () => validatorCompiler,
    buildSerializer: () => serializerCompiler,
  },
} as unknown as NonNullable<FastifyServerOptions['schemaController']>;

function newInstance(settings: HttpSettings, log: EdgeLog): FastifyInstance {
  return fastify({
    logger: false,
    trustProxy: settings.trustedProxies.length === 0 ? false : [...settings.trustedProxies],
    bodyLimit: settings.bodyLimitBytes,
    requestTimeout: settings.requestTimeoutMs,
    genReqId: () => newId('req'),
    requestIdHeader: false,
    // Our own hook answers during the shutdown, in the shape of the surface.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    schemaController: SCHEMAS,
    // A name of 128 characters may be percent-encoded to twelve bytes each.
    routerOptions: { maxParamLength: 2000 },
    frameworkErrors: (error, request, reply) => {
      sendFailure(error, request, reply, log);
    },
    clientErrorHandler: answerUnreadable,
  });
}

/** A connection with the answer that is under way on it, as Node itself looks it up when there is no handler. */
type AnsweringSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/** A request that the parser refused has no route and no reply object; the answer is written by hand. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: AnsweringSocket): void {
  // In the middle of the answer to a request before, ours would be taken for a part of that.
  const isAnswering = socket._httpMessage?.headersSent === true;
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  const failure = new Failure('invalid_request', {
    sentence:
      error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'The request took too long to arrive.'
        : 'The request line or a header cannot be read.',
  });
  const { status, headers, body } = renderFailure(failure, { url: '/', requestId: newId('req') });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(
    [
      `HTTP/1.1 ${status} Bad Request`,
      ...lines,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function collectRoutes(instance: FastifyInstance): readonly AnsweredRoute[] {
  const routes: AnsweredRoute[] = [];
  instance.addHook('onRoute', (route) => {
    const isAsset = (route.schema as { hide?: boolean } | undefined)?.hide === true;
    const config = route.config as { refusal?: boolean } | undefined;
    if (isAsset || config?.refusal === true) return;
    for (const method of [route.method].flat()) {
      if (method !== 'HEAD' && method !== 'OPTIONS') routes.push({ method, path: route.url });
    }
  });
  return routes;
}

async function allowOrigins(instance: FastifyInstance, origins: readonly string[]): Promise<void> {
  await instance.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'x-request-id',
      'request-id',
      'retry-after',
      'retry-after-ms',
      'x-should-retry',
      'ratelimit',
      'ratelimit-policy',
      ...['requests', 'tokens'].flatMap((what) => [
        `x-ratelimit-limit-${what}`,
        `x-ratelimit-remaining-${what}`,
        `x-ratelimit-reset-${what}`,
      ]),
    ],
    maxAge: 600,
    strictPreflight: false,
  });
}

/** What all surfaces but `/v1` have in common. */
async function prepareManagement(
  scope: FastifyInstance,
  log: EdgeLog,
  webApp: WebApp,
): Promise<void> {
  takeOnlyJson(scope);
  z.config({ customError: wrongValue });
  await scope.register(cookies, { hook: 'onRequest' });
  await scope.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    // Whether there is TLS is known to the proxy in front of us, which is where this header belongs.
    hsts: false,
  });
  scope.addHook('onRequest', (request, reply, next) => {
    reply.header('x-request-id', request.id).header('cache-control', 'no-store');
    if (webApp.takes(request)) webApp.send(reply);
    else next();
  });
  scope.setNotFoundHandler((request, reply) =>
    webApp.takesLost(request)
      ? webApp.send(reply.code(404))
      : sendFailure(nothingAt(request.url), request, reply, log),
  );
}

function takeOnlyJson(scope: FastifyInstance): void {
  const parse = scope.getDefaultJsonParser('error', 'error');
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    // Some clients name the type of a body that they do not send.
    if (body.length === 0) done(null, undefined);
    // Read as text, what is no UTF-8 would be replaced, and two names that differ become one.
    else if (isUtf8(body as Buffer)) void parse(request, body.toString(), done);
    else done(new Failure('invalid_request', { sentence: 'The body is not UTF-8.' }));
  });
  // And some name one for nothing at all, as `curl -d ''` does.
  scope.addContentTypeParser('*', ({ headers }, _body, done) => {
    if (headers['content-length'] === '0') done(null, undefined);
    else done(new Failure('unsupported_media_type'));
  });
}
