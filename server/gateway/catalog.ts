/** Which provider key serves which model: what the providers list, asked in the background. */
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Outbound } from '../outbound.ts';
import type { ProviderKeys, RoutedKey } from '../provider-keys/provider-keys.ts';
import {
  type Dialect,
  type JsonObject,
  type ModelLimits,
  readModelLimits,
  UNKNOWN_LIMITS,
} from '../providers/providers.ts';
import { notPaid, type Serving } from './request/payer.ts';

const LIST_BYTES_MAX = 16 * 1024 * 1024;
const REFRESH_MS = 15 * 60_000;
/** A list that could not be read is asked for again sooner, but not with every request. */
const RETRY_MS = 60_000;
/** So long the first requests wait for lists; a provider that is slower is asked for nothing it alone lists. */
const FIRST_LISTS_MS = 5_000;
/** So long a list may take in all: people wait for it, and a provider that is slower is asked again soon. */
const LIST_DEADLINE_MS = 10_000;
/** Lists of members' keys in memory; the operator's are all kept. */
const MEMBER_LISTS_MAX = 200;

/** One entry of a provider's list, as the provider wrote it, but by its plain name. */
export interface ListedModel {
  readonly key: RoutedKey;
  readonly id: string;
  readonly entry: JsonObject;
}

export interface Catalog {
  /**
   * The provider keys that may serve a request, best first, all of one payer: the user's own, if one of them may serve
   * it, else the operator's. Among those: the one that the caller is bound to; else the keys whose provider lists the
   * model, else the default route.
   *
   * @throws Failure `no_upstream`, `no_upstream_for_dialect`, `forbidden`
   */
  candidates(
    serving: Serving,
    dialect: Dialect,
    model: string | null,
  ): Promise<readonly RoutedKey[]>;
  /**
   * Every listed model once, the first key that lists it winning. Waits for a list that is out of date, for a bounded
   * time; what was last read stands in for one that does not come.
   */
  models(serving: Serving): Promise<readonly ListedModel[]>;
  /** What the key's provider says of the model in the list that was last read; nobody asks for one because of this. */
  limits(key: RoutedKey, model: string | null): ModelLimits;
}

export interface CatalogDeps {
  readonly providerKeys: ProviderKeys;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly log: Log;
}

export function createCatalog(deps: CatalogDeps): Catalog {
  const { providerKeys } = deps;
  const lists = new Lists(deps);
  const own = ({ userId }: Serving): readonly RoutedKey[] =>
    userId === null ? [] : providerKeys.routed(userId);
  const visible = (serving: Serving): readonly RoutedKey[] =>
    serving.shared ? [...own(serving), ...providerKeys.routed(null)] : own(serving);

  /** Those of one payer that list the model, else its default route. */
  const choose = (keys: readonly RoutedKey[], model: string | null) =>
    model === null || keys.length < 2 ? keys.slice(0, 1) : chooseListed(keys, model);
  const chooseListed = async (keys: readonly RoutedKey[], model: string) => {
    // With some of the lists only, a model of another one would go to the default route.
    await lists.ready(keys);
    const listing = keys.filter((key) => lists.tells(key, model) === true);
    return listing.length > 0 ? listing : keys.slice(0, 1);
  };
  return {
    async candidates(serving, dialect, model) {
      if (serving.pin !== null) return [pinned(serving.pin, visible(serving), dialect)];
      const mine = speakersOf(dialect, own(serving));
      const all = providerKeys.routed(null);
      const shared = serving.shared ? speakersOf(dialect, all) : [];
      if (mine.length === 0) {
        if (all.length === 0 && own(serving).length === 0) throw new Failure('no_upstream');
        if (!serving.shared) throw notPaid();
        if (shared.length === 0) throw new Failure('no_upstream_for_dialect');
        return await choose(shared, model);
      }
      if (shared.length === 0 || model === null) return await choose(mine, model);
      await lists.ready(mine);
      // A key whose list nobody knows may serve anything.
      const able = mine.filter((key) => lists.tells(key, model) !== false);
      return await choose(able.length > 0 ? able : shared, model);
    },
    async models(serving) {
      const keys = visible(serving);
      await lists.fresh(keys);
      const united = new Map<string, ListedModel>();
      for (const key of keys) {
        for (const model of lists.of(key)) {
          if (!united.has(model.id)) united.set(model.id, model);
        }
      }
      return [...united.values()];
    },
    limits: (key, model) => lists.limits(key, model),
  };
}

