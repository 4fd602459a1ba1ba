/** Goes over to another root key, with the server stopped. */
import type { Clock } from '../clock.ts';
import { openSqlite } from '../storage/storage.ts';
import { rootKeyFrom } from './envelope.ts';
import {
  findRootKey,
  finishReplacing,
  opens,
  prepareReplacing,
  type RootKeySource,
  readSeals,
  refusal,
  soundKey,
} from './root-key.ts';
import { createVault } from './strongroom.ts';

export interface Rotation {
  readonly dataKeys: number;
  readonly secrets: number;
  /** The names of the root keys, which give nothing of them away. */
  readonly from: string;
  readonly to: string;
  /** The file that now holds the key; null where it has to be set. */
  readonly file: string | null;
}

/**
 * Wraps everything under another root key, in one transaction. Where the key lies in the data folder it is replaced
 * there. Broken off at any instant, the next start or the next rotation goes on from there.
 *
 * @param newKey as written by the operator
 * @returns what was done; null if the database lies under that key already
 * @throws ConfigError in words, or `DatabaseInUse` while a server works on it, with nothing changed
 */
export async function rotateRootKey(
  of: Omit<RootKeySource, 'seals'> & { readonly databaseFile: string; readonly clock: Clock },
  newKey: string,
): Promise<Rotation | null> {
  const { databaseFile, dataDir, clock } = of;
  const bytes = soundKey(newKey, 'The new key');
  const to = rootKeyFrom(bytes);
  const seals = await readSeals(databaseFile);
  if (seals.dataKeys.length === 0) throw refusal('Nothing is sealed here yet; just set the key.');
  if (opens(to, seals)) {
    finishReplacing(dataDir, seals);
    return null;
  }
  const { rootKey, file } = findRootKey({ ...of, seals });
  const storage = await openSqlite({ file: databaseFile, clock });
  try {
    if (file !== null) prepareReplacing(dataDir, bytes);
    const vault = await createVault({ storage, clock, rootKey });
    const done = await vault.rotate(to);
    if (file !== null) finishReplacing(dataDir, await readSeals(databaseFile));
    return { ...done, from: rootKey.id, to: to.id, file };
  } finally {
    await storage.close();
  }
}
