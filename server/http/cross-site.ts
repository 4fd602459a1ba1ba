/** A browser sends its cookies along whoever wrote the page; this tells whose page it was. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../failure.ts';
import { hasOwnCredential } from './callers.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Refuses what changes something, comes from another site, and does not bring its credential in a header: the session
 * may be another's wish. Signing in counts too, so that nobody is signed in to an account that is not theirs. What is no
 * browser sends neither header, and has no cookies that somebody else could use.
 */
export function refuseCrossSite(scope: FastifyInstance, allowedOrigins: readonly string[]): void {
  const isAllowed = new Set(allowedOrigins);
  scope.addHook('onRequest', (request, _reply, next) => {
    if (SAFE.has(request.method) || hasOwnCredential(request.headers)) return next();
    if (isFromHere(request, isAllowed)) return next();
    next(new Failure('cross_site_request'));
  });
}

function isFromHere(request: FastifyRequest, isAllowed: ReadonlySet<string>): boolean {
  const { origin } = request.headers;
  if (origin !== undefined && isAllowed.has(origin)) return true;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin === undefined) return true;
  // Older browsers say only where the page came from. Its scheme decides which port goes without saying.
  const page = URL.parse(origin);
  return page !== null && URL.parse(`${page.protocol}//${request.host}`)?.host === page.host;
}
