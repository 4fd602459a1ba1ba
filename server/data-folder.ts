/** The folder that holds everything that must outlive the process, and the secrets made at the first start. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from './config.ts';

/**
 * Makes the folder, and those above it, open to its owner alone.
 *
 * @throws ConfigError that names the folder, where something else stands or nothing can be made
 */
export function prepareFolder(folder: string): void {
  if (isFolder(folder)) return;
  const parent = dirname(folder);
  if (!existsSync(parent)) prepareFolder(parent);
  try {
    // Step by step: where a file system makes nothing (/proc), Node's own way through all the steps never ends.
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Of two that make it at once, the later finds what it wanted.
    if (isFolder(folder)) return;
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([`The folder ${folder} cannot be made (${code}).`]);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
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
    // On the disk at once: what is sealed under it will be.
    writeFileSync(file, value, { flag: 'wx', mode: 0o600, flush: true });
    return { value: value.trim(), file, isNew: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  chmodSync(file, 0o600);
  const value = readFileSync(file, 'utf8').trim();
  if (value === '') throw new Error(`${file} is empty; delete it or put a token into it`);
  return { value, file, isNew: false };
}
