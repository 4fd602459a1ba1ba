/** What has a name that somebody begins to write: keys and people, wherever in their lists they stand. */
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData } from '@tanstack/react-query';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { VIRTUAL_KEYS_API } from '../../../contract/api/virtual-keys-api.ts';
import { useAsk } from '../client.ts';
import { type Place, placeOf } from './places.ts';
import { useProviderName } from './provider-names.ts';

export interface NamedThing {
  readonly id: string;
  readonly name: string;
  /** What tells it from others of its name. */
  readonly detail: string;
  readonly place: Place;
}

/** Fewer letters are in every name. */
const LETTERS_MIN = 2;
/** So many of each kind: who sees more writes on. */
const MOST = 5;
const PAUSE_MS = 200;

export function useNamedThings(query: string, isOperator: boolean): readonly NamedThing[] {
  const [q] = useDebouncedValue(query.trim(), PAUSE_MS);
  const asked = { placeholderData: keepPreviousData, enabled: q.length >= LETTERS_MIN };
  const virtual = useAsk(VIRTUAL_KEYS_API.list, { query: { q, limit: MOST } }, asked);
  const provider = useAsk(PROVIDER_KEYS_API.list, { query: { q } }, asked);
  const providerName = useProviderName();
  const people = useAsk(
    PEOPLE_API.users,
    { query: { q, limit: MOST } },
    { ...asked, enabled: asked.enabled && isOperator },
  );
  if (!asked.enabled) return [];
  const found = [
    ...(virtual.data?.data ?? []).map(
      ({ id, name, username, masked }) => [id, name, `${username} · ${masked}`] as const,
    ),
    ...(provider.data?.data ?? []).slice(0, MOST).map(({ id, name, platform, masked }) => {
      return [id, name, `${providerName(platform)} · ${masked}`] as const;
    }),
    ...(people.data?.data ?? []).map(
      ({ id, name, username, email }) => [id, name ?? username, email ?? username] as const,
    ),
  ];
  return found.flatMap(([id, name, detail]) => {
    const place = placeOf(id);
    return place === null || id === query.trim() ? [] : [{ id, name, detail, place }];
  });
}
