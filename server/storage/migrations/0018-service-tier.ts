import type { Kysely } from 'kysely';

/** How a request was served, where that decides its price. Adds a column at the end: rewrites no row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('usage_records').addColumn('service_tier', 'text').execute();
}
