import type { Kysely } from 'kysely';

/** The audit log by what was done and by what it was done to. Reads the whole log once, which holds acts and no requests. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('audit_log_by_action')
    .on('audit_log')
    .columns(['action', 'id'])
    .execute();
  await db.schema
    .createIndex('audit_log_by_subject')
    .on('audit_log')
    .columns(['subject', 'id'])
    .execute();
}
