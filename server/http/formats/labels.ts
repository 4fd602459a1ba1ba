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

/** The keys whose names the caller may know. */
type ByName = ReadonlyMap<string, readonly ProviderKey[]>;

export type LabelOf = (group: Group, id: string) => string;

/**
 * What provider keys are called side by side, in a chart or a list for people: two of a name are told apart. Where a row
 * gives the id as well, {@link providerKeyNames} are what is asked for.
 */
export function labelsFor({ accounts, providerKeys }: LabelDeps, caller: Caller): LabelOf {
  const keyLabel = (id: string): string => {
    const key = accounts.keys.find(id);
    if (key === null) return id;
    return key.name ?? `${key.label} (${key.prefix}…${key.last4})`;
  };
  const apart = (key: ProviderKey, byName: ByName): string => {
    const namesakes = byName.get(key.name) ?? [];
    if (namesakes.length === 1) return key.name;
    const isOnlyOne = namesakes.filter(({ platform }) => platform === key.platform).length === 1;
    return `${key.name} (${isOnlyOne ? providerName(key.platform) : key.masked})`;
  };
  const providerKeyLabel = namerOf(providerKeys, caller, apart);
  return (group, id) => {
    if (id === '') return NONE[group];
    if (group === 'user') return accounts.people.find(id)?.username ?? id;
    if (group === 'key') return keyLabel(id);
    if (group === 'provider') return providerName(id);
    return group === 'provider_key' ? providerKeyLabel(id) : id;
  };
}

/** What each provider key is called, as its owner wrote it. */
export function providerKeyNames(
  { providerKeys }: Pick<LabelDeps, 'providerKeys'>,
  caller: Caller,
): (id: string) => string {
  const nameOf = namerOf(providerKeys, caller, ({ name }) => name);
  return (id) => (id === '' ? NONE.provider_key : nameOf(id));
}

/** A member learns the names of their own provider keys only; of others it is said which provider they are of. */
function namerOf(
  providerKeys: LabelDeps['providerKeys'],
  caller: Caller,
  nameOf: (key: ProviderKey, byName: ByName) => string,
): (id: string) => string {
  const isMine = ({ owner }: ProviderKey): boolean =>
    caller.kind === 'operator' || (caller.kind === 'member' && owner === caller.userId);
  // Once for all rows of a list: a file has hundreds of thousands, and there may be thousands of keys.
  let held: ReadonlyMap<string, ProviderKey> | null = null;
  let byName: ByName = new Map();
  return (id) => {
    if (held === null) {
      const all = providerKeys.everHeld('all');
      held = new Map(all.map((key) => [key.id, key]));
      byName = Map.groupBy(all.filter(isMine), ({ name }) => name);
    }
    const key = held.get(id);
    if (key === undefined) return id;
    return isMine(key) ? nameOf(key, byName) : providerName(key.platform);
  };
}

const NONE: Readonly<Record<Group, string>> = {
  user: 'nobody',
  key: 'no key',
  provider: 'not sent',
  provider_key: 'not sent',
  model: 'unknown',
};
