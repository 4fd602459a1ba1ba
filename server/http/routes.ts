/** Every path with who answers it. `/v1/*` is registered apart, by the gateway's own routes. */
import type { FastifyInstance } from 'fastify';
import { ADMIN_API } from '../../contract/api/admin-api.ts';
import type { Who } from '../../contract/api/call.ts';
import { CREDITS_API } from '../../contract/api/credits-api.ts';
import { GUARDIAN_API } from '../../contract/api/guardian-api.ts';
import { MONITORING_API } from '../../contract/api/monitoring-api.ts';
import { OPERATIONS_API } from '../../contract/api/operations-api.ts';
import { PROVIDER_KEYS_API } from '../../contract/api/provider-keys-api.ts';
import { PUBLIC_API } from '../../contract/api/public-api.ts';
import { SYSTEM_API } from '../../contract/api/system-api.ts';
import { USER_API } from '../../contract/api/user-api.ts';
import { VIRTUAL_KEYS_API } from '../../contract/api/virtual-keys-api.ts';
import { WALLETS_API } from '../../contract/api/wallets-api.ts';
import { Failure } from '../failure.ts';
import { type BoundCall, bind, type Guard, refuseOtherMethods, register } from './answering.ts';
import { type Callers, NOBODY } from './callers.ts';
import { type PublicDeps, publicHandlers } from './figures/public-routes.ts';
import { type ReportCallsDeps, reportCalls } from './figures/report-calls.ts';
import {
  type OperationsDeps,
  type OperationsSettings,
  operationsHandlers,
} from './operations/operations-routes.ts';
import { type SystemDeps, systemHandlers } from './operations/system-routes.ts';
import type { Traffic } from './operations/traffic.ts';
import { docsAssets, docsHandlers, documentOnDemand } from './pages/docs-routes.ts';
import type { OpenApiDocument } from './pages/openapi.ts';
import { PAGES } from './pages/web-app.ts';
import { type AccountDeps, accountCalls } from './people/account-calls.ts';
import type { AuthSettings, Desk } from './people/auth-routes.ts';
import { guardianHandlers } from './provider-keys/guardian-routes.ts';
import { type MonitoringDeps, monitoringHandlers } from './provider-keys/monitoring-routes.ts';
import { type ProviderKeyDeps, providerKeyHandlers } from './provider-keys/provider-key-routes.ts';
import { type AdminDeps, adminHandlers } from './virtual-keys/admin-routes.ts';
import { type CreditsDeps, creditsHandlers } from './virtual-keys/credits-routes.ts';
import { type UserDeps, userHandlers } from './virtual-keys/user-routes.ts';
import { type VirtualKeysDeps, virtualKeyHandlers } from './virtual-keys/virtual-key-routes.ts';
import { type WalletDeps, walletHandlers } from './virtual-keys/wallet-routes.ts';

export type RoutesDeps = AccountDeps &
  AdminDeps &
  CreditsDeps &
  MonitoringDeps &
  ProviderKeyDeps &
  OperationsDeps &
  PublicDeps &
  ReportCallsDeps &
  SystemDeps &
  UserDeps &
  VirtualKeysDeps &
  WalletDeps;

export interface RoutesSettings extends AuthSettings, OperationsSettings {
  readonly selfServiceKeys: boolean;
}

/** What the edge itself brings to its routes. */
export interface Edge extends Desk {
  readonly callers: Callers;
  readonly settings: RoutesSettings;
  readonly traffic: Traffic;
}

