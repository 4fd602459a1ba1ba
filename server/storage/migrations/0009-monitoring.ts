import { type Kysely, sql } from 'kysely';

/**
 * What providers say about the keys we hold: the present state of each key with its timetable, every reading of a
 * balance, their own usage figures, and probes. Creates empty tables only: takes no lock that anybody waits for.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await healthTable(db);
  await readingsTable(db);
  await usageTable(db);
  await probesTable(db);
  await db.schema
    .createTable('chore_runs')
    .addColumn('chore', 'text', (c) => c.primaryKey())
    .addColumn('ran_at', 'integer', (c) => c.notNull())
    .execute();
}

async function healthTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('key_health')
    .addColumn('provider_key_id', 'text', (c) => c.primaryKey())
    .addColumn('lane', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('refusals', 'integer', (c) => c.notNull())
    .addColumn('failures', 'integer', (c) => c.notNull())
    .addColumn('strikes', 'integer', (c) => c.notNull())
    .addColumn('kind', 'text')
    .addColumn('message', 'text')
    .addColumn('balance_nanos', 'integer')
    .addColumn('currency', 'text')
    .addColumn('source', 'text')
    .addColumn('balance_at', 'integer')
    .addColumn('last_checked_at', 'integer')
    .addColumn('last_ok_at', 'integer')
    .addColumn('runway_hours', 'integer')
    .addColumn('runway_low_hours', 'integer')
    .addColumn('runway_high_hours', 'integer')
    .addColumn('rules', 'text', (c) => c.notNull())
    .addColumn('check_at', 'integer')
    .addColumn('validate_at', 'integer')
    .addColumn('sync_at', 'integer')
    .addColumn('probe_at', 'integer')
    .addColumn('due_at', 'integer')
    .addColumn('scheduled_at', 'integer', (c) => c.notNull())
    .addColumn('lease_by', 'text')
    .addColumn('lease_until', 'integer')
    .modifyEnd(sql`without rowid`)
    .execute();
  await db.schema.createIndex('key_health_by_due').on('key_health').column('due_at').execute();
  await db.schema
    .createIndex('key_health_by_lease')
    .on('key_health')
    .column('lease_by')
    .where(sql.ref('lease_by'), 'is not', null)
    .execute();
}

async function readingsTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('balance_readings')
    .addColumn('provider_key_id', 'text', (c) => c.notNull())
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('ok', 'integer', (c) => c.notNull())
    .addColumn('balance_nanos', 'integer')
    .addColumn('currency', 'text')
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('error', 'text')
    // A key's history lies together and in order, which is how it is read and how it is cleared away.
    .addPrimaryKeyConstraint('balance_readings_of', ['provider_key_id', 'at'])
    .modifyEnd(sql`without rowid`)
    .execute();
}

async function usageTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('provider_usage')
    .addColumn('provider_key_id', 'text', (c) => c.notNull())
    .addColumn('date', 'text', (c) => c.notNull())
    .addColumn('model', 'text', (c) => c.notNull())
    .addColumn('requests', 'integer')
    .addColumn('input_tokens', 'integer')
    .addColumn('cached_tokens', 'integer')
    .addColumn('output_tokens', 'integer')
    .addColumn('reasoning_tokens', 'integer')
    .addColumn('cost_nanos', 'integer')
    .addColumn('currency', 'text', (c) => c.notNull())
    .addColumn('complete', 'integer', (c) => c.notNull())
    .addColumn('synced_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('provider_usage_of', ['provider_key_id', 'date', 'model'])
    .modifyEnd(sql`without rowid`)
    .execute();
}

async function probesTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('probes')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('provider_key_id', 'text', (c) => c.notNull())
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('model', 'text', (c) => c.notNull())
    .addColumn('ok', 'integer', (c) => c.notNull())
    .addColumn('input_tokens', 'integer')
    .addColumn('output_tokens', 'integer')
    .addColumn('cost_nanos', 'integer')
    .addColumn('cost_source', 'text', (c) => c.notNull())
    .addColumn('latency_ms', 'integer', (c) => c.notNull())
    .addColumn('error', 'text')
    // Ids are time-ordered, so the log is read from its end without another index.
    .modifyEnd(sql`without rowid`)
    .execute();
  await db.schema.createIndex('probes_by_key').on('probes').column('provider_key_id').execute();
}
