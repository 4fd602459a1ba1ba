import type { z } from 'zod';
import type {
  metricsReport,
  OPERATIONS_API,
  pong,
  resetReport,
  settingsList,
} from '../../../contract/api/operations-api.ts';
import type { Upkeep } from '../../administration/administration.ts';
import { type Clock, isoTime } from '../../clock.ts';
import type { EffectiveSetting } from '../../config.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { ProviderKeys } from '../../provider-keys/provider-keys.ts';
import type { Records } from '../../records/records.ts';
import type { AskedFor } from '../answering.ts';
import { weightsIn } from '../formats/accept.ts';
import { momentOf } from '../formats/moments.ts';
import type { RateGuardSettings } from '../rate-guard.ts';
import { PROMETHEUS_TYPE, type Traffic } from './traffic.ts';

export interface OperationsDeps {
  readonly upkeep: Upkeep;
  readonly providerKeys: Pick<ProviderKeys, 'list'>;
  readonly records: Pick<Records, 'watch'>;
  readonly gateway: Pick<Gateway, 'inFlight'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly version: string;
}

export interface OperationsSettings {
  readonly env: string;
  /** The log says more than usual. */
  readonly debug: boolean;
  readonly probeIntervalSecs: number;
  readonly rateGuard: RateGuardSettings;
  readonly effective: readonly EffectiveSetting[];
}

export function operationsHandlers(
  deps: OperationsDeps,
  edge: { readonly settings: OperationsSettings; readonly traffic: Traffic },
) {
  const { upkeep, clock, version } = deps;
  const { settings, traffic } = edge;

  async function report(): Promise<z.output<typeof metricsReport>> {
    const { usageRows, lastUsageAt, lastKeyOkAt, isOnTime } = await upkeep.figures();
    const { perMinute, burst, exempt } = settings.rateGuard;
    return {
      version,
      env: settings.env,
      debug: settings.debug,
      rate_limit: { rpm: perMinute, burst, exempt_paths: [...exempt] },
      counters: { rate_limit_hits: traffic.rateLimitHits },
      db: {
        usage_rows: usageRows,
        active_keys: deps.providerKeys.list('all').filter(({ isActive }) => isActive).length,
        last_usage_at: momentOf(lastUsageAt),
        last_key_ok_at: momentOf(lastKeyOkAt),
      },
      worker: { probe_interval_secs: settings.probeIntervalSecs, healthy: isOnTime },
    };
  }

  return {
    ping: (): z.output<typeof pong> => ({ status: 'ok', timestamp: isoTime(clock.now()) }),

    async metrics({ request, reply }: AskedFor<typeof OPERATIONS_API.metrics>) {
      reply.header('vary', 'accept');
      if (!prefersPrometheus(request.headers.accept)) return await report();
      // The reply is text and no document of the schema, which is what the type speaks of.
      return reply.type(PROMETHEUS_TYPE).send(await traffic.text()) as never;
    },

    async reset(): Promise<z.output<typeof resetReport>> {
      const { probes, providerUsage, backup } = await upkeep.reset();
      return { deleted: { probes, provider_usage: providerUsage }, backup };
    },

    settings: (): z.output<typeof settingsList> => ({
      data: settings.effective.map(({ name, value, isSecret, isSet }) => ({
        name,
        value: isSecret ? null : value,
        is_secret: isSecret,
        is_set: isSet,
      })),
    }),
  };
}

/** Whether a text format is named, and JSON is not asked for more. A browser names neither, and gets JSON. */
export function prefersPrometheus(accept: string | undefined): boolean {
  const weights = weightsIn(accept);
  const text = Math.max(
    weights.get('text/plain') ?? 0,
    weights.get('application/openmetrics-text') ?? 0,
  );
  return text > 0 && text >= (weights.get('application/json') ?? 0);
}
