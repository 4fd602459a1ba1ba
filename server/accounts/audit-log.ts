/** What was done by whom: every act that changes something, and every refusal of one. Never what was said in it. */
import type { Selectable } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../id.ts';
import type { Storage, Write } from '../storage/storage.ts';
import type { AuditLogTable } from '../storage/tables/accounts-tables.ts';

/** `operator` holds the admin token; `person` is signed in. */
export type Actor = 'operator' | 'person' | 'key' | 'api token' | 'nobody';

export interface Act {
  readonly actor: Actor;
  /** Whose act it was; of a key, its user. Null for the admin token and for nobody. */
  readonly userId: string | null;
  /** Method and path as they are declared: `POST /api/auth/login`. */
  readonly action: string;
  /** The id of what it was about; never a secret. */
  readonly subject: string | null;
  /** The HTTP status of the answer. */
  readonly status: number;
  readonly ip: string | null;
  readonly requestId: string;
}

export interface AuditEntry extends Act {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** What to ask for next; null at the end. */
  readonly nextCursor: string | null;
}

export interface AuditLog {
  /** Puts an act on record. It is there when this resolves, or queued while the disk refuses writes; never rejects. */
  note(act: Act): Promise<void>;
  /** The newest first. */
  page(of: {
    readonly limit: number;
    /** The id after which to go on. */
    readonly cursor: string | null;
    readonly userId: string | null;
    readonly action: string | null;
  }): Promise<AuditPage>;
  /** Takes the address out of the acts of somebody. */
  forget(userId: string): Write;
  /** Drops what is older. @throws Failure `storage_unavailable` */
  prune(before: number): Promise<void>;
}

export function createAuditLog({ storage, clock }: { storage: Storage; clock: Clock }): AuditLog {
  const { db } = storage;
  return {
    async note(act) {
      const row = db.insertInto('audit_log').values(toRow({ ...act, ...newEntry(clock) }));
      try {
        await storage.commit([row.compile()], { keep: true });
      } catch {
        // It stays queued; the act itself has an answer of its own about the disk.
      }
    },

    async page({ limit, cursor, userId, action }) {
      let query = db.selectFrom('audit_log').selectAll().orderBy('id', 'desc');
      if (cursor !== null) query = query.where('id', '<', cursor);
      if (userId !== null) query = query.where('user_id', '=', userId);
      if (action !== null) query = query.where('action', '=', action);
      const rows = await query.limit(limit + 1).execute();
      const entries = rows.slice(0, limit).map(fromRow);
      const isMore = rows.length > limit;
      return { entries, nextCursor: isMore ? (entries.at(-1)?.id ?? null) : null };
    },

    async prune(before) {
      await storage.commit([db.deleteFrom('audit_log').where('at', '<', before).compile()]);
    },

    forget: (userId) =>
      db.updateTable('audit_log').set({ ip: null }).where('user_id', '=', userId).compile(),
  };
}

function newEntry(clock: Clock): { id: string; at: number } {
  return { id: newId('aud'), at: clock.now() };
}

function toRow(entry: AuditEntry): AuditLogTable {
  return {
    id: entry.id,
    at: entry.at,
    actor: entry.actor,
    user_id: entry.userId,
    action: entry.action,
    subject: entry.subject,
    status: entry.status,
    ip: entry.ip,
    request_id: entry.requestId,
  };
}

function fromRow(row: Selectable<AuditLogTable>): AuditEntry {
  return {
    id: row.id,
    at: row.at,
    // Written by us alone, in these words.
    actor: row.actor as Actor,
    userId: row.user_id,
    action: row.action,
    subject: row.subject,
    status: row.status,
    ip: row.ip,
    requestId: row.request_id,
  };
}
