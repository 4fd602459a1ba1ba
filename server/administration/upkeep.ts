/** What the operator does to the installation itself: how its watching fares, and clearing its log. */
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Backups, Storage } from '../storage/storage.ts';

export interface UpkeepFigures {
  /** Probes, and what providers reported as used. */
  readonly usageRows: number;
  /** Milliseconds since the epoch. */
  readonly lastUsageAt: number | null;
  readonly lastKeyOkAt: number | null;
  /** No check of a key is long overdue. */
  readonly isOnTime: boolean;
}

export interface Cleared {
  readonly probes: number;
  readonly providerUsage: number;
  /** Name of the file in the folder of the backups. */
  readonly backup: string;
}

export interface Upkeep {
  figures(): Promise<UpkeepFigures>;
  /**
   * Deletes probes and synced provider usage, once a backup is on disk. All else stays.
   *
   * @throws Failure `storage_unavailable`; then nothing was deleted
   */
  reset(): Promise<Cleared>;
}

/** A check that is later than this was forgotten: even a long queue of keys is done sooner. */
const LATE_MS = 30 * 60_000;

export function createUpkeep(deps: {
  readonly storage: Storage;
  readonly backups: Backups;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** Whether keys are looked at unasked; else no check is ever late. */
  readonly watches: boolean;
}): Upkeep {
  const { storage, backups, clock, log, watches } = deps;
  const { db } = storage;

  async function counts() {
    const query = sql<{ probes: number; usage: number; probedAt: number; syncedAt: number }>`
      select (select count(*) from probes) as probes, (select max(at) from probes) as "probedAt",
        (select count(*) from provider_usage) as usage,
        (select max(synced_at) from provider_usage) as "syncedAt"`;
    const [row] = (await query.execute(db)).rows;
    return row ?? { probes: 0, usage: 0, probedAt: null, syncedAt: null };
  }

  return {
    async figures() {
      const { probes, usage, probedAt, syncedAt } = await counts();
      const health = await db
        .selectFrom('key_health')
        .select((of) => [of.fn.max('last_ok_at').as('okAt'), of.fn.min('due_at').as('dueAt')])
        .executeTakeFirst();
      return {
        usageRows: probes + usage,
        lastUsageAt:
          probedAt === null && syncedAt === null ? null : Math.max(probedAt ?? 0, syncedAt ?? 0),
        lastKeyOkAt: health?.okAt ?? null,
        isOnTime: !watches || (health?.dueAt ?? clock.now()) > clock.now() - LATE_MS,
      };
    },

    async reset() {
      const { name: backup } = await backups.make('reset');
      const { probes, usage: providerUsage } = await counts();
      await storage.commit([
        db.deleteFrom('probes').compile(),
        db.deleteFrom('provider_usage').compile(),
      ]);
      log.warn({ probes, providerUsage, backup }, 'the usage log was cleared');
      return { probes, providerUsage, backup };
    },
  };
}
