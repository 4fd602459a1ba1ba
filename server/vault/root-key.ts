/** Finds the root key at the start, and refuses whatever would lose data or only seem to protect it. */
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { ConfigError } from '../config.ts';
import { generatedSecret, prepareFolder, writeWhole } from '../data-folder.ts';
import { parseEncryptionKey, weaknessOf } from '../encryption-key.ts';
import { openToRead } from '../storage/storage.ts';
import type { DataKeysTable, SecretsTable } from '../storage/tables/vault-tables.ts';
import { type RootKey, rootKeyFrom, unseal } from './envelope.ts';
import { CANARY_PLACE, contextOf, isCanary, unwrap } from './places.ts';

const FILE_NAME = 'encryption-key';
/** Holds the next key from before a rotation until after it: whichever instant it breaks off at, one of the two opens. */
const NEXT_NAME = `${FILE_NAME}.next`;

/** What tells a right root key from a wrong one. */
export interface Seals {
  readonly dataKeys: readonly DataKeysTable[];
  readonly canary: SecretsTable | null;
}

export interface RootKeySource {
  /** As set, or null. */
  readonly set: string | null;
  readonly dataDir: string;
  readonly isProduction: boolean;
  /** Of the database, read before anything was written. */
  readonly seals: Seals;
}

export interface FoundRootKey {
  readonly rootKey: RootKey;
  /** The file in which it lies; null if it was set. */
  readonly file: string | null;
  /** It was made just now, which the operator wants to know. */
  readonly isNew: boolean;
}

/** Reads what is sealed in a database, without writing to it; nothing where there is none yet. */
export async function readSeals(databaseFile: string): Promise<Seals> {
  if (!existsSync(databaseFile)) return { dataKeys: [], canary: null };
  const storage = openToRead(databaseFile);
  try {
    const { db } = storage;
    const tables = await sql`select 1 from sqlite_master where name = 'data_keys'`.execute(db);
    if (tables.rows.length === 0) return { dataKeys: [], canary: null };
    const dataKeys = await db.selectFrom('data_keys').selectAll().execute();
    const rows = await db
      .selectFrom('secrets')
      .selectAll()
      .where('purpose', '=', CANARY_PLACE.purpose)
      .execute();
    return { dataKeys, canary: rows.find(isCanary) ?? null };
  } finally {
    await storage.close();
  }
}

/**
 * The root key that was set, else the one in the data folder, else a new one in the data folder. A new one is never made
 * over existing data, nor in production.
 *
 * @throws ConfigError in words, with nothing written
 */
export function findRootKey(source: RootKeySource): FoundRootKey {
  const { set, dataDir, isProduction, seals } = source;
  const file = join(dataDir, FILE_NAME);
  if (set !== null) {
    const hasKept = rootKeysAt({ set: null, dataDir }).some((key) => opens(key, seals));
    const remedy = hasKept ? `Its key lies in ${file}: ${WAYS_ON}` : undefined;
    return { rootKey: checked(set, 'ENCRYPTION_KEY', seals, remedy), file: null, isNew: false };
  }
  if (!isProduction) finishReplacing(dataDir, seals);
  const kept = existsSync(file) ? readKey(file) : '';
  if (isProduction) {
    const hint =
      kept !== ''
        ? `The key of this data lies in ${file}: keep it elsewhere and name it with ENCRYPTION_KEY or ENCRYPTION_KEY_FILE`
        : 'Make one with "openssl rand -base64 32" and keep a copy';
    throw refusal(`ENCRYPTION_KEY must be set with ENV=production. ${hint}.`);
  }
  if (kept !== '') return { rootKey: checked(kept, file, seals), file, isNew: false };
  if (seals.dataKeys.length > 0) {
    throw refusal(
      `The database holds sealed secrets, but ENCRYPTION_KEY is not set and ${file} is missing or empty. Give back the key (${namesOf(seals)}); a new one could open nothing.`,
    );
  }
  prepareFolder(dataDir);
  const { value, isNew } = generatedSecret(dataDir, FILE_NAME);
  return { rootKey: checked(value, file, seals), file, isNew };
}

