import type { z } from 'zod';
import type {
  balanceCourse,
  balanceHistory,
  balances,
  keyChecks,
  MONITORING_API,
  probeReport,
  reading as readingReply,
  syncReport,
} from '../../../contract/api/monitoring-api.ts';
import { dollarsTogether, type Nanos, toDollars } from '../../../contract/money.ts';
import { type Clock, isoTime } from '../../clock.ts';
import type { KeyStatus, Monitoring, PassReport, Reading } from '../../monitoring/monitoring.ts';
import type { ProviderKey, ProviderKeys } from '../../provider-keys/provider-keys.ts';
import type { AskedFor } from '../answering.ts';
import { momentOf, spanIn } from '../formats/moments.ts';
import { courseOf, endingFirst } from './balance-course.ts';
import { daysIn, keyFor, scopeOf, type Watcher, withStatus } from './provider-key-replies.ts';

export interface MonitoringDeps {
  readonly monitoring: Pick<
    Monitoring,
    'statuses' | 'courses' | 'runwaysAt' | 'check' | 'history' | 'sync' | 'probe' | 'checkAll'
  >;
  readonly providerKeys: Pick<ProviderKeys, 'list' | 'find'>;
  readonly clock: Pick<Clock, 'now'>;
}

export function monitoringHandlers({ monitoring, providerKeys, clock }: MonitoringDeps) {
  return {
    async check({
      params,
      caller,
    }: AskedFor<typeof MONITORING_API.check>): Promise<z.output<typeof readingReply>> {
      const { id } = keyFor(caller, params.id, providerKeys);
      return { key_id: id, ...readingIn(await monitoring.check(id)) };
    },

    async history({
      params,
      query,
      caller,
    }: AskedFor<typeof MONITORING_API.history>): Promise<z.output<typeof balanceHistory>> {
      const { id } = keyFor(caller, params.id, providerKeys);
      const readings = await monitoring.history(id, spanIn(query), query.limit);
      return { key_id: id, data: readings.map(readingIn) };
    },

    async sync({
      params,
      caller,
    }: AskedFor<typeof MONITORING_API.sync>): Promise<z.output<typeof syncReport>> {
      return await monitoring.sync(keyFor(caller, params.id, providerKeys).id);
    },

    async probe({
      params,
      caller,
    }: AskedFor<typeof MONITORING_API.probe>): Promise<z.output<typeof probeReport>> {
      const probe = await monitoring.probe(keyFor(caller, params.id, providerKeys).id);
      return {
        ok: probe.ok,
        model: probe.model,
        prompt_tokens: probe.inputTokens,
        completion_tokens: probe.outputTokens,
        cost_usd: probe.cost === null ? null : toDollars(probe.cost),
        latency_ms: probe.latencyMs,
        error: probe.error,
      };
    },

    async balances({
      caller,
    }: AskedFor<typeof MONITORING_API.balances>): Promise<z.output<typeof balances>> {
      const active = providerKeys.list(scopeOf(caller)).filter(({ isActive }) => isActive);
      const keys = await withStatus(active, monitoring);
      const data = keys.map(({ key, status }) => keyState(key, status));
      return { data, totals: totalsOf(keys), lowest_runway: lowestOf(keys) };
    },

    async balanceCourse({
      query,
      caller,
    }: AskedFor<typeof MONITORING_API.balanceCourse>): Promise<z.output<typeof balanceCourse>> {
      const keys = providerKeys.list(scopeOf(caller)).filter(({ isActive }) => isActive);
      return await courseOf({ monitoring, clock }, keys, query);
    },

    async checkAll(): Promise<z.output<typeof keyChecks>> {
      const report = await monitoring.checkAll();
      return await checksIn(report, { monitoring, providerKeys });
    },
  };
}

/** What a pass over all keys found, as it is shown. */
export async function checksIn(
  { done, broken, tookMs }: PassReport,
  {
    monitoring,
    providerKeys,
  }: { readonly monitoring: Watcher; readonly providerKeys: Pick<ProviderKeys, 'list'> },
): Promise<z.output<typeof keyChecks>> {
  const watched = providerKeys.list('all').filter((key) => key.isActive && key.purposes.watch);
  const keys = await withStatus(watched, monitoring);
  return {
    checked: done,
    broken,
    took_ms: tookMs,
    data: keys.map(({ key, status }) => keyState(key, status)),
  };
}

function readingIn(reading: Reading): Omit<z.output<typeof readingReply>, 'key_id'> {
  const { at, ok, balance, currency, source, status, error } = reading;
  return { at: isoTime(at), ok, balance: numberOf(balance), currency, source, status, error };
}

type KeyState = z.output<typeof keyChecks>['data'][number];

function keyState({ id, name, platform }: ProviderKey, known: KeyStatus): KeyState {
  const { status, message, balance, runway } = known;
  return {
    key_id: id,
    name,
    platform,
    status,
    message,
    balance: numberOf(balance?.amount ?? null),
    currency: balance?.currency ?? null,
    source: balance?.source ?? null,
    balance_at: momentOf(balance?.at ?? null),
    runway: runwayIn(runway),
    last_checked_at: momentOf(known.lastCheckedAt),
    last_ok_at: momentOf(known.lastOkAt),
  };
}

function runwayIn(runway: KeyStatus['runway']): KeyState['runway'] {
  if (runway === null) return null;
  const { hours, lowHours, highHours } = runway;
  return { days: hours / 24, low_days: lowHours / 24, high_days: daysIn(highHours) };
}

type Watched = Awaited<ReturnType<typeof withStatus>>;

/** Each currency for itself: nothing is converted. */
function totalsOf(keys: Watched): z.output<typeof balances>['totals'] {
  const known = keys.flatMap(({ status }) => status.balance ?? []);
  return [...Map.groupBy(known, ({ currency }) => currency)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([currency, balances]) => ({
      currency,
      balance: dollarsTogether(balances.map(({ amount }) => amount)),
      keys: balances.length,
    }));
}

function lowestOf(keys: Watched): z.output<typeof balances>['lowest_runway'] {
  const first = endingFirst(keys);
  if (first === null) return null;
  const { key, status } = first;
  return { key_id: key.id, name: key.name, runway: runwayIn(status.runway) };
}

function numberOf(amount: Nanos | null): number | null {
  return amount === null ? null : toDollars(amount);
}
