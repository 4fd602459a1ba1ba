/** The past of the books: entries that are added and never changed, and the sums that spare reading them all. */
import { type RawBuilder, sql } from 'kysely';
import type { Nanos } from '../../contract/money.ts';
import { compileOnce, type Storage, type Write } from '../storage/storage.ts';
import type { Held } from './holds.ts';
import type { Booked } from './present.ts';

export type EntryKind = 'charge' | 'credit' | 'debit' | 'refund' | 'correction' | 'budget';

/** What wallets and budgets trade with, so that each transfer has two sides. */
export type Contra = 'revenue' | 'grants' | 'corrections' | 'spending';

/** The contra account of each kind of entry. */
export const CONTRA: Readonly<Record<EntryKind, Contra>> = {
  charge: 'revenue',
  refund: 'revenue',
  credit: 'grants',
  debit: 'grants',
  correction: 'corrections',
  budget: 'spending',
};

/** Begins the reason of an entry that took more than was held; the rest of it is the excess in nano-dollars. */
export const BEYOND_HOLD = 'beyond hold by ';

/** The reason of what a metered wallet was charged: nothing had to cover it, so it may have led below zero. */
export const COUNTED = 'counted only';

export interface Entry {
  readonly id: string;
  /** Signed, from the account's side: what it gained. */
  readonly amount: Nanos;
  readonly kind: EntryKind;
  readonly reason: string | null;
  readonly requestId: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Of a budget: the period that is charged. */
  readonly period: string | null;
  /** What a wallet had after this entry, in the order of the statement; null for a budget, which begins anew. */
  readonly balanceAfter: Nanos | null;
}

export interface StatementPage {
  /** Newest first. */
  readonly entries: readonly Entry[];
  /** For the next page; null on the last. */
  readonly nextCursor: string | null;
}

/** An entry that is posted, not charged. */
export interface PostedEntry {
  readonly id: string;
  readonly account: string;
  readonly amount: number;
  readonly kind: EntryKind;
  readonly reason: string;
  readonly requestId: string | null;
  readonly at: number;
  readonly balanceAfter: number;
}

/**
 * Writes entries, and notes sums of them up to a watermark so that a start need not read them all.
 *
 * The watermark is an id, since the table lies in the order of ids. Ids order requests by their beginning and a long
 * one is booked late, so an entry may come in below the watermark; then it must be added to the snapshot by itself.
 * That costs a second statement, which only entries below the *line* carry: the watermark is moved to where the line
 * has been since the snapshot before, so an entry without it stands above the watermark for one interval at least.
 */
export class EntryWriter {
  readonly #charge: (parameters: readonly unknown[]) => Write;
  readonly #post: (parameters: readonly unknown[]) => Write;
  /** The highest id that was booked, and what it was at the last snapshot. */
  #top: string;
  #line: string;

