import { hash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';

/**
 * Which secret the state of a key is about, and since when. What was written before tells it by the masked secret among the
 * rules of the key, from which its mark is made here as the monitor makes it. What is at rest keeps no address and no masked
 * secret any more: either may tell whose key it was.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table key_health add column secret_mark text`.execute(db);
  await sql`alter table key_health add column secret_since integer`.execute(db);
  const { rows } = await sql<{ id: string; masked: string }>`
    select provider_key_id as id, rules ->> '$[1]' as masked from key_health where rules <> ''`.execute(
    db,
  );
  for (const { id, masked } of rows) {
    const mark = hash('sha256', masked, 'base64url').slice(0, 16);
    await sql`update key_health set secret_mark = ${mark} where provider_key_id = ${id}`.execute(
      db,
    );
  }
  await sql`update key_health set lane = '', rules = '' where due_at is null`.execute(db);
}
