/** What is known of a key at this moment. */
import { type Nanos, nanos } from '../../contract/money.ts';
import type { HealthStatus } from '../../contract/signals.ts';
import type { KeyKind } from '../providers/providers.ts';
import type { BalanceSource } from './readings.ts';
import { RUNWAY_WINDOW_MS, type Runway } from './runway.ts';
import type { KeyRow } from './timetable.ts';

export interface KeyStatus {
  readonly status: HealthStatus;
  /** What the last check was told, in a sentence; null before the first. */
  readonly message: string | null;
  readonly kind: KeyKind | null;
  /** The last balance that was known, however the key has fared since; null: none ever was. */
  readonly balance: KnownBalance | null;
  readonly runway: Runway | null;
  /** Milliseconds since the epoch. */
  readonly lastCheckedAt: number | null;
  readonly lastOkAt: number | null;
}

export interface KnownBalance {
  /** In nano-units of `currency`. */
  readonly amount: Nanos;
  readonly currency: string;
  readonly source: BalanceSource;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A key that nobody has looked at yet. */
export const NOTHING_KNOWN: KeyStatus = {
  status: 'unknown',
  message: null,
  kind: null,
  balance: null,
  runway: null,
  lastCheckedAt: null,
  lastOkAt: null,
};

/** @param now how long a key lasts is not said from a balance that nobody could read for as long as forecasts look back */
export function statusOf(row: KeyRow, now: number): KeyStatus {
  return {
    status: row.status as HealthStatus,
    message: row.message,
    kind: row.kind as KeyKind | null,
    balance: balanceOf(row),
    runway: now - (row.balance_at ?? 0) > RUNWAY_WINDOW_MS ? null : runwayIn(row),
    lastCheckedAt: row.last_checked_at,
    lastOkAt: row.last_ok_at,
  };
}

function balanceOf(row: KeyRow): KnownBalance | null {
  const { balance_nanos, currency, source, balance_at } = row;
  if (balance_nanos === null || currency === null || balance_at === null) return null;
  return {
    amount: nanos(balance_nanos),
    currency,
    source: source as BalanceSource,
    at: balance_at,
  };
}

function runwayIn(row: KeyRow): Runway | null {
  const { runway_hours: hours, runway_low_hours: lowHours, runway_high_hours: highHours } = row;
  return hours === null || lowHours === null ? null : { hours, lowHours, highHours };
}
