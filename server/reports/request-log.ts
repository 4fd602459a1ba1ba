/** Single usage records: page by page, newest first, and one of them with all that hangs on it. */
import { type RawBuilder, sql } from 'kysely';
import type { Group } from '../../contract/api/figures-api.ts';
import type { Outcome, Provenance } from '../../contract/usage.ts';
import { MINUTE_MS } from '../clock.ts';
import { firstId } from '../id.ts';
import type { Database, Storage } from '../storage/storage.ts';
import type { Selection } from './sums.ts';

export type RecordRow = Database['usage_records'];

export interface RequestFilter {
  /** Half-open, in milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly selection: Selection;
  readonly outcome?: Outcome | undefined;
  readonly status?: number | undefined;
  readonly provenance?: Provenance | undefined;
  /** The code of a failure or refusal. */
  readonly failure?: string | undefined;
  /** An id or its beginning. */
  readonly idStart?: string | undefined;
  /** A piece of a model, endpoint, failure or of the provider's id of the answer, in any case of letters. */
  readonly text?: string | undefined;
}

export interface RecordPage {
  readonly rows: readonly RecordRow[];
  /** Where the next page begins; null if there is none. */
  readonly next: string | null;
}

export interface RequestStory {
  readonly record: RecordRow;
  readonly price: Database['prices'] | null;
  readonly entries: readonly Database['ledger_entries'][];
}

type Db = Storage['db'];

/**
 * So many records are looked at for one page, step by step: to count up to the end of a step takes longer than to read
 * a page, and each step is a turn of its own. What is rarer is found on a later page, and no page takes long.
 */
const LOOKS = [20_000, 80_000] as const;
/** Where all records of a range are meant, most pages are full after so few. */
const FIRST_LOOK = 2_000;

/** A request has its id just before it starts. */
const ID_LEAD_MS = MINUTE_MS;

const COLUMN = {
  model: sql`coalesce(model, served_model, 'unknown')`,
  user: sql.ref('user_id'),
  key: sql.ref('virtual_key_id'),
  provider: sql`coalesce(provider_id, '')`,
  provider_key: sql`coalesce(provider_key_id, '')`,
} as const satisfies Record<Group, RawBuilder<unknown>>;

/** @param before the id that the page before ended with */
export async function requestPage(
  db: Db,
  filter: RequestFilter,
  page: { readonly before: string | null; readonly limit: number },
): Promise<RecordPage> {
  const { limit } = page;
  const { first, beyond } = idRange(filter, page.before);
  const keys = await keysIn(db, filter.selection);
  if (keys !== null) {
    const rows = await ofKeys(db, keys, { filter, first, beyond, limit: limit + 1 });
    return cutPage(rows, limit, null);
  }
  const rows: RecordRow[] = [];
  let floor: string | null = beyond;
  for (const look of narrowing(filter).length > 0 ? LOOKS : [FIRST_LOOK, ...LOOKS]) {
    const within: Look = { first, beyond: floor, look };
    const found = await lookAt(db, within, filter, limit + 1 - rows.length);
    rows.push(...found);
    const [one] = found;
    floor = one === undefined ? await floorOf(db, within) : one.floor;
    if (floor === null || rows.length > limit) break;
  }
  return cutPage(rows, limit, floor);
}

export async function requestStory(db: Db, id: string): Promise<RequestStory | null> {
  const record = await db
    .selectFrom('usage_records')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (record === undefined) return null;
  const price =
    record.price_id === null
      ? undefined
      : await db
          .selectFrom('prices')
          .selectAll()
          .where('id', '=', record.price_id)
          .executeTakeFirst();
  const entries = await db
    .selectFrom('ledger_entries')
    .selectAll()
    // The request's own are named by it; a refund or correction speaks of it, and comes later.
    .where('id', '>=', `${id}/`)
    .where('id', '<', `${id}0`)
    .orderBy('id')
    .execute();
  return { record, price: price ?? null, entries };
}

function idRange(
  { start, end, idStart }: RequestFilter,
  before: string | null,
): { first: string; beyond: string } {
  const least = [firstId('req', start - ID_LEAD_MS)];
  const most = [firstId('req', end)];
  if (idStart !== undefined) {
    least.push(idStart);
    most.push(`${idStart}~`);
  }
  if (before !== null) most.push(before);
  return { first: least.toSorted().at(-1) ?? '', beyond: most.toSorted()[0] ?? '' };
}

