/** How a call of an account API reaches the provider: its address, its credential, its deadline. */
import type { Outbound, OutboundRequest } from '../outbound.ts';
import type { AccountCall, Ask, Provider } from './provider.ts';

/** Reports come in pages; no page of any provider is near this. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** For the whole answer: one that comes a byte at a time must not hold up the next key. */
const ANSWER_DEADLINE_MS = 20_000;

/** Where a key lives and what goes with each of its calls. */
export interface KeyPlace {
  readonly provider: Provider;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path of its base address, without a slash at the end. */
  readonly basePath: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** The address was named by a user, not by the operator or the provider's own file. */
  readonly userGiven: boolean;
}

/** Asks in the name of one key. Lend the result only as long as the secret itself may be lent. */
export function askWith(outbound: Outbound, place: KeyPlace, secret: string): Ask {
  return async (call) => {
    const request = accountRequest(place, call, secret);
    const answer = await outbound.fetchJson(request, ANSWER_BYTES_MAX, ANSWER_DEADLINE_MS);
    return { origin: request.origin, ...answer };
  };
}

export function accountRequest(
  place: KeyPlace,
  call: AccountCall,
  secret: string,
): OutboundRequest {
  const { provider } = place;
  const { origin, path } = addressOf(place, call);
  const body = call.body === undefined ? null : Buffer.from(JSON.stringify(call.body));
  return {
    origin,
    path: withQuery(path, place.query),
    method: call.method,
    headers: {
      ...provider.routing.defaultHeaders,
      ...place.headers,
      ...call.headers,
      ...provider.routing.authorize(secret, call.dialect ?? provider.dialects[0] ?? 'openai'),
      ...(body === null ? {} : { 'content-type': 'application/json' }),
      accept: 'application/json',
      'accept-encoding': 'identity',
      // At least one provider refuses account calls of clients that do not name themselves.
      'user-agent': 'tollkeeper',
    },
    body,
    userGiven: place.userGiven,
  };
}

/**
 * At the provider's own base a call goes where the provider documents it. At any other base (a mirror, a proxy)
 * it stays there: a call of another root then begins where the base would without the provider's own base path.
 */
function addressOf(place: KeyPlace, call: AccountCall): { origin: string; path: string } {
  const { origin, basePath } = place;
  if (call.root === undefined) return { origin, path: basePath + call.path };
  const own = new URL(place.provider.base);
  if (origin === own.origin && basePath === own.pathname) {
    const root = new URL(call.root);
    return { origin: root.origin, path: root.pathname.replace(/\/$/, '') + call.path };
  }
  const above = basePath.endsWith(own.pathname)
    ? basePath.slice(0, -own.pathname.length)
    : basePath;
  return { origin, path: above + call.path };
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const added = new URLSearchParams(query).toString();
  if (added === '') return path;
  return `${path}${path.includes('?') ? '&' : '?'}${added}`;
}
