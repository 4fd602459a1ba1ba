import { type Kysely, sql } from 'kysely';

/** Sealed secrets and the keys they lie under. Creates empty tables only: takes no lock that anybody waits for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('data_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('owner', 'text')
    .addColumn('wrapped', 'text', (c) => c.notNull())
    .addColumn('root_key_id', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .modifyEnd(sql`strict`)
    .execute();
  await db.schema
    .createTable('secrets')
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('row_id', 'text', (c) => c.notNull())
    .addColumn('column_name', 'text', (c) => c.notNull())
    .addColumn('owner', 'text')
    .addColumn('bound_to', 'text')
    .addColumn('data_key_id', 'text', (c) => c.notNull().references('data_keys.id'))
    .addColumn('sealed', 'text', (c) => c.notNull())
    // Of two that are stored at once, the second breaks this rule.
    .addColumn('fingerprint', 'text', (c) => c.unique())
    .addColumn('sealed_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('secrets_place', ['purpose', 'row_id', 'column_name'])
    .modifyEnd(sql`strict, without rowid`)
    .execute();
}
