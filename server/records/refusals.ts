/** Why requests were refused: a record has the code, this has the words and figures that the caller read. */
import type { Refusal, RefusedModel, RefusedQuota } from '../../contract/failures.ts';
import type { Storage, Write } from '../storage/storage.ts';

export interface RefusalNote {
  readonly sentence: string;
  /** The rule with its scope and figures; null where the sentence says all. */
  readonly rule: Refusal | RefusedModel | RefusedQuota | null;
}

export function refusalWrite({ db }: Pick<Storage, 'db'>, id: string, note: RefusalNote): Write {
  const { sentence, rule } = note;
  return db
    .insertInto('refusals')
    .values({ request_id: id, sentence, rule: rule === null ? null : JSON.stringify(rule) })
    .onConflict((c) => c.doNothing())
    .compile();
}

export async function readRefusal(
  { db }: Pick<Storage, 'db'>,
  id: string,
): Promise<RefusalNote | null> {
  const row = await db
    .selectFrom('refusals')
    .select(['sentence', 'rule'])
    .where('request_id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return null;
  const rule = row.rule === null ? null : (JSON.parse(row.rule) as RefusalNote['rule']);
  return { sentence: row.sentence, rule };
}
