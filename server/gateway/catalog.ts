/** Which provider key serves which model: what the providers list, asked in the background. */
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Outbound } from '../outbound.ts';
import type { ProviderKeys, RoutedKey } from '../provider-keys/provider-keys.ts';
import type { Dialect, JsonObject } from '../providers/providers.ts';

const LIST_BYTES_MAX = 16 * 1024 * 1024;
const REFRESH_MS = 15 * 60_000;
/** So long the first requests wait for lists; a provider that is slower is asked for nothing it alone lists. */
const FIRST_LISTS_MS = 5_000;

/** One entry of a provider's list, as the provider wrote it. */
export interface ListedModel {
  readonly key: RoutedKey;
  readonly id: string;
  readonly entry: JsonObject;
}

export interface Catalog {
  /**
   * The provider keys that may serve a request, best first: those whose provider lists the model,
   * else the default route.
   *
   * @throws Failure `no_upstream`, `no_upstream_for_dialect`
   */
  candidates(dialect: Dialect, model: string | null): Promise<readonly RoutedKey[]>;
  /** Every listed model once, the first key that lists it winning. Waits for a list that is out of date. */
  models(): Promise<readonly ListedModel[]>;
}

export interface CatalogDeps {
  readonly providerKeys: ProviderKeys;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly log: Log;
}

export function createCatalog(deps: CatalogDeps): Catalog {
  const { providerKeys, clock } = deps;
  const lists = new Map<string, readonly ListedModel[]>();
  const names = new Map<string, ReadonlySet<string>>();
  let refreshedAt = Number.NEGATIVE_INFINITY;
  let refreshing: Promise<void> | null = null;

  const refreshKey = async (key: RoutedKey): Promise<void> => {
    try {
      const list = await listModels(deps, key);
      lists.set(key.id, list);
      names.set(key.id, new Set(list.map(({ id }) => id)));
    } catch (error) {
      // The last good list stays: a provider that is down for a moment has not lost its models.
      deps.log.warn({ providerKey: key.id, err: error }, 'the list of models could not be read');
    }
  };
  const refresh = (): Promise<void> => {
    refreshing ??= Promise.all(providerKeys.routed(null).map(refreshKey)).then(() => {
      refreshedAt = clock.elapsed();
      refreshing = null;
    });
    return refreshing;
  };
  const isStale = (): boolean => clock.elapsed() - refreshedAt > REFRESH_MS;
  let firstLists: Promise<void> | null = null;
  const awaitFirstLists = (): Promise<void> => {
    firstLists ??= new Promise((resolve) => {
      const giveUp = clock.after(FIRST_LISTS_MS, resolve);
      void refresh().then(() => {
        giveUp();
        resolve();
      });
    });
    return firstLists;
  };

  return {
    async candidates(dialect, model) {
      const all = providerKeys.routed(null);
      if (all.length === 0) throw new Failure('no_upstream');
      const speaking = speakersOf(dialect, all);
      const first = speaking[0];
      if (first === undefined) throw new Failure('no_upstream_for_dialect');
      if (speaking.length === 1 || model === null) return [first];
      // With some of the lists only, a model of another one would go to the default route.
      if (refreshedAt === Number.NEGATIVE_INFINITY) await awaitFirstLists();
      else if (isStale()) void refresh();
      const listing = speaking.filter((key) => names.get(key.id)?.has(model));
      return listing.length > 0 ? listing : [first];
    },
    async models() {
      if (isStale()) await refresh();
      const united = new Map<string, ListedModel>();
      for (const key of providerKeys.routed(null)) {
        for (const model of lists.get(key.id) ?? []) {
          if (!united.has(model.id)) united.set(model.id, model);
        }
      }
      return [...united.values()];
    },
  };
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
  const query = new URLSearchParams(key.query).toString();
  const path = `${key.basePath}/models${query === '' ? '' : `?${query}`}`;
  const answer = await deps.outbound.fetchJson(
    { origin: key.origin, path, method: 'GET', headers, body: null, userGiven: key.userGiven },
    LIST_BYTES_MAX,
  );
  const data = (answer.body as { data?: unknown } | null)?.data;
  if (answer.status !== 200 || !Array.isArray(data)) {
    throw new Failure('upstream_unreadable', { detail: `models: status ${answer.status}` });
  }
  const listed: ListedModel[] = [];
  for (const entry of data as unknown[]) {
    const id = (entry as { id?: unknown } | null)?.id;
    if (typeof id === 'string') listed.push({ key, id, entry: entry as JsonObject });
  }
  return listed;
}
