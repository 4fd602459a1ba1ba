/** One check of one key: what the provider tells, what that means for its health, and what is to be written. */
import type { Nanos } from '../../contract/money.ts';
import type { HealthStatus, KeyHealthChanged } from '../../contract/signals.ts';
import type { Account, Ask, KeyReading } from '../providers/providers.ts';
import { type Anchor, type Estimate, estimateOf, type SpendSince } from './anchor.ts';
import {
  betterLevel,
  type Finding,
  type Health,
  type Level,
  levelOf,
  nextHealth,
  waitAfter,
  wantsConfirmation,
} from './health.ts';
import { NOTHING_LEFT } from './probes.ts';
import type { BalanceSource, Reading, Readings } from './readings.ts';
import { RUNWAY_WINDOW_MS, type Runway, runwayOf } from './runway.ts';
import type { KeyChange, KeyRow } from './timetable.ts';
import type { WatchedKey } from './watched-key.ts';

/** More than a reading every ten minutes over the span of a runway; beyond that the older ones add nothing. */
const BALANCES_MAX = 1_000;

export interface CheckDeps {
  readonly now: () => number;
  readonly ask: Ask;
  /** What was spent with the key since its anchor. */
  readonly spendSince: (anchor: Anchor) => Promise<SpendSince>;
  /** Were the last probes of the key, with the secret that it has, told that nobody pays? */
  readonly isUnpaid: () => Promise<boolean>;
  readonly balancesLike: Readings['balances'];
  /** The given time, a little more or less, so that keys that came together do not stay together. */
  readonly jittered: (ms: number) => number;
  readonly checkIntervalMs: number;
  readonly validateIntervalMs: number;
}

export interface Checked {
  readonly reading: Reading;
  readonly change: KeyChange;
  /** Null: it fares as before. */
  readonly signal: KeyHealthChanged | null;
  /** What the provider said last; null where it was not asked. */
  readonly told: KeyReading | null;
}

/** What a provider told in one round. */
interface Told extends KeyReading {
  readonly balance: Nanos | null;
  readonly currency: string | null;
  readonly blocked: boolean | null;
}

/** What a round came to. */
interface Round {
  readonly finding: Finding;
  readonly told: Told | null;
  readonly balance: Nanos | null;
  readonly currency: string | null;
  readonly source: BalanceSource;
  readonly message: string;
}

/**
 * @param isDemanded somebody asked for it, so the provider is asked whatever the timetable says
 */
export async function checkKey(
  deps: CheckDeps,
  key: WatchedKey,
  row: KeyRow,
  isDemanded: boolean,
): Promise<Checked> {
  const round = await roundOf(deps, key, row, isDemanded);
  const now = deps.now();
  const before = healthOf(row);
  const health = nextHealth(before, round.finding);
  const isGood = round.finding.kind === 'good';
  const reading: Reading = {
    keyId: key.id,
    at: now,
    ok: isGood,
    balance: round.balance,
    currency: round.currency,
    source: round.source,
    status: health.status,
    error: isGood ? null : round.message,
  };
  const balance = round.balance === null ? {} : await balanceChange(deps, { key, row }, reading);
  const change: KeyChange = {
    status: health.status,
    refusals: health.refusals,
    failures: health.failures,
    last_checked_at: now,
    message: round.message,
    ...balance,
    ...(round.told?.kind ? { kind: round.told.kind } : {}),
    ...(isGood && round.told !== null ? { last_ok_at: now } : {}),
    ...timesAfter(deps, key, row, round),
  };
  const signal = signalOf(key, before.status, reading, round.message);
  return { reading, change, signal, told: round.told };
}

function signalOf(
  { id, owner, name }: WatchedKey,
  from: HealthStatus,
  { status: to, at }: Reading,
  message: string,
): KeyHealthChanged | null {
  if (from === to) return null;
  return { kind: 'key health changed', keyId: id, owner, name, from, to, at, message };
}

/** The health of a key as it lies in its row. */
export function healthOf(row: KeyRow): Health {
  return {
    status: row.status as HealthStatus,
    refusals: row.refusals,
    failures: row.failures,
    everGood: row.last_ok_at !== null,
  };
}

async function roundOf(
  deps: CheckDeps,
  key: WatchedKey,
  row: KeyRow,
  isDemanded: boolean,
): Promise<Round> {
  const { account } = key.provider;
  const isDue = (row.validate_at ?? 0) <= deps.now();
  const isUnpaid = key.probe && (await deps.isUnpaid());
  const mustValidate = isDemanded || isDue || isUnpaid || row.strikes > 0 || key.anchor === null;
  const heard = await tellOnce(account, deps.ask, mustValidate);
  const told = isUnpaid && heard !== null ? unpaid(heard) : heard;
  const estimate = await estimateFor(deps, key, told);
  const finding = findingOf(key, row, told, estimate);
  if (finding.kind === 'good' && told !== null && wantsConfirmation(statusOf(row), finding.level)) {
    // An estimate is our own reckoning, and probes asked twice already: asking again would not make it truer.
    if (estimate === null && !isUnpaid)
      return await confirmed(deps, key, row, { told, level: finding.level });
  }
  return roundFrom(finding, told, estimate);
}

/** A good key that serves nothing, whatever its provider tells of it besides. */
function unpaid(told: Told): Told {
  return told.verdict === 'valid' ? { ...told, blocked: true, message: NOTHING_LEFT } : told;
}

function statusOf(row: KeyRow): HealthStatus {
  return row.status as HealthStatus;
}

