/** Sessions of people, all in memory: an end holds from the same moment on, and a look-up costs one hash. */
import { type Selectable, sql } from 'kysely';
import { type Clock, HOUR_MS } from '../clock.ts';
import { Failure } from '../failure.ts';
import { newId } from '../id.ts';
import type { Storage } from '../storage/storage.ts';
import type { SessionsTable } from '../storage/tables/accounts-tables.ts';
import type { Erasure, UserBook } from './people.ts';
import { newOpaqueToken, tokenHash } from './token.ts';

/** `password`: the person proved who they are. `intranet`: only said so, where the installation believes it. */
export type SessionKind = 'password' | 'intranet';

export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly kind: SessionKind;
  /** Milliseconds since the epoch, as all times here. */
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

export type NewSession = Pick<Session, 'userId' | 'kind' | 'ip' | 'userAgent'>;

export interface OpenedSession {
  readonly session: Session;
  /** The token of the cookie, this once. */
  readonly token: string;
}

export interface Sessions {
  /**
   * @throws Failure `invalid_credentials` if the user's password was changed or the account deleted at this moment,
   *   `storage_unavailable`
   */
  open(of: NewSession): Promise<OpenedSession>;
  /** The session behind a cookie; null if it is unknown, ended or expired. */
  byToken(token: string): Session | null;
  /** By id; null if it is unknown, ended or expired. */
  find(id: string): Session | null;
  /** Notes that somebody is there. */
  seen(session: Session): void;
  /** The live ones, the oldest first. */
  ofUser(userId: string): readonly Session[];
  /** Ends it at once. @throws Failure `storage_unavailable` if that may not outlive the process */
  end(id: string): Promise<void>;
  /** Ends all of a user but one. @throws as {@link end} */
  endAll(userId: string, except?: string): Promise<void>;
  /** Forgets those that have run out. @throws Failure `storage_unavailable` */
  sweep(): Promise<void>;
}

/** After that time somebody has to sign in again, however busy they are. */
export const SESSION_MS = 7 * 24 * HOUR_MS;
/** After that time without a request as well. */
const IDLE_MS = 24 * HOUR_MS;
/** The disk is told so often that somebody is there; a crash forgets no more. */
const NOTE_SEEN_MS = 60_000;
/** Each more ends the oldest. */
const SESSIONS_OF_A_USER_MAX = 50;
const USER_AGENT_LETTERS_MAX = 300;

export class SessionBook implements Sessions {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #people: UserBook;
  readonly #sessions = new Map<string, Session>();
  readonly #idByHash = new Map<string, string>();
  readonly #hashById = new Map<string, string>();
  readonly #byUser = new Map<string, Set<string>>();
  /** When the disk was last told that a session is in use. */
  readonly #notedAt = new Map<string, number>();

  constructor(deps: { storage: Storage; clock: Clock; people: UserBook }) {
    this.#storage = deps.storage;
    this.#clock = deps.clock;
    this.#people = deps.people;
  }

