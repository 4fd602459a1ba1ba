import type { z } from 'zod';
import type { activeKeys, PUBLIC_API, selfServiceKey } from '../../../contract/api/public-api.ts';
import type { Accounts } from '../../accounts/accounts.ts';
import type { Administration } from '../../administration/administration.ts';
import { isoTime } from '../../clock.ts';
import { Failure } from '../../failure.ts';
import type { AskedFor } from '../answering.ts';

export interface PublicDeps {
  readonly administration: Pick<Administration, 'issueSelfServiceKey'>;
  readonly accounts: Pick<Accounts, 'keys'>;
}

export function publicHandlers({ administration, accounts }: PublicDeps) {
  return {
    async requestKey({
      body,
    }: AskedFor<typeof PUBLIC_API.requestKey>): Promise<z.output<typeof selfServiceKey>> {
      const { key, token } = await administration.issueSelfServiceKey({
        username: body.username,
        note: body.note ?? null,
      });
      return { id: key.id, token, username: key.label, note: key.note };
    },

    activeKeysOf({
      params,
    }: AskedFor<typeof PUBLIC_API.activeKeysOf>): z.output<typeof activeKeys> {
      const keys = accounts.keys.activeOf(params.username);
      if (keys === null) throw new Failure('not_found', { sentence: 'There is no such user.' });
      return {
        username: params.username,
        keys: keys.map((key) => ({
          id: key.id,
          masked: `${key.prefix.slice(0, 4)}...${key.last4}`,
          note: key.note,
          created_at: isoTime(key.createdAt),
        })),
      };
    },
  };
}
