/**
 * The books checked from outside, by what the database holds: each invariant with its figure. Every check is one
 * statement and so sees one moment, which is what lets it run on a live database. Reads only.
 */
import { sql } from 'kysely';
import type { Storage } from '../storage/storage.ts';
import { BEYOND_HOLD, CONTRA, COUNTED } from './entries.ts';

/** A database to be looked at. */
type Books = Pick<Storage, 'db'>;

export interface Finding {
  /** `I1` … `I10`. */
  readonly id: string;
  readonly name: string;
  readonly ok: boolean;
  /** What was counted, in words. */
  readonly figure: string;
}

export interface AuditOptions {
  /** The present, for the age of what is held. Milliseconds since the epoch. */
  readonly now: number;
  /** Whether a server works on it, as by default. Without one nobody lets go of a hold: the next start settles it, however old. */
  readonly isServed?: boolean;
}

/** @throws Failure `storage_unavailable` if the database cannot be read */
export async function audit(storage: Books, options: AuditOptions): Promise<readonly Finding[]> {
  return [
    await balances(storage),
    await doubleEntry(storage),
    await budgetsKept(storage),
    await walletsCovered(storage),
    await heldInTime(storage, options),
    await settledOnce(storage),
    await recordsAgree(storage),
    await neverChanged(storage),
    await soundFile(storage),
    await integers(storage),
  ];
}

/** Sums go as text: they may be larger than what a number holds exactly. */
async function row<T>({ db }: Books, query: ReturnType<typeof sql<T>>): Promise<T> {
  const [first] = (await query.execute(db)).rows;
  if (first === undefined) throw new Error('a count has no row');
  return first;
}

async function balances(storage: Books): Promise<Finding> {
  const { wrong, accounts, entries } = await row(
    storage,
    sql<{ wrong: number; accounts: number; entries: number }>`
      with
        mark as (select through_id from ledger_watermark),
        whole as (
          select account_id, coalesce(period, '') as period, sum(amount) as total, count(*) as entries,
            coalesce(sum(amount) filter (where id <= (select through_id from mark)), 0) as early,
            count(*) filter (where id <= (select through_id from mark)) as early_entries
          from ledger_entries group by 1, 2
        )
      select
        (select count(*) from whole left join ledger_snapshots s
          on s.account_id = whole.account_id and s.period = whole.period
          where coalesce(s.balance, 0) <> early or (s.balance is null and early_entries > 0))
        + (select count(*) from ledger_snapshots s where s.balance <> 0 and not exists
          (select 1 from whole where whole.account_id = s.account_id and whole.period = s.period)) as wrong,
        (select count(distinct account_id) from whole) as accounts,
        (select coalesce(sum(entries), 0) from whole) as entries`,
  );
  return {
    id: 'I1',
    name: 'each balance is the sum of its entries',
    ok: wrong === 0,
    figure: `${entries} entries of ${accounts} accounts, ${wrong} balances differ`,
  };
}

async function doubleEntry(storage: Books): Promise<Finding> {
  const pairs = sql.join(Object.entries(CONTRA).map(([kind, contra]) => `${kind} ${contra}`));
  const contras = sql.join([...new Set(Object.values(CONTRA))]);
  const { wrong, accounts, contra } = await row(
    storage,
    sql<{ wrong: number; accounts: string; contra: string }>`
      select
        count(*) filter (where kind || ' ' || contra_id not in (${pairs})
          or account_id in (${contras}) or (period is null) <> (kind <> 'budget')) as wrong,
        cast(coalesce(sum(amount), 0) as text) as accounts,
        cast(-coalesce(sum(amount), 0) as text) as contra
      from ledger_entries`,
  );
  return {
    id: 'I2',
    name: 'all entries sum to zero',
    ok: wrong === 0 && BigInt(accounts) + BigInt(contra) === 0n,
    figure: `accounts ${accounts}, contra accounts ${contra}, ${wrong} entries with a wrong side`,
  };
}

/** What was charged beyond a hold is flagged in the entry and forgiven here. */
const excess = sql`case when reason like ${`${BEYOND_HOLD}%`}
  then cast(substr(reason, ${BEYOND_HOLD.length + 1}) as integer) else 0 end`;

async function budgetsKept(storage: Books): Promise<Finding> {
  const { over, periods, beyond } = await row(
    storage,
    sql<{ over: number; periods: number; beyond: string }>`
      with spent as (
        select account_id, -sum(amount) as spent, sum(${excess}) as beyond
        from ledger_entries where kind = 'budget' group by account_id, period
      )
      select
        count(*) filter (where b.id is null or spent - beyond > b.limit_peak_nanos) as over,
        count(*) as periods,
        cast(coalesce(sum(beyond), 0) as text) as beyond
      from spent left join budgets b on b.id = spent.account_id`,
  );
  return {
    id: 'I3',
    name: 'no budget is overspent',
    ok: over === 0,
    figure: `${periods} periods, ${over} over the highest limit; ${beyond} nano-dollars beyond holds, flagged`,
  };
}

async function walletsCovered(storage: Books): Promise<Finding> {
  const { over, wallets, beyond } = await row(
    storage,
    sql<{ over: number; wallets: number; beyond: string }>`
      with
        counted as (
          select account_id, max(at) as until from ledger_entries
          where kind = 'charge' and reason = ${COUNTED} group by account_id
        ),
        sums as (
          select account_id, sum(amount) as balance, sum(${excess}) as beyond,
            -coalesce(sum(amount) filter (where kind = 'correction' and amount < 0), 0) as corrected,
            -- What a wallet owed when it last only counted is no fault of a later kind.
            max(0, -coalesce(sum(amount) filter (where at <= until), 0)) as debt
          from ledger_entries left join counted using (account_id)
          where kind <> 'budget' group by account_id
        )
      select
        count(*) filter (where w.user_id is null
          or (w.kind = 'prepaid' and balance + beyond + corrected + debt < 0)) as over,
        count(*) as wallets,
        cast(coalesce(sum(beyond), 0) as text) as beyond
      from sums left join wallets w on w.user_id = sums.account_id`,
  );
  return {
    id: 'I3',
    name: 'no prepaid wallet is overspent',
    ok: over === 0,
    figure: `${wallets} wallets, ${over} below zero; ${beyond} nano-dollars beyond holds, flagged`,
  };
}

