/** Single uses of provider keys, newest first: probes, metered requests, or both side by side. */
import { type RawBuilder, sql } from 'kysely';
import { DAY_MS } from '../clock.ts';
import type { Storage } from '../storage/storage.ts';
import { cutFor } from './sums.ts';

export interface UsageLogFilter {
  readonly source: 'probe' | 'gateway' | 'all';
  /** This provider key only; null: all. */
  readonly keyId: string | null;
}

export interface LoggedUse {
  readonly id: string;
  readonly source: 'probe' | 'gateway';
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Empty where a request was served by a key that is not known any more. */
  readonly keyId: string;
  readonly model: string;
  readonly input: number;
  readonly output: number;
  /** Nano-dollars; null means unpriced, which is not free. */
  readonly cost: number | null;
}

export interface UsageLogTotals {
  readonly input: number;
  readonly output: number;
  readonly cost: number;
}

type Db = Storage['db'];

const SOURCES = ['probe', 'gateway'] as const;
type Source = (typeof SOURCES)[number];

/** Ids begin with three letters and the time: what follows the letters sorts alike in both tables. */
const PREFIX: Readonly<Record<Source, string>> = { probe: 'prb_', gateway: 'req_' };

const sourcesOf = ({ source }: UsageLogFilter): readonly Source[] =>
  SOURCES.filter((one) => source === 'all' || source === one);

/**
 * @param page `before`: the id that the page before ended with
 * @returns at most `limit` uses
 */
export async function usageLog(
  db: Db,
  filter: UsageLogFilter,
  page: { readonly before: string | null; readonly limit: number },
): Promise<readonly LoggedUse[]> {
  const { limit } = page;
  // A tilde sorts behind every id.
  const before = page.before?.slice(4) ?? '~';
  const newest = sourcesOf(filter).map(
    (source) => sql`select * from (${rowsOf(source, filter)}
      and id < ${PREFIX[source] + before} order by id desc limit ${limit})`,
  );
  const found = await sql<LoggedUse>`
    select * from (${sql.join(newest, sql` union all `)}) order by substr(id, 5) desc limit ${limit}`.execute(
    db,
  );
  return found.rows;
}

/** Of every use that the filter lets through; a use without a price adds its tokens and no cost. */
export async function usageLogTotals(db: Db, filter: UsageLogFilter): Promise<UsageLogTotals> {
  const all = sourcesOf(filter).flatMap((source) =>
    source === 'probe'
      ? [sql`select input, output, cost from (${rowsOf(source, filter)})`]
      : gatewaySums(filter),
  );
  const found = await sql<UsageLogTotals>`
    with recursive
      oldest (day) as (select started_at / ${DAY} from usage_records order by id limit 1),
      days (day) as (
        select day + 1 from oldest
        union all
        select day + 1 from days where day < (select max(bucket) from usage_daily)
      )
    select coalesce(sum(input), 0) as input, coalesce(sum(output), 0) as output,
      cast(coalesce(sum(cost), 0) as real) as cost
    from (${sql.join(all, sql` union all `)})`.execute(db);
  return found.rows[0] ?? { input: 0, output: 0, cost: 0 };
}

const DAY = sql.lit(DAY_MS);
const CUT = sql.lit(cutFor(['provider_key'], { userId: null, names: {} }));

/**
 * What the records add up to, from the sums of their days, so that it takes no longer for a million of them. Of the oldest
 * day some may be cleared away, and their sums are not: its records are added up themselves.
 */
function gatewaySums(filter: UsageLogFilter): readonly RawBuilder<unknown>[] {
  const { keyId } = filter;
  const isMeant =
    keyId === null
      ? sql``
      : sql`and t.cell in (select id from usage_cells where cut = ${CUT} and provider_key_id = ${keyId})`;
  // Ids begin with the time, and a request has its id just before it starts.
  const end = sql`(select (day + 1) * ${DAY} from oldest)`;
  return [
    sql`select t.input_tokens as input, t.output_tokens as output, t.cost_nanos as cost
      from days cross join usage_daily as t on t.bucket = days.day and t.cut = ${CUT} ${isMeant}`,
    sql`select input, output, cost
      from (${rowsOf('gateway', filter)} and started_at < ${end} and id < format('req_%012x', ${end}))`,
  ];
}

function rowsOf(source: Source, { keyId }: UsageLogFilter): RawBuilder<unknown> {
  const isMeant = keyId === null ? sql`true` : sql`provider_key_id = ${keyId}`;
  const tokens = sql`coalesce(input_tokens, 0) as input, coalesce(output_tokens, 0) as output,
    cost_nanos as cost`;
  if (source === 'probe') {
    return sql`select id, 'probe' as source, at, provider_key_id as "keyId", model, ${tokens}
      from probes where ${isMeant}`;
  }
  return sql`select id, 'gateway' as source, started_at as at,
      coalesce(provider_key_id, '') as "keyId", coalesce(model, served_model, 'unknown') as model, ${tokens}
    from usage_records where outcome <> 'refused' and cost_source <> 'none' and ${isMeant}`;
}
