/** Reads a request and decides what it is, who may serve it, and what is sent. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { MODEL_LETTERS_MAX } from '../../../contract/usage.ts';
import { mayUse, type VirtualKey } from '../../accounts/accounts.ts';
import { Failure } from '../../failure.ts';
import type { RoutedKey } from '../../provider-keys/provider-keys.ts';
import type { JsonObject } from '../../providers/providers.ts';
import {
  costsNothing,
  deploymentAt,
  deploymentOf,
  meaningOf,
  type PathMeaning,
  plainPath,
} from './paths.ts';
import {
  countParts,
  formFields,
  formParts,
  parseBody,
  withIncludeUsage,
  withMember,
} from './request-body.ts';
import { nextTurn } from './turn.ts';

export interface Plan extends PathMeaning {
  /** The path below /v1, decoded, for records. */
  readonly endpoint: string;
  /** The path below /v1 with its query, as it came. */
  readonly rest: string;
  readonly parsed: JsonObject | null;
  readonly body: Buffer | Readable | null;
  /** As the body names it, else the deployment. */
  readonly model: string | null;
  /** Decides at the provider which model answers, whatever the body says. */
  readonly deployment: string | null;
  /** How many pictures are asked for, as it came. */
  readonly pictures: unknown;
  /** How many come with a form, to be worked on; null where it cannot be told. */
  readonly given: number | null;
  readonly streamed: boolean;
  /** The caller asked for the usage chunk of a stream. */
  readonly wantsUsage: boolean;
}

