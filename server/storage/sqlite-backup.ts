/** A thread that copies the database as it stands at one moment, while it goes on being read and written. */
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';

export interface BackupOrder {
  readonly file: string;
  /** An empty file, which becomes the copy. */
  readonly target: string;
}

const { file, target } = workerData as BackupOrder;
const database = new DatabaseSync(file, { readOnly: true });
// Not a copy of pages: free pages may still hold what was deleted, and a copy should not keep it.
database.prepare('vacuum into ?').run(target);
database.close();
// As the original: whoever puts the copy in its place, or only looks into it, finds what the server expects.
const copy = new DatabaseSync(target);
copy.exec('pragma journal_mode = wal');
copy.close();