/** The one key that may serve, whatever it lists. @throws Failure `no_upstream`, `no_upstream_for_dialect` */
function pinned(id: string, keys: readonly RoutedKey[], dialect: Dialect): RoutedKey {
  const key = keys.find((one) => one.id === id);
  if (key === undefined) {
    const sentence =
      'The provider key that this key is bound to was deleted, is switched off, or may not serve it.';
    throw new Failure('no_upstream', { sentence });
  }
  if (key.provider.dialects.includes(dialect)) return key;
  throw new Failure('no_upstream_for_dialect');
}

interface List {
  readonly key: RoutedKey;
  /** Null until one was read. */
  models: readonly ListedModel[] | null;
  /** By the name of the model. */
  limits: ReadonlyMap<string, ModelLimits>;
  /** On the clock that never jumps. */
  dueAt: number;
  reading: Promise<void> | null;
  /** Ends with the first reading, or when waiting for it is given up. */
  first: Promise<void> | null;
}

/** The lists of all keys that were asked for one. */
class Lists {
  readonly #deps: CatalogDeps;
  /** By the key's id. */
  readonly #lists = new Map<string, List>();

  constructor(deps: CatalogDeps) {
    this.#deps = deps;
  }

  /** Waits for first lists, for a bounded time, and has old ones read again without waiting. */
  async ready(keys: readonly RoutedKey[]): Promise<void> {
    let waiting: Promise<void>[] | null = null;
    for (const key of keys) {
      const list = this.#listOf(key);
      if (list.models === null && list.dueAt === FIRST) {
        waiting ??= [];
        waiting.push(this.#firstOf(list));
      } else if (this.#isDue(list)) void this.#read(list);
    }
    if (waiting !== null) await Promise.all(waiting);
  }

  /** Waits until no list is out of date. */
  async fresh(keys: readonly RoutedKey[]): Promise<void> {
    const due = keys.map((key) => this.#listOf(key)).filter((list) => this.#isDue(list));
    await Promise.all(due.map((list) => this.#read(list)));
  }

  /** Does the key's provider list the model? Null: its list could not be read. */
  tells(key: RoutedKey, model: string): boolean | null {
    const list = this.#listOf(key);
    return list.models === null ? null : list.limits.has(model);
  }

  limits(key: RoutedKey, model: string | null): ModelLimits {
    return (model === null ? undefined : this.#known(key)?.limits.get(model)) ?? UNKNOWN_LIMITS;
  }

  of(key: RoutedKey): readonly ListedModel[] {
    return this.#listOf(key).models ?? [];
  }

  #isDue(list: List): boolean {
    return list.reading !== null || this.#deps.clock.elapsed() >= list.dueAt;
  }

  /** A key that was given another address has another list. */
  #known(key: RoutedKey): List | undefined {
    const list = this.#lists.get(key.id);
    return list?.key.origin === key.origin && list.key.basePath === key.basePath ? list : undefined;
  }

  #listOf(key: RoutedKey): List {
    const known = this.#known(key);
    if (known !== undefined) return known;
    const list = { key, models: null, limits: NO_LIMITS, dueAt: FIRST, reading: null, first: null };
    this.#forgetSome();
    this.#lists.set(key.id, list);
    return list;
  }

  #firstOf(list: List): Promise<void> {
    list.first ??= new Promise((resolve) => {
      const giveUp = this.#deps.clock.after(FIRST_LISTS_MS, resolve);
      void this.#read(list).then(() => {
        giveUp();
        resolve();
      });
    });
    return list.first;
  }

