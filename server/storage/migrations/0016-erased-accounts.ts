import { type Kysely, sql } from 'kysely';

/** What belongs to somebody, with the column that says to whom. */
const BELONGINGS = {
  sessions: 'user_id',
  api_tokens: 'user_id',
  preferences: 'user_id',
  virtual_keys: 'user_id',
  provider_keys: 'owner',
} as const;

/**
 * A deleted account stays as it was left: what was asked for before and comes to be written after brings back neither a
 * name nor a secret, whichever room writes it. Adds rules only: reads no row.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create trigger users_stay_erased before update on users
    when old.erased_at is not null
    begin
      select raise(abort, 'this account was deleted');
    end`.execute(db);
  for (const [table, owner] of Object.entries(BELONGINGS)) {
    await sql`
      create trigger ${sql.ref(`${table}_of_nobody_erased`)} before insert on ${sql.table(table)}
      when exists (select 1 from users where id = new.${sql.ref(owner)} and erased_at is not null)
      begin
        select raise(abort, 'this account was deleted');
      end`.execute(db);
  }
  await sql`
    create trigger virtual_keys_stay_nameless before update of name, note on virtual_keys
    when coalesce(new.name, new.note) is not null
      and exists (select 1 from users where id = new.user_id and erased_at is not null)
    begin
      select raise(abort, 'this account was deleted');
    end`.execute(db);
}
