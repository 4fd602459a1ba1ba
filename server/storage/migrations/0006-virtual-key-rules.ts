import type { Kysely } from 'kysely';

/** What a virtual key may do, until when, and the secret that it had before. Adds empty columns: rewrites no row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const texts = ['name', 'models', 'pin', 'previous_hash', 'previous_prefix', 'previous_last4'];
  const instants = ['expires_at', 'last_used_at', 'previous_valid_until', 'previous_last_used_at'];
  for (const column of texts) await addColumn(db, column, 'text');
  for (const column of instants) await addColumn(db, column, 'integer');
  await db.schema
    .alterTable('virtual_keys')
    .addColumn('disabled', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  // Every key that there is came from the operator or under the operator's rules.
  await db.schema
    .alterTable('virtual_keys')
    .addColumn('ruled_by', 'text', (c) => c.notNull().defaultTo('operator'))
    .execute();
}

async function addColumn(
  db: Kysely<unknown>,
  column: string,
  type: 'text' | 'integer',
): Promise<void> {
  await db.schema.alterTable('virtual_keys').addColumn(column, type).execute();
}
