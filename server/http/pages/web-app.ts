/**
 * Serves the built web app: its pages, its assets and its own "not found". Where a page and a call of the API share
 * an address, a browser's navigation gets the page and everything else gets the call.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import helmet from '@fastify/helmet';
import serveStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { weightsIn } from '../formats/accept.ts';
import { nothingAt } from '../lost-clients.ts';
import { createPreloads } from './web-preloads.ts';

const BUILT = fileURLToPath(new URL('../../../web/dist', import.meta.url));

/** The addresses of the app. Those that are also calls of the API are in {@link SHARED}. */
export const PAGES = [
  '/login',
  '/register',
  '/logout',
  '/setup',
  '/dashboard',
  '/stats',
  '/requests',
  '/virtual-keys',
  '/tokens',
  '/reports',
  '/audit',
  '/users',
  '/models',
  '/profile',
  '/settings',
  '/request-key',
];
const SHARED = new Set(['/', '/keys']);

/** Below these only programs ask, so what is missing there is told to them in their own shape. */
const FOR_PROGRAMS = /^\/(api|admin|user|public|v1|assets)(\/|$)/;

/** Files of the app that do not have a digest in their name. */
const PLAIN_FILES = ['icon.svg', 'manifest.webmanifest'];

const NONCE = '__CSP_NONCE__';

/** For whoever finds the API without its pages; there is nothing to run in it. */
const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tollkeeper</title></head>
<body><h1>The web app is not built</h1>
<p>The API works. For the pages, run <code>npm ci</code> and <code>npm run build</code>, then load this page again.</p></body></html>
`;

export interface WebApp {
  /** Whether this is a person's browser on its way to a page whose address is also a call. */
  takes(request: FastifyRequest): boolean;
  /** Whether an address that leads nowhere was opened in a browser. */
  takesLost(request: FastifyRequest): boolean;
  /** Answers with the app, which finds its page by the address. */
  send(reply: FastifyReply): FastifyReply;
}

/** @param folder where the build is, if not in its usual place */
export function createWebApp(folder: string = BUILT): WebApp {
  const current = createCurrentBuild(folder);
  return {
    takes: (request) => SHARED.has(pathOf(request)) && isNavigation(request),
    takesLost: (request) => !FOR_PROGRAMS.test(pathOf(request)) && isNavigation(request),
    send(reply) {
      // Without a nonce in the policy, nothing inline would run; with a new one each time, nothing can be foreseen.
      const nonce = randomBytes(16).toString('base64');
      return reply
        .header('content-security-policy', policyWith(nonce))
        .header('cache-control', 'no-store')
        .header('vary', 'accept')
        .type('text/html; charset=utf-8')
        .send((current()?.pageAt(pathOf(reply.request)) ?? NOT_BUILT).replaceAll(NONCE, nonce));
    },
  };
}

interface Build {
  /** The document for an address, which names what its page needs. */
  pageAt(path: string): string;
}

/**
 * The build that is there now: one that was made anew under a running server has other assets than the one before, and
 * those are gone. While one is being written, the one before goes on.
 */
function createCurrentBuild(folder: string): () => Build | null {
  const index = join(folder, 'index.html');
  let build: Build | null = null;
  let stamp = '';
  return () => {
    const now = stampOf([index, join(folder, 'manifest.json')]);
    if (now === stamp || !existsSync(index)) return build;
    try {
      const html = readFileSync(index, 'utf8');
      const preloadsOf = createPreloads(folder);
      build = { pageAt: (path) => html.replace('</head>', `${preloadsOf(path)}</head>`) };
      stamp = now;
    } catch (error) {
      // Half of a file was read, which whoever asks next finds whole.
      if (build === null) throw error;
    }
    return build;
  };
}

/** Another text for another build. */
function stampOf(files: readonly string[]): string {
  const found = files.map((file) => statSync(file, { throwIfNoEntry: false }));
  return found.map((file) => `${file?.mtimeMs} ${file?.size}`).join(' ');
}

/** The pages that have an address of their own, and the assets. They count towards no rate. */
export async function webAppRoutes(
  scope: FastifyInstance,
  app: WebApp,
  folder: string = BUILT,
): Promise<void> {
  await scope.register(helmet, {
    contentSecurityPolicy: false,
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    hsts: false,
  });
  for (const path of PAGES) {
    scope.get(path, { schema: { hide: true } }, (request, reply) => {
      // A client that looks for a list of models would take a page for one without any.
      if (wantsOnlyJson(request.headers.accept)) throw nothingAt(request.url);
      return app.send(reply);
    });
  }
  // Also where nothing is built yet: what is built under a running server has its assets as well.
  await scope.register(serveStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    index: false,
    // The name of an asset changes with its content.
    immutable: true,
    maxAge: '365d',
    preCompressed: true,
  });
  for (const name of PLAIN_FILES) {
    scope.get(`/${name}`, { schema: { hide: true } }, (_request, reply) =>
      reply.sendFile(name, folder, { maxAge: '1d', immutable: false }),
    );
  }
}

function policyWith(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

function isNavigation({ method, headers }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && prefersHtml(headers.accept);
}

function wantsOnlyJson(accept: string | undefined): boolean {
  const weights = weightsIn(accept);
  return weights.has('application/json') && !weights.has('text/html');
}

/**
 * Whether HTML is asked for by its name and nothing that we could answer instead is asked for more. Programs send
 * `*` or JSON; every browser names HTML first.
 */
export function prefersHtml(accept: string | undefined): boolean {
  const weights = weightsIn(accept);
  const html = weights.get('text/html') ?? 0;
  const json = weights.get('application/json') ?? -1;
  return html > 0 && html > json && html >= (weights.get('*/*') ?? 0);
}
