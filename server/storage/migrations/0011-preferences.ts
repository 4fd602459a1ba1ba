import { type Kysely, sql } from 'kysely';

/** What people chose about the app. Creates an empty table only: takes no lock that anybody waits for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('preferences')
    .addColumn('user_id', 'text', (c) => c.primaryKey().references('users.id'))
    .addColumn('chosen', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'integer', (c) => c.notNull())
    .modifyEnd(sql`without rowid`)
    .execute();
}
