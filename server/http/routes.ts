/** Every path with who answers it. `/v1/*` is registered apart, by the gateway's own routes. */
import type { FastifyInstance } from 'fastify';
import { ADMIN_API } from '../../contract/api/admin-api.ts';
import type { Who } from '../../contract/api/call.ts';
import { PUBLIC_API } from '../../contract/api/public-api.ts';
import { REPORTS_API } from '../../contract/api/reports-api.ts';
import { SYSTEM_API } from '../../contract/api/system-api.ts';
import { Failure } from '../failure.ts';
import { type AdminDeps, adminHandlers } from './admin-routes.ts';
import { type BoundCall, bind, type Guard, refuseOtherMethods, register } from './answering.ts';
import type { Callers } from './callers.ts';
import { docsAssets, docsHandlers } from './docs-routes.ts';
import { type PublicDeps, publicHandlers } from './public-routes.ts';
import { type ReportsDeps, reportsHandlers } from './reports-routes.ts';
import { type SystemDeps, systemHandlers } from './system-routes.ts';

export type RoutesDeps = AdminDeps & PublicDeps & ReportsDeps & SystemDeps;

export interface RoutesSettings {
  readonly selfServiceKeys: boolean;
}

function boundCalls(deps: RoutesDeps): readonly BoundCall[] {
  const system = systemHandlers(deps);
  const docs = docsHandlers(deps.version);
  const admin = adminHandlers(deps);
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

function guardsOf(callers: Callers, settings: RoutesSettings): Readonly<Record<Who, Guard>> {
  return {
    anyone: () => undefined,
    'self-service': () => {
      if (!settings.selfServiceKeys) {
        throw new Failure('switched_off', {
          sentence: 'Self-service keys are switched off on this installation (SELF_SERVICE_KEYS).',
        });
      }
    },
    operator: (request) => callers.operator(request.headers),
    'key holder': (request) => {
      callers.keyHolder(request.headers);
    },
  };
}
