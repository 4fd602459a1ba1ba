/** What a path below /v1 means: how it is metered, or why it is not forwarded. */
import { Failure } from '../../failure.ts';
import type { Dialect, Wire } from '../../providers/providers.ts';

/**
 * `tokens` and `cost`: metered. `free`: costs nothing at any provider. `unmetered`: use that no answer
 * states. `models`: the list, which is ours to unite.
 */
export type PathClass = 'tokens' | 'cost' | 'free' | 'unmetered' | 'models';

/** Is a call of this class billed by nobody? Then nothing is reserved, held or noted for it. */
export function costsNothing(pathClass: PathClass): boolean {
  return pathClass === 'free' || pathClass === 'models';
}

export interface PathMeaning {
  readonly pathClass: PathClass;
  /** Shape of a metered answer; null where nothing is read from it. */
  readonly wire: Wire | null;
  readonly dialect: Dialect;
  /** No member bounds the output here: a provider refuses, or overlooks, those that bound it elsewhere. */
  readonly unbounded?: true;
}

/** A map, because a path may be called `constructor`. */
const METERED: ReadonlyMap<string, PathMeaning> = new Map(
  Object.entries<PathMeaning>({
    'chat/completions': { pathClass: 'tokens', wire: 'chat', dialect: 'openai' },
    completions: { pathClass: 'tokens', wire: 'completions', dialect: 'openai' },
    // Mistral's way to fill a gap in code, as editors do: asked like a completion, answered like a chat.
    'fim/completions': { pathClass: 'tokens', wire: 'chat', dialect: 'openai' },
    responses: { pathClass: 'tokens', wire: 'responses', dialect: 'openai' },
    'responses/compact': {
      ...{ pathClass: 'tokens', wire: 'responses', dialect: 'openai' },
      unbounded: true,
    },
    decisions: { pathClass: 'tokens', wire: 'responses', dialect: 'openai', unbounded: true },
    messages: { pathClass: 'tokens', wire: 'messages', dialect: 'anthropic' },
    embeddings: { pathClass: 'tokens', wire: 'embeddings', dialect: 'openai' },
    images: { pathClass: 'cost', wire: 'images', dialect: 'openai' },
    'images/generations': { pathClass: 'cost', wire: 'images', dialect: 'openai' },
    'images/edits': { pathClass: 'cost', wire: 'images', dialect: 'openai' },
    'images/variations': { pathClass: 'cost', wire: 'images', dialect: 'openai' },
    'audio/speech': { pathClass: 'cost', wire: 'audio', dialect: 'openai' },
    'audio/transcriptions': { pathClass: 'cost', wire: 'audio', dialect: 'openai' },
    'audio/translations': { pathClass: 'cost', wire: 'audio', dialect: 'openai' },
    moderations: { pathClass: 'cost', wire: 'moderations', dialect: 'openai' },
    rerank: { pathClass: 'cost', wire: 'rerank', dialect: 'openai' },
  }),
);

const FREE_POSTS: ReadonlySet<string> = new Set([
  'messages/count_tokens',
  'responses/input_tokens',
  'chat/completions/input_tokens',
  'tokenizers/estimate-token-count',
]);

/** Answered here, about the caller, in the shape that OpenRouter answers about its own callers. */
const OWN_PATHS: ReadonlySet<string> = new Set(['key', 'credits']);

/** First segments of the providers' account endpoints: they speak of our key, not of the caller's. */
const ACCOUNT_SEGMENTS: ReadonlySet<string> = new Set([
  'account',
  'activity',
  'admin',
  'analytics',
  'api-key',
  'api-keys',
  'api_keys',
  'auth',
  'billing',
  'byok',
  'credits',
  'dashboard',
  'generation',
  'key',
  'keys',
  'me',
  'metrics',
  'organization',
  'organizations',
  'projects',
  'rate-limit',
  'safety',
  'spend-limit',
  'teams',
  'usage',
  'user',
  'users',
  // They have everything that is done with our key told to an address of the caller's choice.
  'webhook_endpoints',
  'workspaces',
]);

/** What makes credentials of its own out of our key, with which a caller would be served past us, and by nobody metered. */
const CREDENTIAL_PATHS = new RegExp(
  [
    '^realtime/(?:sessions|transcription_sessions|(?:.+/)?client_secrets)$',
    '^chatkit/sessions$',
    '^tunnels/[^/]+/reveal_token$',
    '^environments/[^/]+/work/poll$',
  ].join('|'),
);

