/** What was admitted before a start, for the counters of rates: few rows, however many requests the day has seen. */
import { sql } from 'kysely';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../clock.ts';
import { firstId } from '../id.ts';
import type { Storage } from '../storage/storage.ts';
import { CUT } from './roll-up.ts';

/** Requests of one key that were admitted in the same minute, or in the same hour before that minute. */
export interface AdmittedRequests {
  readonly keyId: string;
  readonly userId: string;
  /** An instant in that minute or hour. */
  readonly at: number;
  readonly requests: number;
  readonly tokens: number;
}

/**
 * Of the UTC day that goes on: hours from the sums, and the minute that goes on from the records. What nothing was owed
 * for is left out. Nothing may be written meanwhile.
 */
export async function admittedToday(
  { db }: Pick<Storage, 'db'>,
  now: number,
): Promise<readonly AdmittedRequests[]> {
  // What is on record has been, even if the clock has gone back since.
  const latest = Math.max(now, await lastStart(db));
  const inMinute = await admittedInMinute(db, latest - (latest % MINUTE_MS));
  const ofKey = new Map(inMinute.map((one) => [one.keyId, one]));
  const thisHour = Math.floor(latest / HOUR_MS);
  const inHours = await admittedInHours(db, Math.floor(latest / DAY_MS) * 24);
  // The minute is a part of the sum of its hour.
  const before = inHours.map(({ hour, requests, tokens, ...whose }) => {
    const later = hour === thisHour ? ofKey.get(whose.keyId) : undefined;
    return {
      ...whose,
      at: hour * HOUR_MS,
      requests: requests - (later?.requests ?? 0),
      tokens: tokens - (later?.tokens ?? 0),
    };
  });
  return [...before.filter(({ requests }) => requests > 0), ...inMinute];
}

async function lastStart(db: Storage['db']): Promise<number> {
  const last = db.selectFrom('usage_records').select('started_at').orderBy('id', 'desc').limit(1);
  return (await last.executeTakeFirst())?.started_at ?? 0;
}

function admittedInMinute(db: Storage['db'], minute: number): Promise<readonly AdmittedRequests[]> {
  return (
    db
      .selectFrom('usage_records')
      .select(['virtual_key_id as keyId', 'user_id as userId'])
      .select((of) => [of.fn.max('started_at').as('at'), of.fn.countAll<number>().as('requests')])
      .select(sql<number>`sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0))`.as('tokens'))
      // Ids begin with the time, and a request has its id just before it starts.
      .where('id', '>=', firstId('req', minute - MINUTE_MS))
      .where('started_at', '>=', minute)
      .where('outcome', '!=', 'refused')
      .where('cost_source', '!=', 'none')
      .groupBy(['virtual_key_id', 'user_id'])
      .execute()
  );
}

function admittedInHours(db: Storage['db'], sinceHour: number) {
  return db
    .selectFrom('usage_hourly as sums')
    .innerJoin('usage_cells as cells', 'cells.id', 'sums.cell')
    .select(['cells.virtual_key_id as keyId', 'cells.user_id as userId'])
    .select(['sums.bucket as hour', 'sums.requests'])
    .select(sql<number>`sums.input_tokens + sums.output_tokens`.as('tokens'))
    .where('sums.bucket', '>=', sinceHour)
    .where('sums.cut', '=', CUT.caller)
    .where('sums.requests', '>', 0)
    .execute();
}
