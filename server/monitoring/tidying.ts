/** The weekly clean-up: what is older than it has to be goes, a little at a time so that no commit waits long for it. */
import { type RawBuilder, sql } from 'kysely';
import { type Clock, DAY_MS, utcDay } from '../clock.ts';
import { firstId } from '../id.ts';
import type { Storage } from '../storage/storage.ts';

const WEEK_MS = 7 * DAY_MS;
const CHORE = 'retention';
/** Rows taken away in one commit. */
const ROWS_AT_ONCE = 2_000;

export interface TidyDeps {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly retentionDays: number;
  /** Since when the usage and probes of a key are what its balance is reckoned from; null: from none. */
  readonly neededSince: (keyId: string) => number | null;
  /** Takes away the oldest usage records before an instant, at most so many. @returns how many it were */
  readonly pruneRecords: (before: number, limit: number) => Promise<number>;
}

/**
 * Cleans up if the last time is a week ago. The ledger and the sums of usage records stay as they are.
 *
 * @returns whether it was time
 */
export async function tidyUp(deps: TidyDeps): Promise<boolean> {
  const { storage, clock, retentionDays, neededSince, pruneRecords } = deps;
  const now = clock.now();
  if (!(await isTime(storage, now))) return false;
  const before = now - retentionDays * DAY_MS;
  const run = (query: RawBuilder<unknown>) => storage.commit([query.compile(storage.db)]);
  // By key, because a key's history lies together: each commit touches one stretch of it.
  const keys = await storage.db.selectFrom('key_health').select('provider_key_id as id').execute();
  for (const { id } of keys) {
    await run(sql`delete from balance_readings where provider_key_id = ${id} and at < ${before}`);
    const end = Math.min(before, neededSince(id) ?? before);
    await run(
      sql`delete from provider_usage where provider_key_id = ${id} and date < ${utcDay(end)}`,
    );
    await run(
      sql`delete from probes where provider_key_id = ${id} and id < ${firstId('prb', end)}`,
    );
  }
  while ((await pruneRecords(before, ROWS_AT_ONCE)) === ROWS_AT_ONCE);
  await run(sql`insert into chore_runs (chore, ran_at) values (${CHORE}, ${now})
    on conflict (chore) do update set ran_at = excluded.ran_at`);
  return true;
}

async function isTime({ db }: Storage, now: number): Promise<boolean> {
  const [last] = await db
    .selectFrom('chore_runs')
    .select('ran_at as at')
    .where('chore', '=', CHORE)
    .execute();
  // A run that lies in the future was noted by a clock that was ahead.
  return last === undefined || last.at > now || last.at <= now - WEEK_MS;
}
