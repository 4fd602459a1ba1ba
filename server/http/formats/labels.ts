/** What the ids in figures are called, as far as the caller may know. */
import type { Group } from '../../../contract/api/figures-api.ts';
import type { Accounts } from '../../accounts/accounts.ts';
import type { ProviderKey, ProviderKeys } from '../../provider-keys/provider-keys.ts';
import { findProvider } from '../../providers/providers.ts';
import type { Caller } from '../callers.ts';

export interface LabelDeps {
  readonly accounts: {
    readonly people: Pick<Accounts['people'], 'find'>;
    readonly keys: Pick<Accounts['keys'], 'find'>;
  };
  readonly providerKeys: Pick<ProviderKeys, 'everHeld'>;
}

const providerName = (id: string): string => findProvider(id)?.name ?? id;

export type LabelOf = (group: Group, id: string) => string;

/** A member learns the names of their own provider keys only; of others it is said which provider they are of. */
export function labelsFor({ accounts, providerKeys }: LabelDeps, caller: Caller): LabelOf {
  const isMine = (owner: string | null): boolean =>
    caller.kind === 'operator' || (caller.kind === 'member' && owner === caller.userId);
  const keyLabel = (id: string): string => {
    const key = accounts.keys.find(id);
    if (key === null) return id;
    return key.name ?? `${key.label} (${key.prefix}…${key.last4})`;
  };
  // Once for all rows of a list: a file has hundreds of thousands, and there may be thousands of keys.
  let held: ReadonlyMap<string, ProviderKey> | null = null;
  let namesakes: ReadonlyMap<string, readonly ProviderKey[]> = new Map();
  const providerKeyLabel = (id: string): string => {
    if (held === null) {
      const all = providerKeys.everHeld('all');
      held = new Map(all.map((key) => [key.id, key]));
      namesakes = Map.groupBy(
        all.filter(({ owner }) => isMine(owner)),
        ({ name }) => name,
      );
    }
    const key = held.get(id);
    if (key === undefined) return id;
    if (!isMine(key.owner)) return providerName(key.platform);
    const isAlone = namesakes.get(key.name)?.length === 1;
    return isAlone ? key.name : `${key.name} (${providerName(key.platform)})`;
  };
  return (group, id) => {
    if (id === '') return NONE[group];
    if (group === 'user') return accounts.people.find(id)?.username ?? id;
    if (group === 'key') return keyLabel(id);
    if (group === 'provider') return providerName(id);
    return group === 'provider_key' ? providerKeyLabel(id) : id;
  };
}

const NONE: Readonly<Record<Group, string>> = {
  user: 'nobody',
  key: 'no key',
  provider: 'not sent',
  provider_key: 'not sent',
  model: 'unknown',
};
