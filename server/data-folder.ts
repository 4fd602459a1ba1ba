/** The folder that holds everything that must outlive the process, and the secrets made at the first start. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes the folder, open to its owner alone. */
export function prepareDataFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Where copies of the database go. */
export function backupFolder(dataDir: string): string {
  return join(dataDir, 'backups');
}

export interface GeneratedSecret {
  readonly value: string;
  readonly file: string;
  /** It was made just now, which the operator wants to know. */
  readonly isNew: boolean;
}

/**
 * A secret that the operator did not set: made once with 256 random bits, then read from its file.
 *
 * @throws Error if the file is there and empty, or cannot be read or written
 */
export function generatedSecret(folder: string, name: string): GeneratedSecret {
  const file = join(folder, name);
  try {
    const value = `${randomBytes(32).toString('base64url')}\n`;
    // `wx`: of two starts at once only one makes the file, and nothing is ever written over.
    writeFileSync(file, value, { flag: 'wx', mode: 0o600 });
    return { value: value.trim(), file, isNew: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  chmodSync(file, 0o600);
  const value = readFileSync(file, 'utf8').trim();
  if (value === '') throw new Error(`${file} is empty; delete it or put a token into it`);
  return { value, file, isNew: false };
}
