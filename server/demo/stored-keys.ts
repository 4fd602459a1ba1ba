/** The provider keys that the demo watches. */
import { parseDollars } from '../../contract/money.ts';
import { DAY_MS } from '../clock.ts';
import type { ProviderKeys } from '../provider-keys/provider-keys.ts';
import type { StoredKey } from './month.ts';

const MONTH_MS = 30 * DAY_MS;

/**
 * Stores those that are not there yet: a first start may have been cut short.
 *
 * @returns the keys that were stored now, by id
 */
export async function storeKeys(
  providerKeys: ProviderKeys,
  keys: readonly StoredKey[],
  now: number,
): Promise<ReadonlyMap<string, StoredKey>> {
  const added = new Map<string, StoredKey>();
  const known = new Set(providerKeys.everHeld(null).map(labelOf));
  for (const key of keys) {
    if (known.has(labelOf(key))) continue;
    const { platform, name, secret, thresholdUsd, anchorUsd } = key;
    const stored = await providerKeys.add({
      ...{ platform, name, secret },
      owner: null,
      description: 'invented by the demo',
      base: null,
      purposes: { watch: true, route: false },
      thresholdNanos: parseDollars(thresholdUsd ?? '') ?? null,
      checkIntervalMinutes: null,
      probe: false,
      probeModel: null,
    });
    added.set(stored.id, key);
    const amount = parseDollars(anchorUsd ?? '');
    if (amount === undefined) continue;
    await providerKeys.change(stored.id, { anchor: { amount, at: now - MONTH_MS } });
  }
  return added;
}

function labelOf({ platform, name }: { platform: string; name: string }): string {
  return `${platform} ${name}`;
}
