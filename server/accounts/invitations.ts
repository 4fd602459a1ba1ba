/** One-time links: to register where that is by invitation, and to set a password anew. Only their hashes are kept. */
import type { Selectable } from 'kysely';
import { type Clock, DAY_MS } from '../clock.ts';
import { Failure } from '../failure.ts';
import { newId } from '../id.ts';
import type { Storage, Write } from '../storage/storage.ts';
import type { InvitationsTable } from '../storage/tables/accounts-tables.ts';
import type { Role } from './people.ts';
import { newOpaqueToken, tokenHash } from './token.ts';

export type LinkPurpose = 'invitation' | 'reset';

export interface Link {
  readonly id: string;
  readonly purpose: LinkPurpose;
  /** The only address that may use it, in lower case; null for any. */
  readonly email: string | null;
  /** What whoever uses it becomes. */
  readonly role: Role;
  /** Whose password it resets; null for an invitation. */
  readonly userId: string | null;
  readonly expiresAt: number;
}

export interface NewLink {
  readonly purpose: LinkPurpose;
  readonly email?: string | null;
  readonly role?: Role;
  readonly userId?: string;
}

export interface OpenLink {
  readonly token: string;
  readonly expiresAt: number;
}

/** An invitation may lie in a mailbox over a long weekend; a reset is handed over at once. */
const LIFE_MS: Readonly<Record<LinkPurpose, number>> = { invitation: 7 * DAY_MS, reset: DAY_MS };

export class LinkBook {
  readonly #storage: Storage;
  readonly #clock: Clock;

  constructor(deps: { storage: Storage; clock: Clock }) {
    this.#storage = deps.storage;
    this.#clock = deps.clock;
  }

  /** @returns the token, this once. @throws Failure `storage_unavailable` */
  async make({ purpose, email = null, role = 'member', userId }: NewLink): Promise<OpenLink> {
    const now = this.#clock.now();
    const token = newOpaqueToken();
    const row: InvitationsTable = {
      ...{ id: newId('inv'), purpose, email, role },
      token_hash: tokenHash(token),
      user_id: userId ?? null,
      created_at: now,
      expires_at: now + LIFE_MS[purpose],
      used_at: null,
    };
    await this.#storage.commit([this.#storage.db.insertInto('invitations').values(row).compile()]);
    return { token, expiresAt: row.expires_at };
  }

  /** @throws Failure `not_found` for a link that is unknown, used or expired */
  async find(token: string, purpose: LinkPurpose): Promise<Link> {
    const row = await this.#storage.db
      .selectFrom('invitations')
      .selectAll()
      .where('token_hash', '=', tokenHash(token))
      .where('purpose', '=', purpose)
      .where('used_at', 'is', null)
      .where('expires_at', '>', this.#clock.now())
      .executeTakeFirst();
    if (row === undefined) throw deadLink();
    return fromRow(row);
  }

  /** To be committed with what the link was used for: of two uses at once, one breaks the rule and fails. */
  use(link: Link): Write {
    const update = this.#storage.db
      .updateTable('invitations')
      .set({ used_at: this.#clock.now() })
      .where('id', '=', link.id)
      .where('used_at', 'is', null);
    return { ...update.compile(), rows: 1 };
  }

  /** Closes the open links of somebody. */
  closeAll(userId: string): Write {
    return this.#storage.db
      .updateTable('invitations')
      .set({ used_at: this.#clock.now() })
      .where('user_id', '=', userId)
      .where('used_at', 'is', null)
      .compile();
  }

  /** Forgets to whom invitations were addressed. */
  forget(email: string): Write {
    const update = this.#storage.db.updateTable('invitations').set({ email: null });
    return update.where('email', '=', email).compile();
  }
}

/** One sentence for all three, so that nobody learns which links there are. */
export function deadLink(): Failure {
  return new Failure('not_found', { sentence: 'This link is unknown, used or expired.' });
}

function fromRow(row: Selectable<InvitationsTable>): Link {
  return {
    id: row.id,
    purpose: row.purpose === 'reset' ? 'reset' : 'invitation',
    email: row.email,
    role: row.role === 'admin' ? 'admin' : 'member',
    userId: row.user_id,
    expiresAt: row.expires_at,
  };
}
