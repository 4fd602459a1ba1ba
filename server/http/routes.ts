/** Every path with who answers it. `/v1/*` is registered apart, by the gateway's own routes. */
import type { FastifyInstance } from 'fastify';
import { ADMIN_API } from '../../contract/api/admin-api.ts';
import type { Who } from '../../contract/api/call.ts';
import { CREDITS_API } from '../../contract/api/credits-api.ts';
import { PUBLIC_API } from '../../contract/api/public-api.ts';
import { REPORTS_API } from '../../contract/api/reports-api.ts';
import { SYSTEM_API } from '../../contract/api/system-api.ts';
import { USER_API } from '../../contract/api/user-api.ts';
import { Failure } from '../failure.ts';
import { type AdminDeps, adminHandlers } from './admin-routes.ts';
import { type BoundCall, bind, type Guard, refuseOtherMethods, register } from './answering.ts';
import type { Caller, Callers } from './callers.ts';
import { type CreditsDeps, creditsHandlers } from './credits-routes.ts';
import { docsAssets, docsHandlers } from './docs-routes.ts';
import { type PublicDeps, publicHandlers } from './public-routes.ts';
import { type ReportsDeps, reportsHandlers } from './reports-routes.ts';
import { type SystemDeps, systemHandlers } from './system-routes.ts';
import { type UserDeps, userHandlers } from './user-routes.ts';

export type RoutesDeps = AdminDeps & CreditsDeps & PublicDeps & ReportsDeps & SystemDeps & UserDeps;

export interface RoutesSettings {
  readonly selfServiceKeys: boolean;
}

function boundCalls(deps: RoutesDeps): readonly BoundCall[] {
  const system = systemHandlers(deps);
  const docs = docsHandlers(deps.version);
  const admin = adminHandlers(deps);
  const credits = creditsHandlers(deps);
  const user = userHandlers(deps);
  const self = publicHandlers(deps);
  const reports = reportsHandlers(deps);
  return [
    bind(SYSTEM_API.information, system.information),
    bind(SYSTEM_API.health, system.health),
    bind(SYSTEM_API.models, system.models),
    bind(SYSTEM_API.redocPage, docs.redocPage),
    bind(SYSTEM_API.openApi, docs.openApi),
    bind(ADMIN_API.issueKey, admin.issueKey),
    bind(ADMIN_API.revokeKey, admin.revokeKey),
    bind(ADMIN_API.usageOfKey, admin.usageOfKey),
    bind(CREDITS_API.createUser, credits.createUser),
    bind(CREDITS_API.addCredits, credits.addCredits),
    bind(CREDITS_API.balances, credits.balances),
    bind(CREDITS_API.monitor, credits.monitor),
    bind(CREDITS_API.setLimits, credits.setLimits),
    bind(CREDITS_API.bookEntry, credits.bookEntry),
    bind(CREDITS_API.statement, credits.statement),
    bind(USER_API.balance, user.balance),
    bind(USER_API.monitor, user.monitor),
    bind(USER_API.limits, user.limits),
    bind(PUBLIC_API.requestKey, self.requestKey),
    bind(PUBLIC_API.activeKeysOf, self.activeKeysOf),
    bind(REPORTS_API.costByUser, reports.costByUser),
  ];
}

export async function registerRoutes(
  scope: FastifyInstance,
  deps: RoutesDeps,
  callers: Callers,
  settings: RoutesSettings,
): Promise<void> {
  const guards = guardsOf(callers, settings);
  const bound = boundCalls(deps);
  for (const one of bound) register(scope, one, guards);
  await docsAssets(scope, deps.version);
  refuseOtherMethods(scope, [SYSTEM_API.swaggerPage, ...bound.map((one) => one.call)]);
}

const NOBODY: Caller = { kind: 'nobody' };

function guardsOf(callers: Callers, settings: RoutesSettings): Readonly<Record<Who, Guard>> {
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
    operator: (request) => callers.operator(request.headers),
    'key holder': (request) => ({ kind: 'key holder', key: callers.keyHolder(request.headers) }),
    'signed in': () => {
      throw new Failure('authentication_required');
    },
    member: (request) => callers.operator(request.headers),
    reader: (request) => callers.operator(request.headers),
  };
}
