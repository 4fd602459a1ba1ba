import { type Kysely, sql } from 'kysely';

/** Why a request was refused, as its caller read it. Creates an empty table only: takes no lock that anybody waits for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('refusals')
    .addColumn('request_id', 'text', (c) => c.primaryKey())
    .addColumn('sentence', 'text', (c) => c.notNull())
    .addColumn('rule', 'text')
    .modifyEnd(sql`without rowid`)
    .execute();
}
