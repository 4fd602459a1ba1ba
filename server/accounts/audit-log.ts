/** What was done by whom: every act that changes something, and every refusal of one. Never what was said in it. */
import { type Selectable, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { type IdPrefix, newId } from '../id.ts';
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

/** Which acts are meant; null: any. */
export interface AuditFilter {
  readonly userId: string | null;
  readonly action: string | null;
  readonly subject: string | null;
  /** What the id of the subject begins with. */
  readonly kind: IdPrefix | null;
  /** Instants, half-open. */
  readonly from: number;
  readonly to: number;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** What to ask for next; null at the end. */
  readonly nextCursor: string | null;
}

export interface AuditLog {
  /** Puts an act on record. It is there when this resolves, or queued while the disk refuses writes; never rejects. */
  note(act: Act): Promise<void>;
  /** The newest first. @param page `cursor` is the id after which to go on */
  page(
    filter: AuditFilter,
    page: { readonly limit: number; readonly cursor: string | null },
  ): Promise<AuditPage>;
  /** Every action that is on record, in the order of their names. */
  actions(): Promise<readonly string[]>;
  /** Takes the address out of the acts of somebody. */
  forget(userId: string): Write;
  /** Drops what is older. @throws Failure `storage_unavailable` */
  prune(before: number): Promise<void>;
}

export function createAuditLog({ storage, clock }: { storage: Storage; clock: Clock }): AuditLog {
  const { db, questions } = storage;
  return {
    async note(act) {
      const row = db.insertInto('audit_log').values(toRow({ ...act, ...newEntry(clock) }));
      try {
        await storage.commit([row.compile()], { keep: true });
      } catch {
        // It stays queued; the act itself has an answer of its own about the disk.
      }
    },

    async page({ userId, action, subject, kind, from, to }, { limit, cursor }) {
      let query = questions
        .selectFrom('audit_log')
        .selectAll()
        .where('at', '>=', from)
        .where('at', '<', to)
        .orderBy('id', 'desc');
      if (cursor !== null) query = query.where('id', '<', cursor);
      if (userId !== null) query = query.where('user_id', '=', userId);
      if (action !== null) query = query.where('action', '=', action);
      if (subject !== null) query = query.where('subject', '=', subject);
      // Ids of a kind lie between its name with an underscore and its name with the sign after that.
      if (kind !== null) {
        query = query.where('subject', '>=', `${kind}_`).where('subject', '<', `${kind}\``);
      }
      const rows = await query.limit(limit + 1).execute();
      const entries = rows.slice(0, limit).map(fromRow);
      const isMore = rows.length > limit;
      return { entries, nextCursor: isMore ? (entries.at(-1)?.id ?? null) : null };
    },

    async actions() {
      // From one name to the next, so that it costs as many look-ups as there are names.
      const { rows } = await sql<{ action: string }>`
        with recursive names (action) as (
          select min(action) from audit_log
          union all
          select (select min(action) from audit_log where action > names.action)
          from names where names.action is not null
        )
        select action from names where action is not null`.execute(questions);
      return rows.map(({ action }) => action);
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
