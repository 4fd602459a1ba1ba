import type { z } from 'zod';
import { MONITORING_API } from '../../../contract/api/monitoring-api.ts';
import {
  PROVIDER_KEYS_API,
  type platforms,
  type providerKey,
} from '../../../contract/api/provider-keys-api.ts';
import { STATISTICS_API } from '../../../contract/api/statistics-api.ts';

export type ProviderKey = z.output<typeof providerKey>;
export type Platform = z.output<typeof platforms>[number];

/** What is asked again when a key was changed or looked at. */
export const STALE = [
  PROVIDER_KEYS_API.list,
  PROVIDER_KEYS_API.one,
  MONITORING_API.balances,
  MONITORING_API.history,
  STATISTICS_API.stats,
];
