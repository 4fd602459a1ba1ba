/** The provider keys that the environment names. They belong to the installation and lie in memory only. */
import { findProvider, type Provider, providerForBase } from '../providers/providers.ts';
import { maskedSecret } from './key-parts.ts';
import type { ProviderKey, RoutedKey } from './provider-key.ts';
import { type AddressSettings, placeAt, UPSTREAM_ID } from './routes.ts';

export interface EnvironmentSettings extends AddressSettings {
  readonly upstream: {
    readonly apiKey: string | null;
    readonly base: string;
    readonly apiVersion: string | null;
    /** A provider id whose list prices apply, `free`, `none`, or null for the provider's own. */
    readonly prices: string | null;
  };
  readonly keys: readonly { providerId: string; secret: string }[];
}

export interface HeldKey {
  readonly key: ProviderKey;
  readonly routed: RoutedKey;
  readonly secret: string;
}

/** In order of preference: the named upstream, then as the registry has them. */
export function environmentKeys(settings: EnvironmentSettings, now: number): readonly HeldKey[] {
  const held: HeldKey[] = [];
  const { upstream } = settings;
  if (upstream.apiKey !== null) {
    const provider = providerForBase(upstream.base);
    const routed = {
      ...placeAt(provider, upstream.base, settings),
      ...{ id: UPSTREAM_ID, owner: null },
      userGiven: false,
      query: upstream.apiVersion === null ? {} : { 'api-version': upstream.apiVersion },
      ...upstreamPrices(upstream.prices, provider),
    };
    held.push(hold(routed, 'UPSTREAM_API_KEY', upstream.apiKey, now));
  }
  for (const { providerId, secret } of settings.keys) {
    const provider = findProvider(providerId);
    if (provider === undefined) throw new Error(`there is no provider called ${providerId}`);
    const place = placeAt(provider, null, settings);
    const routed = { ...place, id: `env:${providerId}`, owner: null };
    held.push(hold(routed, `${providerId.toUpperCase()}_API_KEY`, secret, now));
  }
  return held;
}

function hold(routed: RoutedKey, name: string, secret: string, now: number): HeldKey {
  const key: ProviderKey = {
    id: routed.id,
    owner: null,
    source: 'environment',
    platform: routed.provider.id,
    name,
    description: null,
    base: null,
    purposes: { watch: true, route: true },
    isActive: true,
    probe: false,
    probeModel: null,
    thresholdNanos: null,
    checkIntervalMinutes: null,
    anchor: null,
    masked: maskedSecret(secret),
    keyKind: null,
    createdAt: now,
    lastUsedAt: null,
    deletedAt: null,
    formerPrint: null,
  };
  return { key, routed, secret };
}

/** A server of the operator's own may be free, priced like a provider it stands in for, or unpriced. */
function upstreamPrices(prices: string | null, provider: Provider) {
  if (prices === 'free') return { priceCatalogue: null, tiersOf: null, free: true };
  if (prices === 'none') return { priceCatalogue: null, tiersOf: null, free: false };
  const named = (prices === null ? undefined : findProvider(prices)) ?? provider;
  const { priceCatalogue, tiersOf } = named.routing;
  return { priceCatalogue, tiersOf, free: false };
}