  async load(): Promise<void> {
    const { db } = this.#storage;
    const now = this.#clock.now();
    const stored = await db.selectFrom('sessions').selectAll().orderBy('id').execute();
    for (const row of stored) {
      if (this.#isLive(fromRow(row), now)) this.#remember(fromRow(row), row.token_hash);
    }
    const gone = stored.filter(({ id }) => !this.#sessions.has(id));
    if (gone.length > 0) {
      const forget = db.deleteFrom('sessions').where('expires_at', '<=', now).compile();
      await this.#storage.commit([forget]);
    }
  }

  async open(of: NewSession): Promise<OpenedSession> {
    const now = this.#clock.now();
    const token = newOpaqueToken();
    const session: Session = {
      ...of,
      userAgent: of.userAgent?.slice(0, USER_AGENT_LETTERS_MAX) ?? null,
      id: newId('ses'),
      createdAt: now,
      lastSeenAt: now,
      expiresAt: now + SESSION_MS,
    };
    const hash = tokenHash(token);
    const { db } = this.#storage;
    const row = db.insertInto('sessions').values(toRow(session, hash));
    // Else whoever came for less than a minute was never here.
    const seen = db.updateTable('users').set({ last_seen_at: now }).where('id', '=', of.userId);
    const password = this.#people.passwordOf(of.userId);
    try {
      await this.#storage.commit([row.compile(), seen.compile()]);
    } catch (error) {
      // The only rule that such a row can break: its account was deleted meanwhile.
      const isGone = error instanceof Failure && error.code === 'conflict';
      throw isGone ? new Failure('invalid_credentials', { cause: error }) : error;
    }
    this.#remember(session, hash);
    this.#people.seen(of.userId, now);
    // A password that was changed meanwhile ended all sessions but this one, which was proved with the one before.
    if (this.#people.passwordOf(of.userId) !== password) {
      await this.#endThese([session.id]);
      throw new Failure('invalid_credentials');
    }
    const others = this.ofUser(of.userId);
    const surplus = others.slice(0, Math.max(0, others.length - SESSIONS_OF_A_USER_MAX));
    await this.#endThese(surplus.map(({ id }) => id));
    return { session, token };
  }

  byToken(token: string): Session | null {
    const id = this.#idByHash.get(tokenHash(token));
    return id === undefined ? null : this.find(id);
  }

  find(id: string): Session | null {
    const session = this.#sessions.get(id);
    return session !== undefined && this.#isLive(session, this.#clock.now()) ? session : null;
  }

  seen(session: Session): void {
    const now = this.#clock.now();
    const known = this.#sessions.get(session.id);
    if (known === undefined) return;
    this.#sessions.set(session.id, { ...known, lastSeenAt: now });
    this.#people.seen(session.userId, now);
    const notedAt = this.#notedAt.get(session.id) ?? known.createdAt;
    if (now - notedAt < NOTE_SEEN_MS) return;
    this.#notedAt.set(session.id, now);
    const { db } = this.#storage;
    const seen = { last_seen_at: now };
    const writes = [
      db.updateTable('sessions').set(seen).where('id', '=', session.id).compile(),
      db.updateTable('users').set(seen).where('id', '=', session.userId).compile(),
    ];
    // Nobody waits for it, and a disk that refuses it loses a minute of knowing who was there.
    this.#storage.commit(writes).catch(() => undefined);
  }

  ofUser(userId: string): readonly Session[] {
    return [...(this.#byUser.get(userId) ?? [])]
      .map((id) => this.find(id))
      .filter((session) => session !== null);
  }

  async end(id: string): Promise<void> {
    await this.#endThese([id]);
  }

  async endAll(userId: string, except?: string): Promise<void> {
    const all = [...(this.#byUser.get(userId) ?? [])];
    await this.#endThese(all.filter((id) => id !== except));
  }

  /** For the act that deletes an account. */
  erasureOf(userId: string): Erasure {
    const { db } = this.#storage;
    return {
      writes: [db.deleteFrom('sessions').where('user_id', '=', userId).compile()],
      apply: () => {
        for (const id of [...(this.#byUser.get(userId) ?? [])]) this.#forget(id);
      },
    };
  }

  async sweep(): Promise<void> {
    const now = this.#clock.now();
    const over = [...this.#sessions.values()].filter((session) => !this.#isLive(session, now));
    await this.#endThese(over.map(({ id }) => id));
  }

  async #endThese(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    // Memory first: should the disk refuse, they are over all the same until the next start.
    for (const id of ids) this.#forget(id);
    // As one parameter: a statement takes some thousands, and there may be more sessions.
    const these = sql<string>`(select value from json_each(${JSON.stringify(ids)}))`;
    const forget = this.#storage.db.deleteFrom('sessions').where('id', 'in', these);
    await this.#storage.commit([forget.compile()], { keep: true });
  }

  #isLive(session: Session, now: number): boolean {
    if (!this.#people.isActive(session.userId)) return false;
    // Who only said a name does not stay signed in to an account that has a password or the role of an admin since.
    if (session.kind === 'intranet' && !this.#people.isOpenByName(session.userId)) return false;
    return now < session.expiresAt && now - session.lastSeenAt < IDLE_MS;
  }

  #remember(session: Session, hash: string): void {
    this.#sessions.set(session.id, session);
    this.#idByHash.set(hash, session.id);
    this.#hashById.set(session.id, hash);
    const ids = this.#byUser.get(session.userId) ?? new Set<string>();
    this.#byUser.set(session.userId, ids.add(session.id));
  }

  #forget(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    this.#idByHash.delete(this.#hashById.get(id) ?? '');
    this.#hashById.delete(id);
    this.#notedAt.delete(id);
    const ids = this.#byUser.get(session.userId);
    ids?.delete(id);
    if (ids?.size === 0) this.#byUser.delete(session.userId);
  }
}

function toRow(session: Session, hash: string): SessionsTable {
  return {
    id: session.id,
    user_id: session.userId,
    token_hash: hash,
    kind: session.kind,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    expires_at: session.expiresAt,
    ip: session.ip,
    user_agent: session.userAgent,
  };
}

function fromRow(row: Selectable<SessionsTable>): Session {
  return {
    id: row.id,
    userId: row.user_id,
    kind: row.kind === 'password' ? 'password' : 'intranet',
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    ip: row.ip,
    userAgent: row.user_agent,
  };
}