/** So many records, the newest first. */
interface Look {
  readonly first: string;
  readonly beyond: string;
  readonly look: number;
}

/** The newest that are meant, each with the end of the look: to ask for it first would be one more turn. */
async function lookAt(
  db: Db,
  within: Look,
  filter: RequestFilter,
  most: number,
): Promise<readonly (RecordRow & { readonly floor: string | null })[]> {
  const { first, beyond } = within;
  const answer = await sql<RecordRow & { floor: string | null }>`
    with floor (id) as materialized (select (${endOf(within)}))
    select usage_records.*, (select id from floor) as floor from usage_records
    where id >= coalesce((select id from floor), ${first}) and id < ${beyond}
      and ${conditions(filter)}
    order by id desc limit ${most}`.execute(db);
  return answer.rows;
}

/** Where a look ends of which nothing was meant; null: there are no more records. */
async function floorOf(db: Db, within: Look): Promise<string | null> {
  const { rows } = await endOf(within).execute(db);
  return rows[0]?.id ?? null;
}

const endOf = ({ first, beyond, look }: Look): RawBuilder<{ id: string }> => sql`
  select id from usage_records where id >= ${first} and id < ${beyond}
  order by id desc limit 1 offset ${look}`;

function cutPage(rows: readonly RecordRow[], limit: number, floor: string | null): RecordPage {
  if (rows.length > limit) {
    const kept = rows.slice(0, limit);
    return { rows: kept, next: kept.at(-1)?.id ?? null };
  }
  return { rows, next: floor };
}

/** A line break keeps a search from running over the end of one column into the next. */
const SEARCHED = sql`concat_ws(char(10), model, served_model, endpoint, failure, upstream_id)`;

function conditions(filter: RequestFilter): RawBuilder<unknown> {
  const { start, end } = filter;
  const inTime = [sql`started_at >= ${start}`, sql`started_at < ${end}`];
  return sql.join([...inTime, ...narrowing(filter)], sql` and `);
}

/** What is asked for besides a range of time. */
function narrowing(filter: RequestFilter): readonly RawBuilder<unknown>[] {
  const { selection, outcome, status, provenance, failure, text } = filter;
  const all: RawBuilder<unknown>[] = [];
  for (const [group, name] of Object.entries(selection.names) as [Group, string][]) {
    all.push(sql`${COLUMN[group]} = ${name}`);
  }
  if (selection.userId !== null) all.push(sql`user_id = ${selection.userId}`);
  if (outcome !== undefined) all.push(sql`outcome = ${outcome}`);
  if (status !== undefined) all.push(sql`status = ${status}`);
  if (provenance !== undefined) all.push(sql`provenance = ${provenance}`);
  if (failure !== undefined) all.push(sql`failure = ${failure}`);
  if (text !== undefined) all.push(sql`instr(lower(${SEARCHED}), lower(${text})) > 0`);
  return all;
}

/** More keys than this are not asked for one by one. */
const KEYS_ONE_BY_ONE = 60;

/** The keys whose records are meant, if these are few: what the records have an index for. */
async function keysIn(db: Db, { userId, names }: Selection): Promise<readonly string[] | null> {
  if (names.key !== undefined) return [names.key];
  const user = userId ?? names.user;
  if (user === undefined) return null;
  const rows = await db
    .selectFrom('virtual_keys')
    .select('id')
    .where('user_id', '=', user)
    .limit(KEYS_ONE_BY_ONE + 1)
    .execute();
  return rows.length > KEYS_ONE_BY_ONE ? null : rows.map(({ id }) => id);
}

interface Stretch {
  readonly filter: RequestFilter;
  readonly first: string;
  readonly beyond: string;
  readonly limit: number;
}

/** Each key's newest, in the order of the index; the newest of all of these. */
async function ofKeys(
  db: Db,
  keys: readonly string[],
  { filter, first, beyond, limit }: Stretch,
): Promise<readonly RecordRow[]> {
  if (keys.length === 0) return [];
  const newest = keys.map(
    (key) => sql`select * from (select * from usage_records
      where virtual_key_id = ${key} and id >= ${first} and id < ${beyond} and ${conditions(filter)}
      order by id desc limit ${limit})`,
  );
  const rows = await sql<RecordRow>`
    select * from (${sql.join(newest, sql` union all `)}) order by id desc limit ${limit}`.execute(
    db,
  );
  return rows.rows;
}
