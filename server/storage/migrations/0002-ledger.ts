import { type Kysely, sql } from 'kysely';

/**
 * Wallets, budgets, and the entries that are never changed.
 * Creates empty tables only: takes no lock that anybody waits for.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await definitions(db);
  await entries(db);
  await snapshots(db);
}

async function definitions(db: Kysely<unknown>): Promise<void> {
  // No reference to the users: the books outlive the account whose money they show.
  await db.schema
    .createTable('wallets')
    .addColumn('user_id', 'text', (c) => c.primaryKey())
    .addColumn('kind', 'text', (c) => c.notNull().check(sql`kind in ('prepaid', 'metered')`))
    .addColumn('plan', 'text', (c) => c.check(sql`plan in ('flat', 'cost')`))
    .addColumn('markup_ppm', 'integer', (c) => c.check(sql`markup_ppm >= 0`))
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .modifyEnd(sql`strict`)
    .execute();
  await db.schema
    .createTable('budgets')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('scope', 'text', (c) =>
      c.notNull().check(sql`scope in ('key', 'user', 'installation')`),
    )
    .addColumn('scope_id', 'text', (c) => c.notNull())
    .addColumn('period', 'text', (c) =>
      c.notNull().check(sql`period in ('day', 'week', 'month', 'forever')`),
    )
    .addColumn('zone', 'text', (c) => c.notNull())
    .addColumn('limit_nanos', 'integer', (c) => c.notNull().check(sql`limit_nanos >= 0`))
    .addColumn('limit_peak_nanos', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('removed_at', 'integer')
    .modifyEnd(sql`strict`)
    .execute();
}

async function entries(db: Kysely<unknown>): Promise<void> {
  // One row is a whole transfer, so the books balance by construction. Ids of requests are
  // time-ordered: the table grows at its end and needs no tree besides its own.
  await db.schema
    .createTable('ledger_entries')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('contra_id', 'text', (c) => c.notNull())
    .addColumn('amount', 'integer', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('request_id', 'text')
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('period', 'text')
    .addColumn('balance_after', 'integer')
    .addCheckConstraint('ledger_entries_move_money', sql`amount <> 0 and account_id <> contra_id`)
    .modifyEnd(sql`strict, without rowid`)
    .execute();
  // With the time in it, one index gives an account's statement in order and page by page.
  await db.schema
    .createIndex('ledger_entries_by_account')
    .on('ledger_entries')
    .columns(['account_id', 'at'])
    .execute();
  await sql`
    create trigger ledger_entries_keep_values before update on ledger_entries
    begin
      select raise(abort, 'ledger entries are never changed: book a correction instead');
    end`.execute(db);
  await sql`
    create trigger ledger_entries_keep_rows before delete on ledger_entries
    begin
      select raise(abort, 'ledger entries are never deleted: book a correction instead');
    end`.execute(db);
}

async function snapshots(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('ledger_snapshots')
    .addColumn('period', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('balance', 'integer', (c) => c.notNull())
    // By period first: a start reads the current ones and passes over all that is old.
    .addPrimaryKeyConstraint('ledger_snapshots_key', ['period', 'account_id'])
    .modifyEnd(sql`strict, without rowid`)
    .execute();
  await db.schema
    .createTable('ledger_watermark')
    .addColumn('id', 'integer', (c) => c.primaryKey().check(sql`id = 1`))
    .addColumn('through_id', 'text', (c) => c.notNull())
    .modifyEnd(sql`strict`)
    .execute();
  await sql`insert into ledger_watermark (id, through_id) values (1, '')`.execute(db);
}