  #read(list: List): Promise<void> {
    list.reading ??= this.#readNow(list).finally(() => {
      list.reading = null;
    });
    return list.reading;
  }

  async #readNow(list: List): Promise<void> {
    const { clock, log } = this.#deps;
    try {
      const models = await listModels(this.#deps, list.key);
      list.models = models;
      list.limits = limitsOf(models, list.key);
      list.dueAt = clock.elapsed() + REFRESH_MS;
    } catch (error) {
      // The last good list stays: a provider that is down for a moment has not lost its models.
      log.warn({ providerKey: list.key.id, err: error }, 'the list of models could not be read');
      list.dueAt = clock.elapsed() + RETRY_MS;
    }
  }

  /** Lets go of keys that serve no more, and of the oldest lists of members beyond the bound. */
  #forgetSome(): void {
    const members: string[] = [];
    for (const [id, { key }] of this.#lists) {
      const serves = this.#deps.providerKeys.routed(key.owner).some((other) => other.id === id);
      if (!serves) this.#lists.delete(id);
      else if (key.owner !== null) members.push(id);
    }
    for (const id of members.slice(0, Math.max(0, members.length - MEMBER_LISTS_MAX))) {
      this.#lists.delete(id);
    }
  }
}

const FIRST = Number.NEGATIVE_INFINITY;
const NO_LIMITS: ReadonlyMap<string, ModelLimits> = new Map();

/** By every name that a request may give. */
function limitsOf(
  models: readonly ListedModel[],
  { provider }: RoutedKey,
): ReadonlyMap<string, ModelLimits> {
  const prefix = provider.routing.listedPrefix;
  const limits = new Map<string, ModelLimits>();
  for (const { id, entry } of models) {
    const known = readModelLimits(entry);
    limits.set(id, known);
    if (prefix !== undefined) limits.set(prefix + id, known);
  }
  return limits;
}

/** Those that speak a dialect; a server of unknown make comes after the vendors whose dialect it is. */
function speakersOf(dialect: Dialect, keys: readonly RoutedKey[]): readonly RoutedKey[] {
  const speaking = keys.filter(({ provider }) => provider.dialects.includes(dialect));
  if (dialect === 'openai') return speaking;
  const isVendor = ({ provider }: RoutedKey): boolean => provider.id !== 'custom';
  return [...speaking.filter(isVendor), ...speaking.filter((key) => !isVendor(key))];
}

async function listModels(deps: CatalogDeps, key: RoutedKey): Promise<readonly ListedModel[]> {
  const { provider } = key;
  const dialect = provider.dialects[0] ?? 'openai';
  const headers = deps.providerKeys.lend(key, (secret) => ({
    ...provider.routing.defaultHeaders,
    ...key.headers,
    ...provider.routing.authorize(secret, dialect),
    accept: 'application/json',
    'accept-encoding': 'identity',
  }));
  const { modelsQuery, listedPrefix = '' } = provider.routing;
  const query = new URLSearchParams({ ...key.query, ...modelsQuery }).toString();
  const path = `${key.basePath}/models${query === '' ? '' : `?${query}`}`;
  const answer = await deps.outbound.fetchJson(
    { origin: key.origin, path, method: 'GET', headers, body: null, userGiven: key.userGiven },
    LIST_BYTES_MAX,
    LIST_DEADLINE_MS,
  );
  const data = (answer.body as { data?: unknown } | null)?.data;
  if (answer.status !== 200 || !Array.isArray(data)) {
    throw new Failure('upstream_unreadable', { detail: `models: status ${answer.status}` });
  }
  const listed: ListedModel[] = [];
  for (const entry of data as unknown[]) {
    const id = (entry as { id?: unknown } | null)?.id;
    if (typeof id !== 'string') continue;
    const name = id.startsWith(listedPrefix) ? id.slice(listedPrefix.length) : id;
    listed.push({ key, id: name, entry: { ...(entry as JsonObject), id: name } });
  }
  return listed;
}
