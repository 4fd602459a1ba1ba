/** Copies of the database, made while it is at work. Each is a whole database that opens by itself. */
import { readdirSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Clock, DAY_MS, isoTime } from '../clock.ts';
import { prepareFolder } from '../data-folder.ts';
import { Failure } from '../failure.ts';
import type { BackupOrder } from './sqlite-backup.ts';

/** `daily` ones are cleared away in their turn; what somebody asked for, or what stands before a reset, stays. */
export type BackupKind = 'daily' | 'manual' | 'reset';

export interface Backup {
  /** Name of the file in the folder of the backups. */
  readonly name: string;
  readonly kind: BackupKind;
  /** Milliseconds since the epoch, to the second. */
  readonly at: number;
  readonly bytes: number;
}

export interface Backups {
  readonly folder: string;
  /** Newest first. */
  list(): readonly Backup[];
  /** Resolves when the copy is whole and on disk. @throws Failure `storage_unavailable` */
  make(kind: BackupKind): Promise<Backup>;
  /**
   * Makes one if the newest daily one is older than the interval, or of the future, then removes daily ones beyond
   * those to keep. What copies that a crash broke off have left goes first, so that it does not fill the disk.
   *
   * @returns what was made; null if it was not time
   * @throws Failure `storage_unavailable`
   */
  makeIfDue(rule: { readonly intervalMs: number; readonly keep: number }): Promise<Backup | null>;
}

export interface BackupsOptions {
  /** The database. */
  readonly file: string;
  /** Made when it is needed, open to its owner alone. */
  readonly folder: string;
  readonly clock: Clock;
}

const NAME =
  /^tollkeeper-(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2})Z-(daily|manual|reset)(-\d+)?\.db$/;

export function createBackups({ file, folder, clock }: BackupsOptions): Backups {
  let last: Promise<unknown> = Promise.resolve();

  function list(): readonly Backup[] {
    const names = namesIn(folder);
    const found = names.flatMap((name) => backupOf(folder, name) ?? []);
    return found.sort((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1));
  }

  async function copy(kind: BackupKind): Promise<Backup> {
    makeThere(folder);
    await assertRoom(file, folder);
    const { name, handle } = await claimName(folder, `${stamp(clock.now())}-${kind}`);
    const target = join(folder, name);
    const partial = `${target}.partial`;
    try {
      // The copy is made beside its name, so that whatever has the name is whole.
      await (await open(partial, 'wx', 0o600)).close();
      await copyInThread({ file, target: partial });
      await syncAndClose(await open(partial, 'r+'));
      await rename(partial, target);
      // Windows refuses to bring the names in a folder to the disk, and needs no telling.
      if (process.platform !== 'win32') await syncAndClose(await open(folder, 'r'));
    } catch (error) {
      await rm(partial, { force: true });
      await rm(target, { force: true });
      const sentence = 'The backup could not be made.';
      throw new Failure('storage_unavailable', { sentence, detail: String(error), cause: error });
    } finally {
      await handle.close();
    }
    const made = backupOf(folder, name);
    if (made === null) throw new Error(`${name} was made and is not there`);
    return made;
  }

  /** One after the other: two copies at once would only share the disk. */
  function make(kind: BackupKind): Promise<Backup> {
    const made = last.then(() => copy(kind));
    last = made.catch(() => undefined);
    return made;
  }

  return {
    folder,
    list,
    make,
    async makeIfDue({ intervalMs, keep }) {
      const isPast = ({ at }: Backup): boolean => at <= clock.now();
      // One that lies in the future was made by a clock that was ahead: it puts off none, and makes room first.
      const daily = () => {
        const all = list().filter(({ kind }) => kind === 'daily');
        return [...all.filter(isPast), ...all.filter((backup) => !isPast(backup))];
      };
      const [newest] = daily();
      const age = newest === undefined ? null : clock.now() - newest.at;
      if (age !== null && age >= 0 && age < intervalMs) return null;
      for (const name of leftovers(folder, clock.now()))
        await rm(join(folder, name), { force: true });
      const made = await make('daily');
      for (const { name } of daily().slice(keep)) await rm(join(folder, name), { force: true });
      return made;
    },
  };
}

function stamp(now: number): string {
  return `${isoTime(now).slice(0, 19).replaceAll(':', '-')}Z`;
}

function makeThere(folder: string): void {
  try {
    prepareFolder(folder);
  } catch (error) {
    throw unavailable(error);
  }
}

/** What stays free for whoever writes meanwhile: more than the log of the database takes. */
const ROOM_LEFT_BYTES = 64 * 1024 * 1024;

/** A copy that fills the disk keeps everybody from writing until it is given up, and it would be tried again and again. */
async function assertRoom(file: string, folder: string): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const needed = bytesIn(file) + bytesIn(`${file}-wal`) + ROOM_LEFT_BYTES;
  // Some file systems tell nothing of their size.
  if (blocks === 0 || bavail * bsize >= needed) return;
  const sentence = 'There is too little room on the disk for a backup.';
  const detail = `${bavail * bsize} bytes are free, ${needed} are needed`;
  throw new Failure('storage_unavailable', { sentence, detail });
}

/** An empty file under a name that nobody else has; its handle keeps it ours until the copy takes its place. */
async function claimName(
  folder: string,
  stem: string,
): Promise<{ name: string; handle: FileHandle }> {
  for (let attempt = 1; ; attempt++) {
    const name = `tollkeeper-${stem}${attempt === 1 ? '' : `-${attempt}`}.db`;
    try {
      return { name, handle: await open(join(folder, name), 'wx', 0o600) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unavailable(error);
    }
  }
}

function unavailable(error: unknown): Failure {
  const sentence = 'The folder of the backups cannot be written.';
  return new Failure('storage_unavailable', { sentence, detail: String(error), cause: error });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unavailable(error);
  }
}

/** No copy takes so long: what it has not finished since, nobody is at work on. */
const LONGEST_COPY_MS = DAY_MS;

/** Half copies, and names that were claimed for one. */
function leftovers(folder: string, now: number): readonly string[] {
  const isOld = (match: RegExpExecArray): boolean => now - instantOf(match) > LONGEST_COPY_MS;
  return namesIn(folder).filter((name) => {
    const half = NAME.exec(name.replace(/\.partial$/, ''));
    if (half === null || !isOld(half)) return false;
    return name.endsWith('.partial') || bytesIn(join(folder, name)) === 0;
  });
}

function bytesIn(file: string): number {
  return statSync(file, NO_THROW)?.size ?? 0;
}

function instantOf([, day, hour, minute, second]: RegExpExecArray): number {
  return Date.parse(`${day}T${hour}:${minute}:${second}Z`);
}

/** Null for what is no backup, or none yet. */
function backupOf(folder: string, name: string): Backup | null {
  const match = NAME.exec(name);
  const bytes = match === null ? 0 : bytesIn(join(folder, name));
  if (match === null || bytes === 0) return null;
  return { name, kind: match[5] as BackupKind, at: instantOf(match), bytes };
}

const NO_THROW = { throwIfNoEntry: false } as const;

async function copyInThread(order: BackupOrder): Promise<void> {
  const worker = new Worker(new URL('./sqlite-backup.ts', import.meta.url), { workerData: order });
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
}

async function syncAndClose(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