/** The keys that may be the one of the database, to look at it with; in the middle of a rotation there are two. */
export function rootKeysAt({ set, dataDir }: Pick<RootKeySource, 'set' | 'dataDir'>): RootKey[] {
  const files = [FILE_NAME, NEXT_NAME].map((name) => join(dataDir, name)).filter(existsSync);
  const texts = set === null ? files.map(readKey) : [set];
  return texts.flatMap((text) => {
    const bytes = parseEncryptionKey(text);
    return bytes === undefined ? [] : [rootKeyFrom(bytes)];
  });
}

/** Lays the key that a rotation goes over to beside the one that it comes from. */
export function prepareReplacing(dataDir: string, key: Buffer): void {
  // On the disk before the database is: the commit that needs this key outlives a loss of power.
  writeWhole(join(dataDir, NEXT_NAME), `${key.toString('base64url')}\n`, { over: true });
}

/**
 * Puts the next key in the place of the one before, if it is the one that opens the database. The one before is kept
 * under its name, for the backups that it opens.
 */
export function finishReplacing(dataDir: string, seals: Seals): void {
  const [file, next] = [join(dataDir, FILE_NAME), join(dataDir, NEXT_NAME)];
  const nextKey = existsSync(next) ? rootKeyIn(next) : null;
  if (nextKey === null || seals.dataKeys.length === 0 || !opens(nextKey, seals)) return;
  const former = existsSync(file) ? rootKeyIn(file) : null;
  if (former !== null) renameSync(file, `${file}.${former.id}`);
  renameSync(next, file);
}

function rootKeyIn(file: string): RootKey | null {
  const bytes = parseEncryptionKey(readKey(file));
  return bytes === undefined ? null : rootKeyFrom(bytes);
}

function readKey(file: string): string {
  return readFileSync(file, 'utf8').trim();
}

/** @throws ConfigError for what is no key, and for one that anybody could guess */
export function soundKey(text: string, place: string): Buffer {
  const bytes = parseEncryptionKey(text);
  if (bytes === undefined) {
    throw refusal(`${place} must be 32 bytes as base64, base64url or hex.`);
  }
  const weakness = weaknessOf(bytes);
  if (weakness !== undefined) throw refusal(`${place} ${weakness}.`);
  return bytes;
}

const WAYS_ON =
  'set that one, or unset ENCRYPTION_KEY, and put the secrets under another key with "npm run rotate-key"';

/** @param remedy what to do about a wrong key, where it is known */
function checked(
  text: string,
  place: string,
  seals: Seals,
  remedy = 'Set the key with which they were stored',
): RootKey {
  const rootKey = rootKeyFrom(soundKey(text, place));
  if (opens(rootKey, seals)) return rootKey;
  throw refusal(
    `${place} is not the key of this database: it is ${rootKey.id}, and the secrets are sealed under ${namesOf(seals)}. Nothing was changed. ${remedy}.`,
  );
}

/** Does the canary open? A database without any sealed row takes every key. */
export function opens(rootKey: RootKey, { dataKeys, canary }: Seals): boolean {
  if (dataKeys.length === 0 && canary === null) return true;
  const dataKey = dataKeys.find(({ id }) => id === canary?.data_key_id);
  if (canary === null || dataKey === undefined) return false;
  try {
    unseal(unwrap(rootKey, dataKey), canary.sealed, contextOf(CANARY_PLACE, dataKey.id));
    return true;
  } catch {
    // Whatever is wrong with it, it is not to be used with this key.
    return false;
  }
}

function namesOf({ dataKeys }: Seals): string {
  return [...new Set(dataKeys.map((row) => row.root_key_id))].join(', ');
}

export function refusal(sentence: string): ConfigError {
  return new ConfigError([sentence]);
}
