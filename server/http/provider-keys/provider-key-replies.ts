/** A provider key and what the monitor knows of it, as they are shown. */
import type { z } from 'zod';
import type { guardedKey } from '../../../contract/api/guardian-api.ts';
import type { providerKey } from '../../../contract/api/provider-keys-api.ts';
import { toDollars } from '../../../contract/money.ts';
import { isoTime } from '../../clock.ts';
import { Failure } from '../../failure.ts';
import { type KeyStatus, type Monitoring, NOTHING_KNOWN } from '../../monitoring/monitoring.ts';
import type { ProviderKey, ProviderKeys, Scope } from '../../provider-keys/provider-keys.ts';
import { type Caller, ownerOf } from '../callers.ts';
import { momentOf } from '../formats/moments.ts';

/** Whoever watches the keys. */
export type Watcher = Pick<Monitoring, 'statuses'>;

/** The keys with how each fares, in the same order. */
export async function withStatus(
  keys: readonly ProviderKey[],
  watcher: Watcher,
): Promise<readonly { readonly key: ProviderKey; readonly status: KeyStatus }[]> {
  const known = await watcher.statuses(keys.map(({ id }) => id));
  return keys.map((key) => ({ key, status: known.get(key.id) ?? NOTHING_KNOWN }));
}

export async function statusOf({ id }: ProviderKey, watcher: Watcher): Promise<KeyStatus> {
  return (await watcher.statuses([id])).get(id) ?? NOTHING_KNOWN;
}

/** Whose keys this caller may see. */
export function scopeOf(caller: Caller): Scope {
  return caller.kind === 'operator' ? 'all' : ownerOf(caller);
}

export function keyReply(key: ProviderKey, known: KeyStatus): z.output<typeof providerKey> {
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
    status: known.status,
    status_message: known.message,
    is_active: key.isActive,
    probe: key.probe,
    probe_model: key.probeModel,
    balance: known.balance === null ? null : toDollars(known.balance.amount),
    currency: known.balance?.currency ?? null,
    balance_source: known.balance?.source ?? null,
    balance_at: momentOf(known.balance?.at ?? null),
    runway_days: daysIn(known.runway?.hours),
    runway_low_days: daysIn(known.runway?.lowHours),
    runway_high_days: daysIn(known.runway?.highHours),
    threshold_usd: key.thresholdNanos === null ? null : toDollars(key.thresholdNanos),
    threshold_currency: known.balance?.currency ?? 'USD',
    check_interval_minutes: key.checkIntervalMinutes,
    anchor:
      anchor === null ? null : { amount_usd: toDollars(anchor.amount), at: isoTime(anchor.at) },
    last_checked_at: momentOf(known.lastCheckedAt),
    last_ok_at: momentOf(known.lastOkAt),
    last_used_at: momentOf(key.lastUsedAt),
    created_at: isoTime(key.createdAt),
  };
}

export function shortKeyReply(key: ProviderKey, known: KeyStatus): z.output<typeof guardedKey> {
  return {
    id: key.id,
    label: key.name,
    platform: key.platform,
    masked: key.masked,
    active: key.isActive,
    probe: key.probe,
    last_ok_at: momentOf(known.lastOkAt),
    status: known.status,
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

/** Null: no end in sight, or nothing can be said. */
export function daysIn(hours: number | null | undefined): number | null {
  return hours === null || hours === undefined ? null : hours / 24;
}
