import { type Kysely, sql } from 'kysely';

/**
 * Users, the keys we issue, usage records, and notes of what has begun.
 * Creates empty tables only: takes no lock that anybody waits for.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('storage_probe')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('at', 'integer', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('open_notes')
    .addColumn('bundle', 'integer', (c) => c.primaryKey())
    .addColumn('notes', 'text', (c) => c.notNull())
    .execute();
  await accountsTables(db);
  await recordsTables(db);
}

async function accountsTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('username', 'text', (c) => c.notNull().unique())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('virtual_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id'))
    .addColumn('token_hash', 'text', (c) => c.notNull().unique())
    .addColumn('prefix', 'text', (c) => c.notNull())
    .addColumn('last4', 'text', (c) => c.notNull())
    .addColumn('note', 'text')
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('allow_unmetered', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('revoked_at', 'integer')
    .execute();
  await db.schema
    .createIndex('virtual_keys_by_user')
    .on('virtual_keys')
    .column('user_id')
    .execute();
}

async function recordsTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('prices')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('rates', 'text', (c) => c.notNull())
    .addColumn('first_used_at', 'integer', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('usage_records')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('virtual_key_id', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.notNull())
    .addColumn('provider_id', 'text')
    .addColumn('provider_key_id', 'text')
    .addColumn('endpoint', 'text', (c) => c.notNull())
    .addColumn('model', 'text')
    .addColumn('served_model', 'text')
    .addColumn('streamed', 'integer', (c) => c.notNull())
    .addColumn('status', 'integer', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('provenance', 'text', (c) => c.notNull())
    .addColumn('input_tokens', 'integer')
    .addColumn('cached_tokens', 'integer')
    .addColumn('cache_write_5m_tokens', 'integer')
    .addColumn('cache_write_1h_tokens', 'integer')
    .addColumn('output_tokens', 'integer')
    .addColumn('reasoning_tokens', 'integer')
    .addColumn('cost_nanos', 'integer')
    .addColumn('cost_source', 'text', (c) => c.notNull())
    .addColumn('price_id', 'text')
    .addColumn('charge_nanos', 'integer')
    .addColumn('hold_nanos', 'integer')
    .addColumn('plan', 'text')
    .addColumn('flawed', 'integer', (c) => c.notNull())
    .addColumn('failure', 'text')
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('upstream_id', 'text')
    .addColumn('started_at', 'integer', (c) => c.notNull())
    .addColumn('ttft_ms', 'integer')
    .addColumn('duration_ms', 'integer', (c) => c.notNull())
    // Ids are time-ordered, so the table's own tree grows at its end and needs no second one.
    .modifyEnd(sql`without rowid`)
    .execute();
  // Each index is paid for with every record. The rows lie in the order of their ids, which begin with
  // the time, in the table and in every index: a range of time is a range of ids.
  await db.schema
    .createIndex('usage_records_by_key')
    .on('usage_records')
    .column('virtual_key_id')
    .execute();
}
