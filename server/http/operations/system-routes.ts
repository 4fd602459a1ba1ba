import type { z } from 'zod';
import { ALL_CALLS } from '../../../contract/api/api.ts';
import type {
  apiInformation,
  health,
  SYSTEM_API,
  simpleModels,
} from '../../../contract/api/system-api.ts';
import { nanos, toDollars } from '../../../contract/money.ts';
import { type Clock, isoTime } from '../../clock.ts';
import type { Gateway, ServedModel } from '../../gateway/gateway.ts';
import type { AskedFor } from '../answering.ts';

export interface SystemDeps {
  readonly gateway: Pick<Gateway, 'models' | 'upstreamState'>;
  readonly databaseState: () => 'ok' | 'failing';
  readonly clock: Pick<Clock, 'now'>;
  readonly version: string;
}

export function systemHandlers(deps: SystemDeps) {
  const information: z.output<typeof apiInformation> = {
    name: 'Tollkeeper',
    version: deps.version,
    documentation: '/docs',
    endpoints: ALL_CALLS.map(({ method, path, summary }) => ({ method, path, summary })),
  };
  return {
    information: () => information,

    health({ reply }: AskedFor<typeof SYSTEM_API.health>): z.output<typeof health> {
      const state = healthOf(deps);
      if (state.status === 'unhealthy') reply.code(503);
      return state;
    },

    async models(): Promise<z.output<typeof simpleModels>> {
      const models = await deps.gateway.models();
      return { models: models.map(simpleModel) };
    },
  };
}

function healthOf(deps: SystemDeps): z.output<typeof health> {
  const database = deps.databaseState();
  const upstream = deps.gateway.upstreamState();
  const isDegraded = upstream === 'missing' || upstream === 'failing';
  return {
    status: database === 'failing' ? 'unhealthy' : isDegraded ? 'degraded' : 'healthy',
    timestamp: isoTime(deps.clock.now()),
    version: deps.version,
    checks: { database, upstream },
  };
}

function simpleModel(model: ServedModel): z.output<typeof simpleModels>['models'][0] {
  const { id, name, provider, inputNanosPerMillion, outputNanosPerMillion } = model;
  return {
    id,
    ...(name !== undefined && { name }),
    ...(provider !== undefined && { provider }),
    ...(inputNanosPerMillion !== undefined && {
      input_usd_per_mtok: toDollars(nanos(inputNanosPerMillion)),
    }),
    ...(outputNanosPerMillion !== undefined && {
      output_usd_per_mtok: toDollars(nanos(outputNanosPerMillion)),
    }),
  };
}
