/** What somebody writes into the form of a provider key, and what of it is sent: only what was changed. */
import type { z } from 'zod';
import type { providerKeyChange } from '../../../contract/api/provider-keys-api.ts';
import { countOrNull, textOrNull } from '../ui/forms/typed.ts';
import type { ProviderKey } from './provider-key.ts';

export type KeyChange = z.output<typeof providerKeyChange>;

export interface KeyDraft {
  readonly name: string;
  readonly description: string;
  /** As typed, in the currency of the balance; empty: none. */
  readonly threshold: string;
  /** Minutes as typed; empty: as the server is set. */
  readonly interval: string;
  readonly watches: boolean;
  readonly routes: boolean;
  readonly probes: boolean;
  /** Empty: the usual one of the provider. */
  readonly probeModel: string;
  /** A new secret; empty: the stored one stays. */
  readonly secret: string;
  readonly base: string;
}

export function draftOf(key: ProviderKey): KeyDraft {
  return {
    name: key.name,
    description: key.description ?? '',
    threshold: String(key.threshold_usd ?? ''),
    interval: String(key.check_interval_minutes ?? ''),
    watches: key.purposes.includes('watch'),
    routes: key.purposes.includes('route'),
    probes: key.probe,
    probeModel: key.probe_model ?? '',
    secret: '',
    base: key.base_url ?? '',
  };
}

/** What differs, as a change of the key; empty if nothing does. */
export function changesIn(before: KeyDraft, after: KeyDraft): KeyChange {
  const is = (name: keyof KeyDraft): boolean => before[name] !== after[name];
  return {
    ...(is('name') && { name: after.name }),
    ...(is('description') && { description: textOrNull(after.description) }),
    ...(is('threshold') && { threshold_usd: textOrNull(after.threshold) }),
    ...(is('interval') && { check_interval_minutes: countOrNull(after.interval) }),
    ...((is('watches') || is('routes')) && { purposes: purposesIn(after) }),
    ...(is('probes') && { probe: after.probes }),
    ...(is('probeModel') && { probe_model: textOrNull(after.probeModel) }),
    ...(is('secret') && { key: after.secret }),
    ...(is('base') && { base_url: after.base }),
  };
}

function purposesIn({ watches, routes }: KeyDraft): ('watch' | 'route')[] {
  return [...(watches ? (['watch'] as const) : []), ...(routes ? (['route'] as const) : [])];
}
