/** Which headers cross the gateway, in either direction. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { tellsSecret } from './answer-body.ts';

/** They speak of one connection, not of the message. */
const HOP_BY_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

const NOT_TO_UPSTREAM: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'accept-encoding',
  'content-length',
  'expect',
  'host',
  // Credentials, ours and whatever else looks like one.
  'api-key',
  'authorization',
  'cookie',
  'x-admin-token',
  'x-api-key',
  // A wish to us.
  'x-gateway-usage',
  'x-goog-api-key',
  // They choose an account at the provider, which is not the caller's.
  'openai-organization',
  'openai-project',
  'x-goog-user-project',
  // What is allowed and metered is told from method and path; some servers let these decide instead.
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
  // Where the caller came from is not the provider's business. Some refuse pages that they do not know, which is for the
  // operator to do, and was done when the page asked here.
  'origin',
  'referer',
  'forwarded',
  'via',
  'x-original-forwarded-for',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'fastly-client-ip',
  'cdn-loop',
]);

/**
 * What a browser, and proxies in front of us, add by families of names: addresses, places, who signed in and with what. A
 * provider that is behind Cloudflare as well refuses what brings headers of Cloudflare's tunnels; what callers say to its
 * gateway for models is theirs, and crosses.
 */
const ADDED_ON_THE_WAY = new RegExp(
  [
    '^(?:sec-fetch-|x-forwarded-|cf-(?!aig-)',
    '|x-auth-request-|x-authentik-|x-pomerium-|tailscale-user-|remote-(?:user|groups|name|email)$',
    '|x-amzn-oidc-|x-goog-authenticated-user-|x-goog-iap-|x-ms-client-principal|x-ms-token-)',
  ].join(''),
);

const NOT_TO_CALLER: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'content-length',
  // Which pages may read an answer is for the operator to say, not for the provider.
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'access-control-max-age',
  // They speak of the provider's account or address, not of the answer.
  'alt-svc',
  'anthropic-organization-id',
  'anthropic-workspace-id',
  'openai-organization',
  'openai-project',
  'request-id',
  'set-cookie',
  'strict-transport-security',
  'x-request-id',
]);

/** A header as one text. What a provider sends several times comes as a list, whatever its type says. */
export function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}

/** Names that the `connection` header declares to be hop-by-hop too. */
function declaredHops(headers: IncomingHttpHeaders): ReadonlySet<string> | null {
  const declared = textOf(headers.connection);
  if (declared === undefined || declared === 'keep-alive' || declared === 'close') return null;
  return new Set(declared.toLowerCase().split(/\s*,\s*/));
}

/**
 * @param added headers of ours (credential, attribution), which win over the caller's
 * @param defaults headers that are sent unless the caller sent them
 */
export function headersToUpstream(
  headers: IncomingHttpHeaders,
  added: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
): Record<string, string | string[]> {
  const crossing: Record<string, string | string[]> = { ...defaults };
  const hops = declaredHops(headers);
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || NOT_TO_UPSTREAM.has(name) || hops?.has(name)) continue;
    if (ADDED_ON_THE_WAY.test(name)) continue;
    crossing[name] = value;
  }
  // Compressed answers could not be metered as they pass.
  crossing['accept-encoding'] = 'identity';
  return Object.assign(crossing, added);
}

/** @param secret the credential that was used; a header that echoes it stays here */
export function headersToCaller(
  headers: IncomingHttpHeaders,
  requestId: string,
  secret: string,
): OutgoingHttpHeaders {
  const crossing: OutgoingHttpHeaders = {};
  const hops = declaredHops(headers);
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || NOT_TO_CALLER.has(name) || hops?.has(name)) continue;
    if (tellsSecret(String(value), secret)) continue;
    crossing[name] = value;
  }
  crossing['x-request-id'] = requestId;
  // The name that Anthropic's clients read; sent where the provider sends it.
  if (headers['request-id'] !== undefined) crossing['request-id'] = requestId;
  return crossing;
}

/** The provider's own id of the request, for the record. */
export function upstreamRequestId(headers: IncomingHttpHeaders): string | null {
  const id = headers['x-request-id'] ?? headers['request-id'] ?? headers['x-generation-id'];
  return typeof id === 'string' && id !== '' ? id.slice(0, 200) : null;
}
