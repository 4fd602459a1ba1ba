import type { z } from 'zod';
import { type PREFERENCES_API, preferences } from '../../../contract/api/preferences-api.ts';
import type { Accounts } from '../../accounts/accounts.ts';
import type { AskedFor } from '../answering.ts';
import { sessionOf } from '../callers.ts';

export interface PreferencesDeps {
  readonly accounts: Pick<Accounts, 'preferences'>;
}

type Chosen = z.output<typeof preferences>;

const NOTHING_CHOSEN: Chosen = {
  theme: null,
  language: null,
  zone: null,
  period: null,
  shortcuts: null,
  pages: {},
};

/** Each person's own; nobody reads another's. */
export function preferencesHandlers({ accounts }: PreferencesDeps) {
  return {
    async read({ caller }: AskedFor<typeof PREFERENCES_API.read>): Promise<Chosen> {
      // What an older version stored and this one does not understand counts as not chosen.
      const stored = preferences.safeParse(
        await accounts.preferences.read(sessionOf(caller).userId),
      );
      return stored.success ? stored.data : NOTHING_CHOSEN;
    },

    async write({ body, caller }: AskedFor<typeof PREFERENCES_API.write>): Promise<Chosen> {
      await accounts.preferences.write(sessionOf(caller).userId, body);
      return body;
    },
  };
}
