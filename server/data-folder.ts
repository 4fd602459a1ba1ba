/** The folder that holds everything that must outlive the process, and the secrets made at the first start. */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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

/**
 * Writes a small file that its owner alone may read, and has it on the disk when it returns. Whatever breaks it off, the
 * whole of it lies under its name or nothing new does.
 *
 * @param over whether it takes the place of one that is there; never where two at once may each believe in their own
 * @returns false if one is there and stays
 */
export function writeWhole(file: string, text: string, { over }: { over: boolean }): boolean {
  const draft = `${file}.${randomBytes(6).toString('hex')}.draft`;
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600, flush: true });
    if (over) renameSync(draft, file);
    else putBeside(draft, file);
  } catch (error) {
    if (!over && (error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  // Windows refuses to for a folder, and needs no telling.
  if (process.platform !== 'win32') bringToDisk(dirname(file));
  return true;
}

/** A link, unlike a new name, never takes the place of what is there; nor does a copy, where there are no links (FAT, SMB). */
function putBeside(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    copyFileSync(draft, file, constants.COPYFILE_EXCL);
    bringToDisk(file);
  }
}

/** What a file holds, or the names that a folder does. */
function bringToDisk(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
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
 * @throws ConfigError if the file is there and empty
 * @throws Error if it cannot be read or written
 */
export function generatedSecret(folder: string, name: string): GeneratedSecret {
  const file = join(folder, name);
  const made = randomBytes(32).toString('base64url');
  // On the disk at once: what is sealed under it will be. Of two starts at once only one makes the file.
  if (!existsSync(file) && writeWhole(file, `${made}\n`, { over: false })) {
    return { value: made, file, isNew: true };
  }
  chmodSync(file, 0o600);
  const value = readFileSync(file, 'utf8').trim();
  if (value === '') {
    throw new ConfigError([`${file} is empty: delete it, and the next start makes it anew.`]);
  }
  return { value, file, isNew: false };
}