  /** @param top no entry in the database has a higher id */
  constructor({ db }: Storage, top: string) {
    this.#top = top;
    this.#line = top;
    this.#charge = compileOnce(
      db
        .insertInto('ledger_entries')
        .values(CHARGE_SHAPE)
        .onConflict((c) => c.doNothing()),
    );
    this.#post = compileOnce(
      db.insertInto('ledger_entries').values({ ...CHARGE_SHAPE, request_id: '', balance_after: 0 }),
    );
  }

  /** One entry for each account that a settled request is charged to. Written twice, they change nothing. */
  charge(held: Held, at: number): readonly Write[] {
    const { hold, wallet, slots, charged, excess } = held;
    if (charged === 0) return [];
    const { id } = hold;
    const writes: Write[] = [];
    const reason = excess > 0 ? `${BEYOND_HOLD}${excess}` : null;
    const paid = -charged;
    if (wallet !== null) {
      const entry = `${id}/0`;
      const { charge: revenue } = CONTRA;
      const why = held.isCovered ? reason : COUNTED;
      writes.push(this.#charge([entry, wallet.id, revenue, paid, 'charge', why, at, null]));
      if (this.#isLate(entry)) writes.push(addToSnapshot('', wallet.id, paid, entry));
    }
    let n = 1;
    for (const { budget, key } of slots) {
      const entry = `${id}/${n++}`;
      const { budget: spending } = CONTRA;
      writes.push(this.#charge([entry, budget.id, spending, paid, 'budget', reason, at, key]));
      if (this.#isLate(entry)) writes.push(addToSnapshot(key, budget.id, paid, entry));
    }
    return writes;
  }

  #isLate(entry: string): boolean {
    if (entry > this.#top) this.#top = entry;
    return entry <= this.#line;
  }

  post(entry: PostedEntry): readonly Write[] {
    const { id, account, amount, kind, reason, requestId, at, balanceAfter } = entry;
    const contra = CONTRA[kind];
    const fields = [id, account, contra, amount, kind, reason, at, null, requestId, balanceAfter];
    return [{ ...this.#post(fields), rows: 1 }, addToSnapshot('', account, amount, id)];
  }

  /** Adds the entries up to the line to the snapshots, and draws the next line. */
  snapshot(): readonly Write[] {
    const through = this.#line;
    this.#line = this.#top;
    return [
      { sql: SUM_UP, parameters: [through] },
      { sql: 'update ledger_watermark set through_id = max(through_id, ?)', parameters: [through] },
    ];
  }
}

const CHARGE_SHAPE = {
  id: '',
  account_id: '',
  contra_id: '',
  amount: 0,
  kind: '',
  reason: '',
  at: 0,
  period: '',
};

const SUM_UP = `insert into ledger_snapshots (period, account_id, balance)
  select coalesce(period, ''), account_id, sum(amount) from ledger_entries
  where id > (select through_id from ledger_watermark where id = 1) and id <= ?
  group by 1, 2
  on conflict (period, account_id) do update set balance = balance + excluded.balance`;

/** Must follow the insert of its entry: where that changed nothing, this does neither. */
const ADD_BELOW_WATERMARK = `insert into ledger_snapshots (period, account_id, balance)
  select ?, ?, ?
  where changes() = 1 and ? <= (select through_id from ledger_watermark where id = 1)
  on conflict (period, account_id) do update set balance = balance + excluded.balance`;

function addToSnapshot(period: string, account: string, amount: number, entry: string): Write {
  return { sql: ADD_BELOW_WATERMARK, parameters: [period, account, amount, entry] };
}

/** Which of these requests are on the books already. */
export async function bookedRequests(
  { db }: Storage,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const booked = new Set<string>();
  for (let from = 0; from < ids.length; from += LOOK_UP_AT_ONCE) {
    const some = ids.slice(from, from + LOOK_UP_AT_ONCE);
    const firsts = some.flatMap((id) => [`${id}/0`, `${id}/1`]);
    const rows = await db
      .selectFrom('ledger_entries')
      .select('id')
      .where('id', 'in', firsts)
      .execute();
    for (const { id } of rows) booked.add(id.slice(0, id.lastIndexOf('/')));
  }
  return booked;
}

const LOOK_UP_AT_ONCE = 500;

/** Sums by account and period; the period of a wallet is empty. */
export interface PastSums {
  readonly wallets: ReadonlyMap<string, number>;
  readonly budgets: ReadonlyMap<string, Booked>;
  /** The highest id of all entries; empty if there are none. */
  readonly top: string;
}

/**
 * The balances, from the snapshots and the entries after them.
 *
 * @param sincePeriod budgets' periods whose name sorts before this one are left out
 */
export async function readSums({ db }: Storage, sincePeriod: string): Promise<PastSums> {
  const snapshots = await db
    .selectFrom('ledger_snapshots')
    .select(['account_id', 'period', 'balance'])
    .where((c) => c.or([c('period', '=', ''), c('period', '>=', sincePeriod)]))
    .execute();
  const later = await db
    .selectFrom('ledger_entries')
    .select(['account_id', 'period', (c) => c.fn.sum<number>('amount').as('balance')])
    .where('id', '>', (c) => c.selectFrom('ledger_watermark').select('through_id'))
    .groupBy(['account_id', 'period'])
    .execute();
  const wallets = new Map<string, number>();
  const budgets = new Map<string, Map<string, number>>();
  for (const { account_id: account, period, balance } of [...snapshots, ...later]) {
    if (period === null || period === '') {
      wallets.set(account, (wallets.get(account) ?? 0) + balance);
      continue;
    }
    const periods = budgets.get(account) ?? new Map<string, number>();
    periods.set(period, (periods.get(period) ?? 0) - balance);
    budgets.set(account, periods);
  }
  const { top } = await db
    .selectFrom('ledger_entries')
    .select((c) => c.fn.max<string | null>('id').as('top'))
    .executeTakeFirstOrThrow();
  return { wallets, budgets, top: top ?? '' };
}

const PAGE_MAX = 500;

/** @throws Failure `storage_unavailable` */
export async function readStatement(
  { db }: Storage,
  account: string,
  page: { readonly limit: number; readonly after: Cursor | null },
): Promise<StatementPage> {
  const limit = Math.max(1, Math.min(page.limit, PAGE_MAX));
  let query = db
    .selectFrom('ledger_entries')
    .select(['id', 'amount', 'kind', 'reason', 'request_id', 'at', 'period'])
    .select(balanceBelow(account, page.after).as('balance'))
    .where('account_id', '=', account)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (page.after !== null) {
    const { at, id } = page.after;
    query = query.where((c) => c(c.refTuple('at', 'id'), '<', c.tuple(at, id)));
  }
  const rows = await query.execute();
  let balance = rows[0]?.balance ?? 0;
  const entries = rows.slice(0, limit).map((row): Entry => {
    const balanceAfter = row.period === null ? (balance as Nanos) : null;
    balance -= row.amount;
    return {
      id: row.id,
      amount: row.amount as Nanos,
      kind: row.kind as EntryKind,
      reason: row.reason,
      requestId: row.request_id ?? (row.id.includes('/') ? row.id.replace(/\/\d+$/, '') : null),
      at: row.at,
      period: row.period,
      balanceAfter,
    };
  });
  const last = entries.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { entries, nextCursor: hasMore ? `${last.at}~${last.id}` : null };
}

/**
 * What a wallet had when the entry above the page was not booked yet: the sum of all entries, without those from the
 * cursor up. The sum comes from the snapshot and the few entries after it, found by their ids, and all of it is one
 * statement, so that nothing is booked in between.
 */
function balanceBelow(account: string, after: Cursor | null): RawBuilder<number> {
  const above =
    after === null
      ? sql`0`
      : sql`coalesce((select sum(amount) from ledger_entries
          where account_id = ${account} and (at, id) >= (${after.at}, ${after.id})), 0)`;
  return sql<number>`
    coalesce((select balance from ledger_snapshots where period = '' and account_id = ${account}), 0)
    + coalesce((select sum(amount) from ledger_entries
        where id > (select through_id from ledger_watermark) and +account_id = ${account}), 0)
    - ${above}`;
}

/** The entry after which a page begins. */
export interface Cursor {
  readonly at: number;
  readonly id: string;
}

/** Undefined if the text is no cursor of ours. */
export function readCursor(text: string): Cursor | undefined {
  const match = /^(\d{1,16})~(.{1,80})$/.exec(text);
  return match === null ? undefined : { at: Number(match[1]), id: match[2] ?? '' };
}
