/**
 * The door of `provider-keys`: which credentials of providers we hold. Those named here come from the
 * environment; they belong to the operator, live in memory only and are never stored.
 */
import { findProvider, type Provider, providerForBase } from '../providers/providers.ts';

/** A provider key that serves the gateway. Its secret is reached through {@link ProviderKeys.use} alone. */
export interface RoutedKey {
  readonly id: string;
  readonly provider: Provider;
  readonly origin: string;
  /** Path of the provider's base address, without a trailing slash: `/v1`. */
  readonly basePath: string;
  /** Query parameters to add unless the caller gave them. */
  readonly query: Readonly<Record<string, string>>;
  /** Headers to add to every request, besides the credential. */
  readonly headers: Readonly<Record<string, string>>;
  /** Under whose list prices its models are charged; null: under none. */
  readonly priceCatalogue: string | null;
  /** Declared free by the operator: a local server. */
  readonly free: boolean;
}

export interface ProviderKeySettings {
  readonly upstream: {
    readonly apiKey: string | null;
    readonly base: string;
    readonly apiVersion: string | null;
    /** A provider id whose list prices apply, `free`, `none`, or null for the provider's own. */
    readonly prices: string | null;
  };
  readonly keys: readonly { providerId: string; secret: string; base: string | null }[];
  /** Headers by provider id, such as attribution. */
  readonly headers: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface ProviderKeys {
  /** In order of preference: the first is the default route. */
  routed(): readonly RoutedKey[];
  /** Lends the secret to `work` and to nobody else. */
  use<T>(key: RoutedKey, work: (secret: string) => T): T;
}

export function createProviderKeys(settings: ProviderKeySettings): ProviderKeys {
  const secrets = new Map<string, string>();
  const routed: RoutedKey[] = [];
  const { upstream } = settings;
  if (upstream.apiKey !== null) {
    const provider = providerForBase(upstream.base);
    secrets.set('env:upstream', upstream.apiKey);
    routed.push({
      ...place('env:upstream', provider, upstream.base),
      query: upstream.apiVersion === null ? {} : { 'api-version': upstream.apiVersion },
      headers: settings.headers[provider.id] ?? {},
      ...upstreamPrices(upstream.prices, provider),
    });
  }
  for (const { providerId, secret, base } of settings.keys) {
    const provider = findProvider(providerId);
    if (provider === undefined) throw new Error(`there is no provider called ${providerId}`);
    const id = `env:${providerId}`;
    secrets.set(id, secret);
    routed.push({
      ...place(id, provider, base ?? provider.base),
      query: {},
      headers: settings.headers[providerId] ?? {},
      priceCatalogue: provider.routing.priceCatalogue,
      free: false,
    });
  }
  return {
    routed: () => routed,
    use(key, work) {
      const secret = secrets.get(key.id);
      if (secret === undefined) throw new Error(`no secret is held for ${key.id}`);
      return work(secret);
    },
  };
}

function place(id: string, provider: Provider, base: string) {
  const { origin, pathname } = new URL(base);
  return { id, provider, origin, basePath: pathname.replace(/\/+$/, '') };
}

/** A server of the operator's own may be free, priced like a provider it stands in for, or unpriced. */
function upstreamPrices(prices: string | null, provider: Provider) {
  if (prices === 'free') return { priceCatalogue: null, free: true };
  if (prices === 'none') return { priceCatalogue: null, free: false };
  const named = (prices === null ? undefined : findProvider(prices)) ?? provider;
  return { priceCatalogue: named.routing.priceCatalogue, free: false };
}