/** What stands before the path proper where a provider has a path of its own for each deployment of a model, as Azure does. */
const DEPLOYMENT = /^deployments\/([^/]+)\/(?=.)/i;

/** How often a path may be encoded in itself before it is taken for a trick. */
const DECODINGS_MAX = 4;

/**
 * The path in the one form that decisions are made on: decoded until nothing is left to decode.
 *
 * @param path what stands behind `/v1/`, as it came, without the query
 * @throws Failure `not_found` for anything that could lead out of the upstream's base address
 */
export function plainPath(path: string): string {
  // Most requests: what is named here is plain already.
  if (METERED.has(path)) return path;
  let plain = path;
  for (let round = 0; plain.includes('%'); round++) {
    if (round === DECODINGS_MAX) throw new Failure('not_found');
    try {
      plain = decodeURIComponent(plain);
    } catch {
      // A percent sign that encodes nothing: no upstream can be trusted to read it as we do.
      throw new Failure('not_found');
    }
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\u0000-\u0020\u007f?#]/.test(plain)) throw new Failure('not_found');
  for (const part of plain.replace(/\/$/, '').split(/[/\\]/)) {
    // Servers that cut path parameters off read "..;x" as a parent folder, and "keys;x" as what is not forwarded.
    if (part === '' && plain !== '') throw new Failure('not_found', EMPTY_PART);
    if (part === '' || part === '.' || part === '..' || part.includes(';')) {
      throw new Failure('not_found');
    }
  }
  if (plain.includes('\\')) throw new Failure('not_found');
  return plain.replace(/\/$/, '');
}

const EMPTY_PART = {
  sentence: 'There is nothing here: the address has two slashes where one belongs.',
};

const TWICE = {
  sentence:
    'There is nothing here: the address says /v1 twice. Leave it out at the end of the base URL.',
};

/** The name of the deployment that a path from {@link plainPath} is addressed to; null: to none. */
export function deploymentOf(plain: string): string | null {
  return DEPLOYMENT.exec(plain)?.[1] ?? null;
}

const BASE_OF_DEPLOYMENT = '/deployments/';

/** The same where the base address of a provider ends with one. */
export function deploymentAt(basePath: string): string | null {
  const at = basePath.lastIndexOf(BASE_OF_DEPLOYMENT);
  const name = at === -1 ? '' : basePath.slice(at + BASE_OF_DEPLOYMENT.length);
  return name === '' || name.includes('/') ? null : name;
}

/**
 * A path that is addressed to a deployment means what the rest of it does.
 *
 * @param method in capitals
 * @param plain a path from {@link plainPath}
 * @param headers lower-case names; tells an Anthropic client from an OpenAI one where the path does not
 * @throws Failure `account_path_forbidden`, `not_found` where a client's base URL is at fault
 */
export function meaningOf(
  method: string,
  plain: string,
  headers: Readonly<Record<string, unknown>>,
): PathMeaning {
  const asked = plain.replace(DEPLOYMENT, '');
  // Some providers read paths without regard to case, and what is metered there must be metered here.
  const rest = METERED.has(asked) ? asked : asked.toLowerCase();
  const metered = method === 'POST' ? METERED.get(rest) : undefined;
  if (metered !== undefined) return metered;
  const first = rest.slice(0, (rest.indexOf('/') + 1 || rest.length + 1) - 1);
  if (ACCOUNT_SEGMENTS.has(first) || CREDENTIAL_PATHS.test(rest)) {
    throw new Failure('account_path_forbidden');
  }
  if (first === 'v1') throw new Failure('not_found', TWICE);
  const anthropic = first === 'messages' || headers['anthropic-version'] !== undefined;
  const dialect = anthropic ? 'anthropic' : 'openai';
  const reads = method === 'GET' || method === 'HEAD';
  if (reads && plain === 'models' && !anthropic)
    return { pathClass: 'models', wire: null, dialect };
  const free = reads ? first === 'models' : method === 'POST' && FREE_POSTS.has(rest);
  return { pathClass: free ? 'free' : 'unmetered', wire: null, dialect };
}

/** The path of a call that the caller makes about itself, which no provider is asked; null for all others. */
export function ownPathOf(call: { readonly method: string; readonly url: string }): string | null {
  if (call.method !== 'GET' && call.method !== 'HEAD') return null;
  const path = call.url.slice('/v1/'.length).split('?', 1)[0] ?? '';
  return OWN_PATHS.has(path) ? path : null;
}
