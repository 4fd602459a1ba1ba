/** A vault over a real database in a folder of its own. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../clock.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { createVault, type Place, type RootKey, rootKeyFrom, type Vault } from './vault.ts';

export interface VaultStage extends AsyncDisposable {
  readonly file: string;
  readonly rootKey: RootKey;
  readonly storage: Storage;
  readonly vault: Vault;
  /** Seals and waits until it is durable. */
  put(place: Place, secret: string, identity?: string | null): Promise<void>;
  /** Runs SQL behind the vault's back, then opens a vault anew as the next start would. */
  reopenAfter(sql: string, ...parameters: (string | null)[]): Promise<Vault>;
}

export async function openVaultStage(): Promise<VaultStage> {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-vault-'));
  const file = join(folder, 'test.db');
  const storage = await openSqlite({ file, clock: systemClock });
  const rootKey = rootKeyFrom(randomBytes(32));
  const open = () => createVault({ storage, clock: systemClock, rootKey });
  const vault = await open();
  return {
    file,
    rootKey,
    storage,
    vault,
    async put(place, secret, identity = null) {
      const change = vault.put(place, secret, identity);
      await storage.commit(change.writes);
      change.apply();
    },
    async reopenAfter(sql, ...parameters) {
      const database = new DatabaseSync(file);
      database.prepare(sql).run(...parameters);
      database.close();
      return await open();
    },
    async [Symbol.asyncDispose]() {
      await storage.close();
      rmSync(folder, { recursive: true });
    },
  };
}
