import { ADMIN_API } from './admin-api.ts';
import { AUDIT_API } from './audit-api.ts';
import { AUTH_API } from './auth-api.ts';
import type { Call } from './call.ts';
import { CREDITS_API } from './credits-api.ts';
import { FIGURES_API } from './figures-api.ts';
import { GATEWAY_API } from './gateway-api.ts';
import { GUARDIAN_API } from './guardian-api.ts';
import { MONITORING_API } from './monitoring-api.ts';
import { OPERATIONS_API } from './operations-api.ts';
import { PEOPLE_API } from './people-api.ts';
import { PREFERENCES_API } from './preferences-api.ts';
import { PROVIDER_KEYS_API } from './provider-keys-api.ts';
import { PUBLIC_API } from './public-api.ts';
import { REPORTS_API } from './reports-api.ts';
import { REQUESTS_API } from './requests-api.ts';
import { STATISTICS_API } from './statistics-api.ts';
import { SYSTEM_API } from './system-api.ts';
import { TOKENS_API } from './tokens-api.ts';
import { USAGE_LOG_API } from './usage-log-api.ts';
import { USER_API } from './user-api.ts';
import { VIRTUAL_KEYS_API } from './virtual-keys-api.ts';
import { WALLETS_API } from './wallets-api.ts';

/** Every surface with its calls. */
export const API = {
  system: SYSTEM_API,
  operations: OPERATIONS_API,
  gateway: GATEWAY_API,
  admin: ADMIN_API,
  credits: CREDITS_API,
  wallets: WALLETS_API,
  user: USER_API,
  auth: AUTH_API,
  preferences: PREFERENCES_API,
  virtualKeys: VIRTUAL_KEYS_API,
  tokens: TOKENS_API,
  people: PEOPLE_API,
  audit: AUDIT_API,
  public: PUBLIC_API,
  reports: REPORTS_API,
  providerKeys: PROVIDER_KEYS_API,
  guardian: GUARDIAN_API,
  monitoring: MONITORING_API,
  figures: FIGURES_API,
  requests: REQUESTS_API,
  statistics: STATISTICS_API,
  usageLog: USAGE_LOG_API,
};

/** Every call of every surface in one list, for documents and indexes. */
export const ALL_CALLS: readonly Call[] = Object.values(API).flatMap((surface): Call[] =>
  Object.values(surface),
);
