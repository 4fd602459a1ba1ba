/** Where provider keys live, and in which order they serve. */
import { defaultRoutes, type Provider } from '../providers/providers.ts';
import { providerOf } from './key-parts.ts';
import type { ProviderKey, RoutedKey } from './provider-key.ts';

/** The key that the operator named as the upstream. */
export const UPSTREAM_ID = 'env:upstream';

export interface AddressSettings {
  /** Another address for a provider, by its id. The operator names it, so it may be a private one. */
  readonly bases: Readonly<Record<string, string>>;
  /** Headers by provider id, such as attribution. */
  readonly headers: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Where a key of this provider lives, be it stored or only tried.
 *
 * @param base of the key itself; null for the provider's address
 */
export function placeAt(
  provider: Provider,
  base: string | null,
  settings: AddressSettings,
): Omit<RoutedKey, 'id' | 'owner'> {
  const { origin, pathname } = new URL(base ?? settings.bases[provider.id] ?? provider.base);
  return {
    provider,
    origin,
    basePath: pathname.replace(/\/+$/, ''),
    query: {},
    headers: settings.headers[provider.id] ?? {},
    userGiven: base !== null,
    priceCatalogue: provider.routing.priceCatalogue,
    tiersOf: provider.routing.tiersOf,
    free: false,
  };
}

export function routedKey(key: ProviderKey, settings: AddressSettings): RoutedKey {
  const { id, owner, platform, base } = key;
  return { ...placeAt(providerOf(platform), base, settings), id, owner };
}

/** The named upstream is the default route, else the first of the providers that are good for it, else the first. */
export function inOrder(keys: readonly RoutedKey[]): readonly RoutedKey[] {
  const rank = ({ id, provider }: RoutedKey): number => {
    if (id === UPSTREAM_ID) return -1;
    const place = defaultRoutes.indexOf(provider);
    return place === -1 ? defaultRoutes.length : place;
  };
  return [...keys].sort((one, other) => rank(one) - rank(other));
}
