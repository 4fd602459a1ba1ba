/** Whether everything that is sealed opens, looked at from outside, on a live or stopped database. */
import type { Storage } from '../storage/storage.ts';
import { type RootKey, unseal } from './envelope.ts';
import { contextOf, placeOf, unwrap } from './places.ts';
import { type RootKeySource, rootKeysAt } from './root-key.ts';

/** A check with what was counted, as the audit of the ledger tells its own. */
export interface SealFinding {
  readonly id: string;
  readonly name: string;
  readonly ok: boolean;
  readonly figure: string;
}

/** Opens every secret and tells none. Secrets and their keys are one statement, and so of one moment. */
export async function everySecretOpens(
  { db }: Pick<Storage, 'db'>,
  at: Pick<RootKeySource, 'set' | 'dataDir'>,
): Promise<SealFinding> {
  const sealed = await sealedIn(db);
  const counts = rootKeysAt(at).map((key) => sealed.filter((one) => !opensWith(key, one)).length);
  const shut = Math.min(...counts);
  const isChecked = counts.length > 0;
  return {
    id: 'I9',
    name: 'every stored secret opens',
    ok: !isChecked || shut === 0,
    figure: isChecked
      ? `${sealed.length} secrets, ${shut} of them shut`
      : `${sealed.length} secrets, not checked: ENCRYPTION_KEY is not here`,
  };
}

type Sealed = Awaited<ReturnType<typeof sealedIn>>[number];

function sealedIn(db: Storage['db']) {
  return db
    .selectFrom('secrets')
    .leftJoin('data_keys', 'data_keys.id', 'secrets.data_key_id')
    .selectAll('secrets')
    .select(['data_keys.owner as key_owner', 'data_keys.wrapped as wrapped'])
    .execute();
}

function opensWith(root: RootKey, { wrapped, key_owner: owner, ...secret }: Sealed): boolean {
  if (wrapped === null) return false;
  const { data_key_id: id, sealed } = secret;
  try {
    unseal(unwrap(root, { id, owner, wrapped }), sealed, contextOf(placeOf(secret), id));
    return true;
  } catch {
    // Why it does not open is for whoever uses it to say.
    return false;
  }
}
