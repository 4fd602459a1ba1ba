import type { z } from 'zod';
import type { GUARDIAN_API, guardedKey, guardedKeys } from '../../../contract/api/guardian-api.ts';
import type { ProviderKey } from '../../provider-keys/provider-keys.ts';
import type { AskedFor } from '../answering.ts';
import { scopeOf, shortKeyReply, statusOf, withStatus } from './provider-key-replies.ts';
import type { ProviderKeyDeps } from './provider-key-routes.ts';

/** The operator's short calls for the same keys. */
export function guardianHandlers({ providerKeys, monitoring }: ProviderKeyDeps) {
  const shown = async (key: ProviderKey): Promise<z.output<typeof guardedKey>> =>
    shortKeyReply(key, await statusOf(key, monitoring));
  return {
    async list({
      caller,
    }: AskedFor<typeof GUARDIAN_API.list>): Promise<z.output<typeof guardedKeys>> {
      const keys = await withStatus(providerKeys.list(scopeOf(caller)), monitoring);
      return { data: keys.map(({ key, status }) => shortKeyReply(key, status)) };
    },

    async add({ body }: AskedFor<typeof GUARDIAN_API.add>): Promise<z.output<typeof guardedKey>> {
      const key = await providerKeys.add({
        owner: null,
        platform: body.platform,
        name: body.label,
        secret: body.key,
        description: null,
        base: body.base_url ?? null,
        purposes: { watch: true, route: false },
        thresholdNanos: null,
        checkIntervalMinutes: null,
        probe: body.probe ?? false,
        probeModel: null,
      });
      return await shown(key);
    },

    async setActive({
      params,
      body,
    }: AskedFor<typeof GUARDIAN_API.setActive>): Promise<z.output<typeof guardedKey>> {
      return await shown(await providerKeys.change(params.id, { isActive: body.active }));
    },

    async remove({ params }: AskedFor<typeof GUARDIAN_API.remove>): Promise<void> {
      await providerKeys.remove(params.id);
    },
  };
}
