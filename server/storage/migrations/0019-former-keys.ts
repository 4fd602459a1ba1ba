import type { Kysely } from 'kysely';

/** By what the secret of a deleted key is known again. Adds a column at the end: rewrites no row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('provider_keys').addColumn('former_print', 'text').execute();
}