function roundFrom(finding: Finding, told: Told | null, estimate: Estimate | null): Round {
  const message = told?.message ?? 'The balance is reckoned from what was used since the anchor.';
  if (estimate !== null) {
    const { balance, source } = estimate;
    return { finding, told, balance, currency: 'USD', source, message };
  }
  const { balance = null, currency = null } = told ?? {};
  return { finding, told, balance, currency, source: 'reported', message };
}

/** Asks for the balance, else whether the key is good; null where neither is to be asked now. */
async function tellOnce(account: Account, ask: Ask, mustValidate: boolean): Promise<Told | null> {
  const nothing = { balance: null, currency: null, blocked: null };
  if (account.balance !== undefined) {
    const reading = await account.balance(ask);
    // Where this key is not told its balance, whether it is good can still be asked.
    const isOpen = reading.outcome === 'not permitted' || reading.outcome === 'not offered';
    if (reading.verdict !== 'unknown' || !isOpen || !mustValidate) return reading;
  }
  if (!mustValidate) return null;
  return { ...(await account.validate(ask)), ...nothing };
}

async function estimateFor(
  deps: CheckDeps,
  { anchor }: WatchedKey,
  told: Told | null,
): Promise<Estimate | null> {
  if (anchor === null) return null;
  const isOpen = told === null || (told.verdict === 'valid' && told.balance === null);
  return isOpen ? estimateOf(anchor, await deps.spendSince(anchor)) : null;
}

function findingOf(
  { threshold }: WatchedKey,
  row: KeyRow,
  told: Told | null,
  estimate: Estimate | null,
): Finding {
  if (told !== null && told.verdict !== 'valid') return badFinding(told);
  const before = statusOf(row);
  const balance = estimate?.balance ?? told?.balance ?? null;
  // Trouble on the way to the balance says nothing about it, so a key in need stays in need.
  const isUntold = balance === null && told?.outcome !== 'read' && told?.blocked !== true;
  if (isUntold && (before === 'low' || before === 'exhausted'))
    return { kind: 'good', level: before };
  const level = levelOf(balance, { threshold, blocked: told?.blocked ?? null, before });
  return { kind: 'good', level };
}

function badFinding({ verdict, outcome }: KeyReading): Finding {
  if (verdict === 'invalid') return { kind: 'refused' };
  const isTrouble = ['unavailable', 'unreachable', 'unreadable'].includes(outcome);
  return { kind: isTrouble ? 'failed' : 'no news' };
}

/** Bad news about a balance counts only if the provider says it twice; of two answers the better one counts. */
async function confirmed(
  deps: CheckDeps,
  key: WatchedKey,
  row: KeyRow,
  first: { told: Told; level: Level },
): Promise<Round> {
  const again = await tellOnce(key.provider.account, deps.ask, false);
  const finding = findingOf(key, row, again, null);
  if (again === null || finding.kind !== 'good' || again.outcome !== 'read') {
    const message = 'The provider told of a lower balance, and did not say so twice.';
    const { outcome = 'unreadable', retryAfterMs = null } = again ?? {};
    const told = { ...first.told, outcome, message, retryAfterMs };
    return roundFrom({ kind: 'no news' }, { ...told, balance: null }, null);
  }
  const level = betterLevel(first.level, finding.level);
  return roundFrom({ kind: 'good', level }, level === finding.level ? again : first.told, null);
}

async function balanceChange(
  deps: CheckDeps,
  { key, row }: { readonly key: WatchedKey; readonly row: KeyRow },
  reading: Reading,
): Promise<KeyChange> {
  const { balance, currency, source, at } = reading;
  if (balance === null) return {};
  const span = { from: Math.max(at - RUNWAY_WINDOW_MS, countedSince(key, row, source)), to: at };
  const before = await deps.balancesLike(reading, span, BALANCES_MAX);
  const runway = runwayOf([...before, { at, balance }]);
  return { balance_nanos: balance, currency, source, balance_at: at, ...runwayChange(runway) };
}

/**
 * Since when balances tell of spending. A new anchor is a new count: what was reckoned from the old one says nothing about
 * it, and neither does what another secret had.
 */
export function countedSince(
  { anchor }: Pick<WatchedKey, 'anchor'>,
  { secret_since }: Pick<KeyRow, 'secret_since'>,
  source: BalanceSource,
): number {
  return Math.max(secret_since ?? 0, source === 'reported' ? 0 : (anchor?.at ?? 0));
}

function runwayChange(runway: Runway | null): KeyChange {
  return {
    runway_hours: runway?.hours ?? null,
    runway_low_hours: runway?.lowHours ?? null,
    runway_high_hours: runway?.highHours ?? null,
  };
}

function timesAfter(deps: CheckDeps, key: WatchedKey, row: KeyRow, round: Round): KeyChange {
  const now = deps.now();
  const strikes = round.finding.kind === 'good' ? 0 : row.strikes + 1;
  const isRead = key.provider.account.balance !== undefined || key.anchor !== null;
  const usualMs = isRead ? deps.checkIntervalMs : deps.validateIntervalMs;
  const minutes = key.checkIntervalMinutes;
  const intervalMs = minutes === null ? usualMs : minutes * 60_000;
  const waitMs = waitAfter(strikes, deps.jittered(intervalMs), round.told?.retryAfterMs ?? null);
  const isValidated = round.told?.verdict === 'valid';
  return {
    strikes,
    check_at: now + waitMs,
    ...(isValidated ? { validate_at: now + deps.jittered(deps.validateIntervalMs) } : {}),
  };
}
