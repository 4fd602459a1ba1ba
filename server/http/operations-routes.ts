import type { z } from 'zod';
import type { pong, settingsList } from '../../contract/api/operations-api.ts';
import { type Clock, isoTime } from '../clock.ts';
import type { EffectiveSetting } from '../config.ts';

export interface OperationsDeps {
  readonly clock: Pick<Clock, 'now'>;
}

export interface OperationsSettings {
  /** The settings in force. */
  readonly effective: readonly EffectiveSetting[];
}

export function operationsHandlers({ clock }: OperationsDeps, settings: OperationsSettings) {
  return {
    ping: (): z.output<typeof pong> => ({ status: 'ok', timestamp: isoTime(clock.now()) }),

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
