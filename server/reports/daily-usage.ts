/** Usage by UTC day, provider key and model, of either source: what providers report, or what we metered. */
import { type RawBuilder, sql } from 'kysely';
import { DAY_MS, utcDay } from '../clock.ts';
import { CUT } from '../records/records.ts';
import type { Storage } from '../storage/storage.ts';
import { NOTHING, type Sums } from './addition.ts';
import type { Rows } from './span.ts';
import { everyDay, type Measure, sumsByName, sumsOverTime } from './sums.ts';
import type { SumsSource } from './sums-source.ts';
import { compareText } from './text-order.ts';

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

/** Days that are looked through at first for a page; each time that they have too few rows, four times as many. */
const FIRST_STRETCH_DAYS = 2;

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
  const { range } = filter;
  const start = maxText(range?.start ?? FIRST_DAY, FIRST_DAY);
  // A cursor is as it was sent: it leads to no day beyond the range.
  let end = minText(page.after === null ? LAST_DAY : date, range?.end ?? LAST_DAY);
  const rows: DailyUsage[] = [];
  // All rows of a range would be added up before the first of them is known, so the newest days are asked for alone.
  for (let days = FIRST_STRETCH_DAYS; end >= start && rows.length < page.limit; days *= 4) {
    const from = range === null ? start : maxText(start, daysBefore(end, days - 1));
    const found = await sql<DailyUsage>`
      select * from (${rowsOf({ ...filter, range: { start: from, end } })}) where ${isAfter}
      order by date desc, key, model limit ${page.limit - rows.length}`.execute(db);
    rows.push(...found.rows);
    if (from === start) break;
    end = daysBefore(from, 1);
  }
  return rows;
}

const maxText = (a: string, b: string): string => (a > b ? a : b);
const minText = (a: string, b: string): string => (a < b ? a : b);

function daysBefore(day: string, count: number): string {
  return dayText(Date.parse(day) / DAY_MS - count);
}

type NamedSums = Omit<DailyUsage, 'date' | 'key' | 'model'> & { readonly name: string };

/** The same added up by one of its columns, the dearest first. */
export async function dailyUsageBy(
  source: SumsSource,
  filter: UsageFilter,
  column: 'date' | 'key' | 'model',
): Promise<readonly NamedSums[]> {
  if (filter.source === 'gateway') return gatewaySums(source, filter, column);
  const found = await sql<NamedSums>`
    select ${sql.ref(column)} as name, sum(requests) as requests, sum(input) as input,
      sum(output) as output, cast(sum(cost) as real) as cost
    from (${rowsOf(filter)}) group by 1 order by cost desc, name`.execute(source.db);
  return found.rows;
}

const MEASURES: readonly Measure[] = ['requests', 'input_tokens', 'output_tokens', 'cost_nanos'];

/** What we metered, from the smallest cut that tells what is asked for. */
async function gatewaySums(
  source: SumsSource,
  { range, keyIds, userId, model }: UsageFilter,
  column: 'date' | 'key' | 'model',
): Promise<readonly NamedSums[]> {
  const names = model === null ? {} : { model };
  const [keyId] = keyIds ?? [];
  if (keyIds !== null && keyIds.length !== 1) throw new Error('requests are filtered by one key');
  const selection = {
    userId,
    names: keyId === undefined ? names : { ...names, provider_key: keyId },
  };
  const rows = range === null ? await everyDay(source.db) : daysOf(range);
  const of = { selection, measures: MEASURES };
  if (column === 'date') {
    const days = rows.numbers.map((number) => [number]);
    const { buckets } = await sumsOverTime(source, rows.table, days, of);
    return sorted(
      rows.numbers.map((number, place) => ({
        name: dayText(number),
        sums: buckets[place] ?? NOTHING,
      })),
    );
  }
  const groups = [column === 'key' ? 'provider_key' : 'model'] as const;
  const found = await sumsByName(source, rows, { groups, ...of });
  return sorted(found.map(({ names: [name = ''], sums }) => ({ name, sums })));
}

function sorted(rows: readonly { readonly name: string; readonly sums: Sums }[]) {
  return rows
    .map(({ name, sums: [requests = 0, input = 0, output = 0, cost = 0] }) => ({
      ...{ name, requests, input, output, cost },
    }))
    .filter(({ requests }) => requests > 0)
    .sort((a, b) => b.cost - a.cost || compareText(a.name, b.name));
}

function daysOf(range: { readonly start: string; readonly end: string }): Rows {
  const [first, last] = [Date.parse(range.start) / DAY_MS, Date.parse(range.end) / DAY_MS];
  const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return { table: 'usage_daily', numbers };
}

const dayText = (day: number): string => utcDay(day * DAY_MS);

/**
 * When providers last told something of these keys; null if they never did.
 *
 * @param keyIds null: of any key
 */
export async function syncedAt(db: Db, keyIds: readonly string[] | null): Promise<number | null> {
  const row = await db
    .selectFrom('provider_usage')
    .select((c) => c.fn.max('synced_at').as('at'))
    .$if(keyIds !== null, (query) =>
      query.where(
        'provider_key_id',
        'in',
        sql<string>`(select value from json_each(${JSON.stringify(keyIds)}))`,
      ),
    )
    .executeTakeFirst();
  return row?.at ?? null;
}

function rowsOf(filter: UsageFilter): RawBuilder<unknown> {
  const { range, keyIds, model, source } = filter;
  const { start, end } = range ?? { start: FIRST_DAY, end: LAST_DAY };
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
      cast(sum(t.cost_nanos) as real) as cost
    from usage_daily as t join usage_cells as c on c.id = t.cell
    where t.bucket between ${number(start)} and ${number(end)} and t.cut = ${sql.lit(CUT.whole)} and t.requests > 0
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