export interface Incoming {
  readonly method: string;
  /** Path and query as they came: `/v1/chat/completions?x=1`. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly source: Readable;
}

/** A request with the key that authenticated it. `reply` gets the answer. */
export interface Call extends Incoming {
  readonly id: string;
  readonly key: VirtualKey;
  /** The key as it is by now. @throws Failure `invalid_api_key` if the credential opens nothing any more */
  renewKey(): VirtualKey;
  readonly reply: ServerResponse;
}

const PREFIX = '/v1/';

/**
 * @throws Failure for paths that are not forwarded (`not_found`, `account_path_forbidden`) and bodies that cannot be
 *   read (`invalid_request`, `unsupported_media_type`, `body_too_large`)
 */
export async function makePlan(incoming: Incoming, bodyBytesMax: number): Promise<Plan> {
  const { method, url, headers, source } = incoming;
  // A router may have decoded what stands here as it came: `/%76%31/` is not our prefix.
  if (!url.startsWith(PREFIX)) throw new Failure('not_found');
  if (headers.upgrade?.toLowerCase() === 'websocket')
    throw new Failure('invalid_request', NO_SOCKETS);
  const rest = url.slice(PREFIX.length);
  const queryAt = rest.indexOf('?');
  const endpoint = plainPath(queryAt === -1 ? rest : rest.slice(0, queryAt));
  const meaning = meaningOf(method, endpoint, headers);
  const deployment = deploymentOf(endpoint)?.slice(0, MODEL_LETTERS_MAX) ?? null;
  // Counting tokens costs nothing, but only who has the model can do it.
  const counts = meaning.pathClass === 'free' && method === 'POST';
  if (meaning.wire === null && !counts) {
    const body = hasBody(method, headers) ? passing(source) : null;
    const model = meaning.pathClass === 'free' ? modelAskedAfter(endpoint) : null;
    return { ...meaning, ...NOTHING_READ, endpoint, deployment, rest, body, model };
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new Failure('unsupported_media_type', NOT_COMPRESSED);
  }
  const body = await readWhole(source, headers, bodyBytesMax);
  await nextTurn();
  const type = headers['content-type'] ?? '';
  // A form only where forms are taken: a provider that ignores the type would read JSON that we did not.
  if ((meaning.wire === 'images' || meaning.wire === 'audio') && /^multipart\//i.test(type)) {
    const parts = formParts(body, type);
    const { model, n, stream = '' } = formFields(parts, ['model', 'n', 'stream']);
    const read = {
      model: model ?? deployment,
      pictures: n === null ? Number.NaN : n,
      given: countParts(parts, GIVEN_PICTURE),
      streamed: TRUE.test(stream ?? ''),
    };
    return { ...meaning, ...NOTHING_READ, endpoint, deployment, rest, body, ...read };
  }
  const parsed = parseBody(body);
  const inBackground = meaning.wire === 'responses' && isInBackground(parsed);
  const options = parsed['stream_options'] as JsonObject | null | undefined;
  return {
    ...(inBackground ? { ...meaning, ...UNMETERED } : meaning),
    endpoint,
    rest,
    parsed,
    body,
    model: modelIn(parsed) ?? deployment,
    deployment,
    pictures: parsed['n'],
    given: 0,
    streamed: parsed['stream'] === true,
    wantsUsage: options?.['include_usage'] === true,
  };
}

/**
 * What runs in the background states its usage to nobody. On other paths the word means something else, or nothing.
 *
 * @throws Failure `invalid_request` for what some servers take for true
 */
function isInBackground({ background = null }: JsonObject): boolean {
  if (background === null || typeof background === 'boolean') return background === true;
  const sentence = '"background" must be true or false.';
  throw new Failure('invalid_request', { sentence, param: 'background' });
}

/** A picture that is to be worked on: `image`, or `image[]` for each of several. */
const GIVEN_PICTURE = /^image(?:\[\d*\])?$/i;

/** What servers take for true in a form. */
const TRUE = /^\s*(?:true|1)\s*$/i;

const NOT_COMPRESSED = {
  sentence:
    'The body is compressed, and here it is read as it is. Send it without Content-Encoding.',
};

/** Sent on as a plain request it would get an answer that no such client understands. */
const NO_SOCKETS = {
  sentence:
    'WebSockets are not forwarded: what passes through one cannot be metered. Use plain HTTP.',
};

/** An empty name is none. */
function modelIn({ model }: JsonObject): string | null {
  return typeof model === 'string' && model !== '' ? model.slice(0, MODEL_LETTERS_MAX) : null;
}

/** Of `models/NAME`, where what is known of one model is asked for. */
function modelAskedAfter(endpoint: string): string | null {
  const name = endpoint.startsWith(MODELS) ? endpoint.slice(MODELS.length) : '';
  return name === '' ? null : name.slice(0, MODEL_LETTERS_MAX);
}

const MODELS = 'models/';

const UNMETERED = { pathClass: 'unmetered', wire: null } as const;

const NOTHING_READ = {
  parsed: null,
  model: null,
  pictures: 1,
  given: 0,
  streamed: false,
  wantsUsage: false,
} as const;

/**
 * What cannot be metered is for keys that may. Whatever is metered must name models that its key may use, also those to
 * fall back to. Where no model can be told, a key of certain models has no business. Where a deployment decides, its
 * name must be one of theirs as well: a body may claim what it likes.
 *
 * @throws Failure `unmetered_path_forbidden`, `model_forbidden`
 */
export function assertAllowed(key: VirtualKey, plan: Plan): void {
  const { models, allowUnmetered } = key;
  if (plan.pathClass === 'unmetered' && !allowUnmetered) {
    throw new Failure('unmetered_path_forbidden');
  }
  if (models === null || costsNothing(plan.pathClass)) return;
  const others: unknown = plan.parsed?.['models'];
  const named = [plan.model, ...(Array.isArray(others) ? others : [])];
  if (plan.deployment !== null) named.push(plan.deployment);
  const asked = named.map((name) => (typeof name === 'string' ? name : null));
  const wrong = asked.find((model) => !mayUse(key, model));
  if (wrong === undefined) return;
  const may = `This key may use ${models.length === 0 ? 'no model' : models.join(', ')}`;
  const asks = wrong === null ? 'this request names no model' : `this request asks for ${wrong}`;
  throw new Failure('model_forbidden', {
    param: 'model',
    sentence: `${may}; ${asks}.`.slice(0, SENTENCE_LETTERS_MAX),
    refusal: { rule: 'models', scope: 'key', asked: wrong, allowed: models },
  });
}

/** A name may be as long as a body. */
const SENTENCE_LETTERS_MAX = 1_000;

function hasBody(method: string, headers: IncomingHttpHeaders): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
}

/**
 * A body that is not read here. A provider may answer before its end, or hang up, and then what is left of it is thrown
 * away together with this stream, but not the connection to the caller, who has yet to get the answer.
 */
function passing(source: Readable): Readable {
  return Readable.from(source.iterator({ destroyOnReturn: false }), { objectMode: false });
}

/** @throws Failure `body_too_large`, `invalid_request` if the caller hangs up in mid-body */
function readWhole(source: Readable, headers: IncomingHttpHeaders, max: number): Promise<Buffer> {
  if (Number(headers['content-length']) > max) {
    return Promise.reject(new Failure('body_too_large'));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    source.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > max) {
        source.pause();
        source.removeAllListeners('data');
        reject(new Failure('body_too_large'));
      } else chunks.push(chunk);
    });
    source.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    );
    source.on('close', () => {
      if (source.readableEnded) return;
      reject(new Failure('invalid_request', { sentence: 'The body is incomplete.' }));
    });
  });
}

