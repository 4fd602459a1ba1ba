/** What the monitor must know of a provider key, and how it asks in its name. */
import type { Nanos } from '../../contract/money.ts';
import type { ProviderKey, ProviderKeys } from '../provider-keys/provider-keys.ts';
import { type Ask, findProvider, type Provider } from '../providers/providers.ts';
import type { Anchor } from './anchor.ts';

export interface WatchedKey {
  readonly id: string;
  /** A user's id, or null for the installation. */
  readonly owner: string | null;
  readonly name: string;
  /** How its secret may be shown: another one is another key to its provider. */
  readonly masked: string;
  readonly provider: Provider;
  /** A name for the host that is asked about it: what is asked of one host shares one rate. */
  readonly lane: string;
  /** Below it the key is low; in the currency of its balance. Null: only empty is too little. */
  readonly threshold: Nanos | null;
  readonly checkIntervalMinutes: number | null;
  /** Make a tiny completion with it now and then, which costs money. */
  readonly probe: boolean;
  /** The model of its probes; null: the usual one of its provider. */
  readonly probeModel: string | null;
  readonly anchor: Anchor | null;
}

export interface WatchedKeys {
  /** Those that are switched on and to be watched. */
  watched(): readonly WatchedKey[];
  /** Any key that is not deleted. */
  find(id: string): WatchedKey | null;
  /** Ids of deleted keys with the same secret, of the same owner. */
  formerOf(id: string): readonly string[];
  /** Asks in the name of a key; the secret stays where it is. */
  account(id: string): Ask;
}

/** The keys that we hold, as the monitor sees them. */
export function watchedKeys(
  held: Pick<ProviderKeys, 'list' | 'find' | 'formerOf' | 'account'>,
): WatchedKeys {
  return {
    watched: () =>
      held
        .list('all')
        .filter(({ isActive, purposes }) => isActive && purposes.watch)
        .map(seen),
    find(id) {
      const key = held.find(id);
      return key === null ? null : seen(key);
    },
    formerOf: (id) => held.formerOf(id),
    account: (id) => held.account({ id }),
  };
}

function seen(key: ProviderKey): WatchedKey {
  const provider = findProvider(key.platform);
  if (provider === undefined) throw new Error(`there is no provider called ${key.platform}`);
  return {
    id: key.id,
    owner: key.owner,
    name: key.name,
    masked: key.masked,
    provider,
    lane: key.base === null ? key.platform : new URL(key.base).origin,
    threshold: key.thresholdNanos,
    checkIntervalMinutes: key.checkIntervalMinutes,
    probe: key.probe,
    probeModel: key.probeModel,
    anchor: key.anchor,
  };
}
