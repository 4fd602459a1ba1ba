/** What providers are called by people, and provider keys side by side. */
import { PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { useAsk } from '../client.ts';

/** Of an id; an id that is not known, or not yet, is its own name. */
export type ProviderName = (id: string) => string;

export function useProviderName(): ProviderName {
  const { data = [] } = useAsk(PROVIDER_KEYS_API.platforms);
  return (id) => data.find((one) => one.id === id)?.name ?? id;
}

interface Named {
  readonly name: string;
  readonly platform: string;
}

/** Provider keys where a name alone would not tell one from another: with the name of the provider, as in reports. */
export function namesApart(keys: readonly Named[], providerName: ProviderName): readonly string[] {
  const namesakes = Map.groupBy(keys, ({ name }) => name);
  return keys.map(({ name, platform }) =>
    namesakes.get(name)?.length === 1 ? name : `${name} (${providerName(platform)})`,
  );
}
