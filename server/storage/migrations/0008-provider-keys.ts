import { type Kysely, sql } from 'kysely';

const flag = (column: string) => sql.raw<boolean>(`${column} in (0, 1)`);

/** Credentials of providers. Creates an empty table only: takes no lock that anybody waits for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('provider_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    // No reference to the users: the figures of a key outlive the account that added it.
    .addColumn('owner', 'text')
    .addColumn('platform', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('description', 'text')
    .addColumn('base', 'text')
    .addColumn('watch', 'integer', (c) => c.notNull().check(flag('watch')))
    .addColumn('route', 'integer', (c) => c.notNull().check(flag('route')))
    .addColumn('is_active', 'integer', (c) => c.notNull().check(flag('is_active')))
    .addColumn('probe', 'integer', (c) => c.notNull().check(flag('probe')))
    .addColumn('threshold_nanos', 'integer', (c) => c.check(sql`threshold_nanos >= 0`))
    .addColumn('check_interval_minutes', 'integer', (c) =>
      c.check(sql`check_interval_minutes >= 1`),
    )
    .addColumn('anchor_nanos', 'integer')
    .addColumn('anchor_at', 'integer')
    .addColumn('masked', 'text', (c) => c.notNull())
    .addColumn('key_kind', 'text')
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('last_used_at', 'integer')
    .addColumn('deleted_at', 'integer')
    .modifyEnd(sql`strict, without rowid`)
    .execute();
}