/** Holds lie in the notes of open requests. Who is on record has ended, though the note may still be there. */
async function heldInTime(
  storage: Books,
  { now, isServed = true }: AuditOptions,
): Promise<Finding> {
  const { open, late, oldest } = await row(
    storage,
    sql<{ open: number; late: number; oldest: number }>`
      with holds as (
        select note.value ->> '$[1].hold.at' as at, note.value ->> '$[1].hold.expiresAt' as expires
        from open_notes, json_each(open_notes.notes) as note
        where not exists (select 1 from usage_records where usage_records.id = note.value ->> '$[0]')
      )
      select count(expires) as open, count(*) filter (where expires < ${now}) as late,
        coalesce((${now} - min(at)) / 1000, 0) as oldest
      from holds`,
  );
  const isLeft = open > 0 && !isServed;
  return {
    id: 'I4',
    name: 'nothing is held beyond its time',
    ok: late === 0 || !isServed,
    figure: `${open} holds open, the oldest for ${oldest} s, ${late} beyond their time${isLeft ? ', for the next start to settle' : ''}`,
  };
}

async function settledOnce(storage: Books): Promise<Finding> {
  const { twice, requests } = await row(
    storage,
    sql<{ twice: number; requests: number }>`
      with booked as (
        select substr(id, 1, instr(id, '/') - 1) as request, account_id, count(*) as times
        from ledger_entries where kind in ('charge', 'budget') group by 1, 2
      )
      select count(*) filter (where times > 1 or request = '') as twice,
        count(distinct request) as requests from booked`,
  );
  return {
    id: 'I5',
    name: 'each request is settled at most once on each account',
    ok: twice === 0,
    figure: `${requests} requests charged, ${twice} of them twice`,
  };
}

async function recordsAgree(storage: Books): Promise<Finding> {
  // Retention takes the oldest records away, so charges are compared from the oldest record on. All accounts of a
  // request are charged the same, and a caller may have budgets only.
  const { wrong, charged, recorded } = await row(
    storage,
    sql<{ wrong: number; charged: string; recorded: string }>`
      with
        charges as (
          select substr(id, 1, instr(id, '/') - 1) as request, -min(amount) as charged,
            count(distinct amount) as amounts
          from ledger_entries
          where kind in ('charge', 'budget')
            and id >= (select coalesce(min(id), '~') from usage_records)
          group by 1
        ),
        records as (
          select id as request, charge_nanos as recorded from usage_records
          where charge_nanos <> 0
        )
      select
        count(*) filter (where coalesce(charged, 0) <> coalesce(recorded, 0) or amounts > 1) as wrong,
        cast(coalesce(sum(charged), 0) as text) as charged,
        cast(coalesce(sum(recorded), 0) as text) as recorded
      from charges full join records using (request)`,
  );
  return {
    id: 'I6',
    name: 'callers were charged what the usage records say',
    ok: wrong === 0 && charged === recorded,
    figure: `charged ${charged}, recorded ${recorded} nano-dollars, ${wrong} requests differ`,
  };
}

async function neverChanged(storage: Books): Promise<Finding> {
  const { guards } = await row(
    storage,
    sql<{ guards: number }>`
      select count(distinct case when sql like '%before update on ledger_entries%' then 1 else 2 end) as guards
      from sqlite_master
      where type = 'trigger' and tbl_name = 'ledger_entries' and sql like '%raise(abort,%'
        and (sql like '%before update on ledger_entries%' or sql like '%before delete on ledger_entries%')
        and sql not like '% when %'`,
  );
  return {
    id: 'I7',
    name: 'entries can be neither changed nor deleted',
    ok: guards === 2,
    figure: `${guards} of 2 guards in place`,
  };
}

async function soundFile({ db }: Books): Promise<Finding> {
  const integrity = await sql<{ integrity_check: string }>`
    select integrity_check from pragma_integrity_check`.execute(db);
  const foreign = await sql`select 1 from pragma_foreign_key_check`.execute(db);
  const problems = integrity.rows.filter((check) => check.integrity_check !== 'ok').length;
  return {
    id: 'I8',
    name: 'the database file is sound',
    ok: problems === 0 && foreign.rows.length === 0,
    figure: `${problems} faults of integrity, ${foreign.rows.length} dangling references`,
  };
}

async function integers(storage: Books): Promise<Finding> {
  const most = Number.MAX_SAFE_INTEGER;
  const { wrong, checked } = await row(
    storage,
    sql<{ wrong: number; checked: number }>`
      with amounts (amount) as (
        select amount from ledger_entries
        union all select sum(amount) from ledger_entries group by account_id, period
        union all select balance from ledger_snapshots
        union all select limit_nanos from budgets
      )
      select count(*) filter (where typeof(amount) <> 'integer' or amount not between ${-most} and ${most})
        as wrong, count(*) as checked from amounts`,
  );
  return {
    id: 'I10',
    name: 'all amounts are integers in the exact range',
    ok: wrong === 0,
    figure: `${checked} amounts and sums, ${wrong} wrong`,
  };
}
