/** A provider key and what the monitor knows of it, as they are shown. */
import type { z } from 'zod';
import type { guardedKey } from '../../../contract/api/guardian-api.ts';
import type { providerKey } from '../../../contract/api/provider-keys-api.ts';
import { type Nanos, toDollars } from '../../../contract/money.ts';
import { isoTime } from '../../clock.ts';
import { Failure } from '../../failure.ts';
import type { ProviderKey, ProviderKeys, Scope } from '../../provider-keys/provider-keys.ts';
import { type Caller, ownerOf } from '../callers.ts';
import { momentOf } from '../formats/moments.ts';

/** What is known of a key beyond its row. */
export interface KeyState {
  readonly status: 'healthy' | 'low' | 'exhausted' | 'invalid' | 'unreachable' | 'unknown';
  /** What the last check was told; null before the first. */
  readonly message: string | null;
  /** In nano-units of the currency; null: not known. */
  readonly balance: {
    readonly amount: Nanos;
    readonly currency: string;
    readonly source: 'reported' | 'anchored' | 'estimated';
    /** Milliseconds since the epoch. */
    readonly at: number;
  } | null;
  readonly runway: {
    readonly hours: number;
    readonly lowHours: number;
    /** Null: no end in sight. */
    readonly highHours: number | null;
  } | null;
  /** Milliseconds since the epoch. */
  readonly lastCheckedAt: number | null;
  readonly lastOkAt: number | null;
}

/** Whoever watches the keys. One that is not in the answer was never looked at. */
export interface KeyStates {
  statuses(keyIds: readonly string[]): Promise<ReadonlyMap<string, KeyState>>;
}

const NOTHING_KNOWN: KeyState = {
  status: 'unknown',
  message: null,
  balance: null,
  runway: null,
  lastCheckedAt: null,
  lastOkAt: null,
};

/** The keys with their states, in the same order. */
export async function withStates(
  keys: readonly ProviderKey[],
  states: KeyStates,
): Promise<readonly { readonly key: ProviderKey; readonly state: KeyState }[]> {
  const known = await states.statuses(keys.map(({ id }) => id));
  return keys.map((key) => ({ key, state: known.get(key.id) ?? NOTHING_KNOWN }));
}

export async function stateOf(key: ProviderKey, states: KeyStates): Promise<KeyState> {
  return (await states.statuses([key.id])).get(key.id) ?? NOTHING_KNOWN;
}

/** Whose keys this caller may see. */
export function scopeOf(caller: Caller): Scope {
  return caller.kind === 'operator' ? 'all' : ownerOf(caller);
}

export function keyReply(key: ProviderKey, state: KeyState): z.output<typeof providerKey> {
  const { anchor, purposes } = key;
  return {
    id: key.id,
    platform: key.platform,
    name: key.name,
    description: key.description,
    masked: key.masked,
    purposes: (['watch', 'route'] as const).filter((purpose) => purposes[purpose]),
    source: key.source,
    user_id: key.owner,
    base_url: key.base,
    status: state.status,
    status_message: state.message,
    is_active: key.isActive,
    probe: key.probe,
    probe_model: key.probeModel,
    balance: state.balance === null ? null : toDollars(state.balance.amount),
    currency: state.balance?.currency ?? null,
    balance_source: state.balance?.source ?? null,
    balance_at: momentOf(state.balance?.at ?? null),
    runway_days: daysIn(state.runway?.hours),
    runway_low_days: daysIn(state.runway?.lowHours),
    runway_high_days: daysIn(state.runway?.highHours),
    threshold_usd: key.thresholdNanos === null ? null : toDollars(key.thresholdNanos),
    threshold_currency: state.balance?.currency ?? 'USD',
    check_interval_minutes: key.checkIntervalMinutes,
    anchor:
      anchor === null ? null : { amount_usd: toDollars(anchor.amount), at: isoTime(anchor.at) },
    last_checked_at: momentOf(state.lastCheckedAt),
    last_ok_at: momentOf(state.lastOkAt),
    last_used_at: momentOf(key.lastUsedAt),
    created_at: isoTime(key.createdAt),
  };
}

export function shortKeyReply(key: ProviderKey, state: KeyState): z.output<typeof guardedKey> {
  return {
    id: key.id,
    label: key.name,
    platform: key.platform,
    masked: key.masked,
    active: key.isActive,
    probe: key.probe,
    last_ok_at: momentOf(state.lastOkAt),
    status: state.status,
  };
}

/** The key of that id, if this caller may know of it. @throws Failure `not_found`, also for somebody else's */
export function keyFor(
  caller: Caller,
  id: string,
  providerKeys: Pick<ProviderKeys, 'find'>,
): ProviderKey {
  const key = providerKeys.find(id);
  const isVisible =
    caller.kind === 'operator' || (caller.kind === 'member' && key?.owner === caller.userId);
  if (key !== null && isVisible) return key;
  throw new Failure('not_found', { sentence: 'There is no such provider key.' });
}

function daysIn(hours: number | null | undefined): number | null {
  return hours === null || hours === undefined ? null : hours / 24;
}
