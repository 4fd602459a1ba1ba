/** What people chose about the app. Kept as they gave it: what it means is the app's own matter. */
import type { Clock } from '../clock.ts';
import type { Storage } from '../storage/storage.ts';
import type { Erasure } from './people.ts';

export interface Preferences {
  /** Null for whoever never chose anything. */
  read(userId: string): Promise<unknown>;
  /** Replaces all of them. @throws Failure `conflict` (the account is being deleted), `storage_unavailable` */
  write(userId: string, chosen: object): Promise<void>;
}

export interface PreferenceBook extends Preferences {
  /** For the act that deletes an account. */
  erasureOf(userId: string): Erasure;
}

export function createPreferences(deps: {
  readonly storage: Pick<Storage, 'db' | 'commit'>;
  readonly clock: Clock;
}): PreferenceBook {
  const { storage, clock } = deps;
  const { db } = storage;
  return {
    async read(userId) {
      const row = await db
        .selectFrom('preferences')
        .select('chosen')
        .where('user_id', '=', userId)
        .executeTakeFirst();
      return row === undefined ? null : (JSON.parse(row.chosen) as unknown);
    },
    async write(userId, chosen) {
      const values = { chosen: JSON.stringify(chosen), updated_at: clock.now() };
      const insert = db
        .insertInto('preferences')
        .values({ user_id: userId, ...values })
        .onConflict((c) => c.column('user_id').doUpdateSet(values));
      await storage.commit([insert.compile()]);
    },
    erasureOf: (userId) => ({
      writes: [db.deleteFrom('preferences').where('user_id', '=', userId).compile()],
      apply: () => undefined,
    }),
  };
}
