/** How balances went: what was left at the end of each stretch of time, and for how long one key would have lasted then. */
import { sql } from 'kysely';
import { type Nanos, nanos } from '../../contract/money.ts';
import type { Storage } from '../storage/storage.ts';
import type { Readings, Span } from './readings.ts';
import { RUNWAY_WINDOW_MS, type Runway, runwayOf } from './runway.ts';
import type { KnownBalance } from './status.ts';

/** What was last known to be left on a key by some time. */
export interface Closing {
  /** In nano-units of `currency`. */
  readonly balance: Nanos;
  readonly currency: string;
}

export interface BalanceCourse {
  /** Before the first stretch; null: no balance had ever been read. */
  readonly before: Closing | null;
  /** By the end of each stretch. */
  readonly closings: readonly (Closing | null)[];
}

/** More than three months of a reading every half hour; of a longer time only the newest are looked at. */
const READINGS_MAX = 5_000;

/**
 * Each stretch of each key costs one look-up in its history, however much was read in it; what no stretch tells anew goes
 * on from the one before.
 *
 * @param stretches one after the other
 */
export async function balanceCourses(
  db: Storage['questions'],
  keyIds: readonly string[],
  stretches: readonly Span[],
): Promise<ReadonlyMap<string, BalanceCourse>> {
  const first = stretches[0]?.from ?? 0;
  const asked = [[0, first], ...stretches.map(({ from, to }) => [from, to])];
  const { rows } = await sql<{
    provider_key_id: string;
    step: number;
    balance_nanos: number;
    currency: string;
  }>`
    select r.provider_key_id, s.key as step, r.balance_nanos, r.currency
    from json_each(${JSON.stringify(keyIds)}) as k
    cross join json_each(${JSON.stringify(asked)}) as s
    cross join balance_readings as r on r.provider_key_id = k.value and r.at = (
      select at from balance_readings
      where provider_key_id = k.value and at >= s.value ->> 0 and at < s.value ->> 1
        and balance_nanos is not null and currency is not null
      order by at desc limit 1)`.execute(db);
  const told = Map.groupBy(rows, (row) => row.provider_key_id);
  return new Map(
    keyIds.map((id) => {
      const closings = new Map<number, Closing>(
        told
          .get(id)
          ?.map(({ step, balance_nanos, currency }) => [
            step,
            { balance: nanos(balance_nanos), currency },
          ]),
      );
      let last: Closing | null = null;
      const [before = null, ...rest] = asked.map((_, step) => {
        last = closings.get(step) ?? last;
        return last;
      });
      return [id, { before, closings: rest }];
    }),
  );
}

/**
 * What would have been said at each of these instants of how long a key lasts: as it is said now, from the readings of the
 * week before that are like the present one. What somebody wrote down anew since tells nothing of the time before.
 *
 * @param ends in order
 * @returns null where nothing could be said
 */
export async function runwaysAt(
  readings: Readings,
  key: { readonly keyId: string; readonly now: KnownBalance; readonly countedSince: number },
  ends: readonly number[],
): Promise<readonly (Runway | null)[]> {
  const { keyId, now, countedSince } = key;
  const from = Math.max((ends[0] ?? 0) - RUNWAY_WINDOW_MS, countedSince);
  const to = ends.at(-1) ?? 0;
  const known = await readings.balances({ keyId, ...now }, { from, to }, READINGS_MAX);
  let begin = 0;
  let end = 0;
  return ends.map((at) => {
    while ((known[end]?.at ?? Number.POSITIVE_INFINITY) < at) end += 1;
    const last = known[end - 1]?.at ?? at;
    while ((known[begin]?.at ?? Number.POSITIVE_INFINITY) < last - RUNWAY_WINDOW_MS) begin += 1;
    // A key that nobody could read for as long as that lasts nobody knows how long.
    return at - last > RUNWAY_WINDOW_MS ? null : runwayOf(known.slice(begin, end));
  });
}
