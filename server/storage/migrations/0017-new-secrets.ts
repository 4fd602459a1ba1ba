import { type Kysely, sql } from 'kysely';

/**
 * Which secret the state of a key is about, and since when. What was written before does not say, and stands. What is at
 * rest keeps no address and no masked secret any more: either may tell whose key it was.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table key_health add column secret_mark text`.execute(db);
  await sql`alter table key_health add column secret_since integer`.execute(db);
  await sql`update key_health set lane = '', rules = '' where due_at is null`.execute(db);
}