/**
 * What goes to one provider key: the body, with the usage asked for where that is the way to get it, and
 * with the bound of the output where the caller's money covers no more.
 */
export function bodyFor(
  plan: Plan,
  key: RoutedKey,
  outputBound: number | null,
): { body: Plan['body']; usageAdded: boolean } {
  const { body, parsed, wire, streamed, wantsUsage } = plan;
  if (parsed === null || !Buffer.isBuffer(body)) return { body, usageAdded: false };
  const { routing } = key.provider;
  let sent = body;
  if (outputBound !== null && (wire === 'chat' || wire === 'completions')) {
    const model = deploymentFor(plan, key) ?? plan.model;
    const name = wire === 'chat' ? routing.chatBound(model) : 'max_tokens';
    sent = withMember(sent, parsed, { name, json: String(outputBound) });
  } else if (outputBound !== null && (wire === 'responses' || wire === 'messages')) {
    const name = wire === 'responses' ? 'max_output_tokens' : 'max_tokens';
    sent = withMember(sent, parsed, { name, json: String(outputBound) });
  }
  const asks = streamed && (wire === 'chat' || wire === 'completions');
  if (!asks || wantsUsage || routing.streamUsage !== 'when asked') {
    return { body: sent, usageAdded: false };
  }
  const asking = withIncludeUsage(sent, parsed);
  return { body: asking ?? sent, usageAdded: asking !== null };
}

/**
 * The names that a price is looked up by, best first. The asked-for one comes first, as it is what the operator's own
 * prices speak of, then the one that was served. With a deployment that is what was asked for: what its body claims is
 * heard last, and not before it is served, or who claims a cheap model would have the dear one for its price. Where
 * the operator named the deployment, in the base address, it may be heard before: nobody else can be served there. Of
 * several models that a body names, the one that was served is the one that is billed.
 *
 * @param served null where the answer does not tell, undefined where there is none yet
 */
export function namesForPrice(
  plan: Plan,
  key: Pick<RoutedKey, 'basePath' | 'provider'>,
  served?: string | null,
): readonly (string | null)[] {
  const { model, deployment } = plan;
  if (deployment !== null && served === undefined) return [deployment];
  const decides = deploymentFor(plan, key);
  if (decides !== null) return [decides, served ?? null, model];
  const isAnyOfSeveral = served !== undefined && Array.isArray(plan.parsed?.['models']);
  if (isAnyOfSeveral) return [served, model];
  return [model ?? unnamedModel(plan, key), served ?? null];
}

/** The deployment that a request goes to with a key: that of its path, or else that of the key's address; null: to none. */
function deploymentFor({ deployment }: Plan, { basePath }: Pick<RoutedKey, 'basePath'>) {
  return deployment ?? deploymentAt(basePath);
}

/** The deployments that a request may go to with one of these keys. */
export function deploymentsOf(
  plan: Plan,
  keys: readonly Pick<RoutedKey, 'basePath'>[],
): readonly string[] {
  return keys.map((key) => deploymentFor(plan, key)).filter((name) => name !== null);
}

function unnamedModel({ wire }: Plan, { provider }: Pick<RoutedKey, 'provider'>): string | null {
  return (wire === null ? null : provider.routing.unnamedModel?.[wire]) ?? null;
}

/** More are an attempt to be busy with their prices. */
const FALLBACKS_MAX = 20;

/**
 * The models that a body names for a provider to fall back to.
 *
 * @throws Failure `invalid_request` if they are too many
 */
export function fallbackModels({ parsed }: Plan): readonly string[] {
  const models: unknown = parsed?.['models'];
  if (!Array.isArray(models)) return [];
  if (models.length > FALLBACKS_MAX) {
    const sentence = `"models" may name ${FALLBACKS_MAX} models at most.`;
    throw new Failure('invalid_request', { sentence, param: 'models' });
  }
  return models.filter((model) => typeof model === 'string');
}

/** The path at the provider: always below its base address, with the query kept and completed. */
export function pathAt(plan: Plan, key: RoutedKey): string {
  let path = `${key.basePath}/${plan.rest}`;
  const added = Object.entries(key.query);
  if (added.length === 0) return path;
  const queryAt = plan.rest.indexOf('?');
  const given = new URLSearchParams(queryAt === -1 ? '' : plan.rest.slice(queryAt + 1));
  for (const [name, value] of added) {
    if (given.has(name)) continue;
    path += `${path.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
  }
  return path;
}
