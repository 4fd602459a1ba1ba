import type { Kysely } from 'kysely';

/** Where a user can be written to. Adds an empty column: rewrites no row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('users').addColumn('email', 'text').execute();
}
