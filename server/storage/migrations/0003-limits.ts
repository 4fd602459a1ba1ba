import { type Kysely, sql } from 'kysely';

/** The limits of keys and users. Creates an empty table only: takes no lock that anybody waits for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('rate_limits')
    .addColumn('scope', 'text', (c) => c.notNull().check(sql`scope in ('key', 'user')`))
    .addColumn('scope_id', 'text', (c) => c.notNull())
    .addColumn('requests_per_minute', 'integer')
    .addColumn('requests_per_hour', 'integer')
    .addColumn('requests_per_day', 'integer')
    .addColumn('tokens_per_minute', 'integer')
    .addColumn('tokens_per_hour', 'integer')
    .addColumn('tokens_per_day', 'integer')
    .addColumn('max_concurrent', 'integer')
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('rate_limits_of', ['scope', 'scope_id'])
    .execute();
}
