/** Usage by UTC day, provider key and model, of either source: what providers report, or what we metered. */
import { type RawBuilder, sql } from 'kysely';
import type { Storage } from '../storage/storage.ts';

export type UsageSource = 'provider' | 'gateway';

export interface UsageFilter {
  readonly source: UsageSource;
  /** UTC days, both included; null: all there are. */
  readonly range: { readonly start: string; readonly end: string } | null;
  /** These provider keys only; null: all. */
  readonly keyIds: readonly string[] | null;
  /** Requests of this user only; null: of everybody. Providers do not know our users. */
  readonly userId: string | null;
  readonly model: string | null;
}

export interface DailyUsage {
  readonly date: string;
  readonly key: string;
  readonly model: string;
  readonly requests: number;
  readonly input: number;
  readonly output: number;
  readonly cost: number;
}

type Db = Storage['db'];

const FIRST_DAY = '1970-01-01';
const LAST_DAY = '9999-12-31';

/** The newest day first, then by key and model. @param after the row that the page before ended with */
export async function dailyUsage(
  db: Db,
  filter: UsageFilter,
  page: { readonly after: readonly string[] | null; readonly limit: number },
): Promise<readonly DailyUsage[]> {
  const [date = '', key = '', model = ''] = page.after ?? [];
  const isAfter =
    page.after === null
      ? sql`true`
      : sql`(date < ${date} or (date = ${date} and (key, model) > (${key}, ${model})))`;
  const found = await sql<DailyUsage>`
    select * from (${rowsOf(filter, page.after === null ? LAST_DAY : date)}) where ${isAfter}
    order by date desc, key, model limit ${page.limit}`.execute(db);
  return found.rows;
}

/** The same added up by one of its columns. */
export async function dailyUsageBy(
  db: Db,
  filter: UsageFilter,
  column: 'date' | 'key' | 'model',
): Promise<readonly (Omit<DailyUsage, 'date' | 'key' | 'model'> & { readonly name: string })[]> {
  const found = await sql<Awaited<ReturnType<typeof dailyUsageBy>>[number]>`
    select ${sql.ref(column)} as name, sum(requests) as requests, sum(input) as input,
      sum(output) as output, sum(cost) as cost
    from (${rowsOf(filter, LAST_DAY)}) group by 1 order by cost desc, name`.execute(db);
  return found.rows;
}

/** When the providers were asked last; null if they never were. */
export async function syncedAt(db: Db): Promise<number | null> {
  const row = await db
    .selectFrom('provider_usage')
    .select((c) => c.fn.max('synced_at').as('at'))
    .executeTakeFirst();
  return row?.at ?? null;
}

function rowsOf(filter: UsageFilter, last: string): RawBuilder<unknown> {
  const { range, keyIds, model, source } = filter;
  const start = range?.start ?? FIRST_DAY;
  const end = range === null || last < range.end ? last : range.end;
  const isGateway = source === 'gateway';
  const key = isGateway ? sql`c.provider_key_id` : sql`provider_key_id`;
  const name = isGateway ? sql`c.model` : sql`model`;
  const isMeant = sql.join(
    [
      keyIds === null
        ? sql`true`
        : sql`${key} in (select value from json_each(${JSON.stringify(keyIds)}))`,
      model === null ? sql`true` : sql`${name} = ${model}`,
    ],
    sql` and `,
  );
  return isGateway
    ? gatewayRows({ start, end }, filter.userId, isMeant)
    : providerRows({ start, end }, isMeant);
}

interface Days {
  readonly start: string;
  readonly end: string;
}

function gatewayRows(
  { start, end }: Days,
  userId: string | null,
  isMeant: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const number = (day: string) => sql`unixepoch(${day}) / 86400`;
  return sql`
    select date(t.bucket * 86400, 'unixepoch') as date, c.provider_key_id as key, c.model as model,
      sum(t.requests) as requests, sum(t.input_tokens) as input, sum(t.output_tokens) as output,
      sum(t.cost_nanos) as cost
    from usage_daily as t join usage_cells as c on c.id = t.cell
    where t.bucket between ${number(start)} and ${number(end)} and t.cut = 3 and t.requests > 0
      and ${userId === null ? sql`true` : sql`c.user_id = ${userId}`} and ${isMeant}
    group by t.bucket, c.provider_key_id, c.model`;
}

/** Money in another currency is no dollars: it is not in these figures. */
function providerRows({ start, end }: Days, isMeant: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select date, provider_key_id as key, model, coalesce(requests, 0) as requests,
      coalesce(input_tokens, 0) as input, coalesce(output_tokens, 0) as output,
      iif(currency = 'USD', coalesce(cost_nanos, 0), 0) as cost
    from provider_usage where date between ${start} and ${end} and ${isMeant}`;
}
