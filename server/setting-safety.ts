/** What can be set and should not be. In production some of it refuses to start; the rest is told to the operator. */
import { guessable } from './setting-kinds.ts';

export interface Safety {
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

/** A hundred random bits in base64 come to about so many letters. */
const TOKEN_LETTERS_MIN = 16;

/** @param seen the values in force, by the name of the setting */
export function safetyOf(seen: ReadonlyMap<string, unknown>): Safety {
  const isProduction = seen.get('ENV') === 'production';
  const token = seen.get('ADMIN_TOKEN');
  if (token !== undefined && token === seen.get('METRICS_TOKEN')) {
    const problem =
      'METRICS_TOKEN is the same as ADMIN_TOKEN: it is for whoever may read metrics and nothing else.';
    return { problems: [problem], notices: [] };
  }
  if (!isProduction) {
    const weakness = typeof token === 'string' ? guessable(token) : undefined;
    return { problems: [], notices: weakness === undefined ? [] : [`ADMIN_TOKEN ${weakness}.`] };
  }
  const weakness = typeof token === 'string' ? weaknessOf(token) : undefined;
  return {
    problems: weakness === undefined ? [] : [`ADMIN_TOKEN ${weakness}.`],
    notices: inProduction(seen),
  };
}

function weaknessOf(token: string): string | undefined {
  const isShort = token.length < TOKEN_LETTERS_MIN;
  return (
    guessable(token) ?? (isShort ? `is shorter than ${TOKEN_LETTERS_MIN} characters` : undefined)
  );
}

function inProduction(seen: ReadonlyMap<string, unknown>): string[] {
  const proxies = seen.get('TRUST_PROXY');
  const hasNoProxy = Array.isArray(proxies) && proxies.length === 0;
  return [
    ...(hasNoProxy
      ? [
          'ENV is production, and TRUST_PROXY is not set: put a proxy that ends TLS in front and name it there. Session cookies travel over TLS only, and every caller counts as the one address of the proxy.',
        ]
      : []),
    ...(seen.get('REGISTRATION') === 'open'
      ? ['REGISTRATION is open in production: anybody who reaches the server can make an account.']
      : []),
    ...(seen.get('INTRANET_LOGIN') === true
      ? ['INTRANET_LOGIN is on in production: whoever says a name is that person.']
      : []),
    ...(seen.get('DASHBOARD_PUBLIC') === true
      ? ['DASHBOARD_PUBLIC is on in production: anybody who reaches the server sees the totals.']
      : []),
    ...(seen.get('SELF_SERVICE_KEYS') === true
      ? ['SELF_SERVICE_KEYS is on in production: anybody who reaches the server gets a key.']
      : []),
  ];
}
