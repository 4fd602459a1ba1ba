import type { Kysely } from 'kysely';

/** With which model a provider key is probed. Adds a column at the end: rewrites no row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('provider_keys').addColumn('probe_model', 'text').execute();
}