function boundCalls(
  deps: RoutesDeps,
  edge: Edge,
  document: () => OpenApiDocument,
): readonly BoundCall[] {
  const system = systemHandlers(deps);
  const docs = docsHandlers(document);
  const operations = operationsHandlers(deps, edge);
  const admin = adminHandlers(deps);
  const credits = creditsHandlers(deps);
  const user = userHandlers(deps);
  const wallets = walletHandlers(deps);
  const self = publicHandlers(deps);
  const keys = virtualKeyHandlers(deps);
  return [
    bind(SYSTEM_API.information, system.information),
    bind(SYSTEM_API.health, system.health),
    bind(SYSTEM_API.models, system.models),
    bind(SYSTEM_API.redocPage, docs.redocPage),
    bind(SYSTEM_API.openApi, docs.openApi),
    bind(OPERATIONS_API.ping, operations.ping),
    bind(OPERATIONS_API.metrics, operations.metrics),
    bind(OPERATIONS_API.reset, operations.reset),
    bind(OPERATIONS_API.settings, operations.settings),
    bind(ADMIN_API.issueKey, admin.issueKey),
    bind(ADMIN_API.revokeKey, admin.revokeKey),
    bind(ADMIN_API.usageOfKey, admin.usageOfKey),
    bind(CREDITS_API.createUser, credits.createUser),
    bind(CREDITS_API.addCredits, credits.addCredits),
    bind(CREDITS_API.balances, credits.balances),
    bind(CREDITS_API.monitor, credits.monitor),
    bind(CREDITS_API.setLimits, credits.setLimits),
    bind(WALLETS_API.show, wallets.show),
    bind(WALLETS_API.change, wallets.change),
    bind(WALLETS_API.bookEntry, wallets.bookEntry),
    bind(WALLETS_API.statement, wallets.statement),
    bind(USER_API.balance, user.balance),
    bind(USER_API.monitor, user.monitor),
    bind(USER_API.limits, user.limits),
    bind(PUBLIC_API.requestKey, self.requestKey),
    bind(PUBLIC_API.activeKeysOf, self.activeKeysOf),
    ...reportCalls(deps),
    bind(VIRTUAL_KEYS_API.list, keys.list),
    bind(VIRTUAL_KEYS_API.issue, keys.issue),
    bind(VIRTUAL_KEYS_API.show, keys.show),
    bind(VIRTUAL_KEYS_API.change, keys.change),
    bind(VIRTUAL_KEYS_API.revoke, keys.revoke),
    bind(VIRTUAL_KEYS_API.rotate, keys.rotate),
    ...providerKeyCalls(deps),
    ...accountCalls(deps, edge),
  ];
}

function providerKeyCalls(deps: RoutesDeps): readonly BoundCall[] {
  const keys = providerKeyHandlers(deps);
  const guardian = guardianHandlers(deps);
  const monitoring = monitoringHandlers(deps);
  return [
    bind(PROVIDER_KEYS_API.list, keys.list),
    bind(PROVIDER_KEYS_API.add, keys.add),
    bind(PROVIDER_KEYS_API.test, keys.test),
    bind(PROVIDER_KEYS_API.one, keys.one),
    bind(PROVIDER_KEYS_API.change, keys.change),
    bind(PROVIDER_KEYS_API.remove, keys.remove),
    bind(PROVIDER_KEYS_API.platforms, keys.platforms),
    bind(GUARDIAN_API.list, guardian.list),
    bind(GUARDIAN_API.add, guardian.add),
    bind(GUARDIAN_API.setActive, guardian.setActive),
    bind(GUARDIAN_API.remove, guardian.remove),
    bind(MONITORING_API.check, monitoring.check),
    bind(MONITORING_API.history, monitoring.history),
    bind(MONITORING_API.sync, monitoring.sync),
    bind(MONITORING_API.probe, monitoring.probe),
    bind(MONITORING_API.balances, monitoring.balances),
    bind(MONITORING_API.balanceCourse, monitoring.balanceCourse),
    bind(MONITORING_API.checkAll, monitoring.checkAll),
  ];
}

export async function registerRoutes(
  scope: FastifyInstance,
  deps: RoutesDeps,
  edge: Edge,
): Promise<void> {
  const guards = guardsOf(edge);
  const document = documentOnDemand(deps.version);
  const bound = boundCalls(deps, edge, document);
  for (const one of bound) register(scope, one, guards);
  await docsAssets(scope, document);
  const calls = [SYSTEM_API.swaggerPage, ...bound.map(({ call }) => call)];
  refuseOtherMethods(scope, new Set([...PAGES, ...calls.map(({ path }) => path)]));
}

function guardsOf({ callers, settings }: Edge): Readonly<Record<Who, Guard>> {
  return {
    anyone: () => NOBODY,
    'self-service': () => {
      if (!settings.selfServiceKeys) {
        throw new Failure('switched_off', {
          sentence: 'Self-service keys are switched off on this installation (SELF_SERVICE_KEYS).',
        });
      }
      return NOBODY;
    },
    'key holder': (request) => ({ kind: 'key holder', key: callers.keyHolder(request.headers) }),
    operator: callers.operator,
    'signed in': callers.signedIn,
    member: callers.member,
    reader: callers.reader,
    onlooker: callers.onlooker,
    scraper: callers.scraper,
  };
}
