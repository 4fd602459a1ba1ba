/** Tokens for programs that read the public statistics, all in memory. The token itself is shown once. */
import type { Selectable } from 'kysely';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { newId } from '../id.ts';
import type { Storage } from '../storage/storage.ts';
import type { ApiTokensTable } from '../storage/tables/accounts-tables.ts';
import type { Erasure, UserBook } from './people.ts';
import { API_TOKEN_PREFIX, isWellFormed, newToken, shownOf, tokenHash } from './token.ts';

export interface ApiToken {
  readonly id: string;
  /** Whose eyes it has; null for the installation's, made with the admin token. */
  readonly userId: string | null;
  readonly name: string;
  /** The first 11 characters of the token. */
  readonly prefix: string;
  readonly last4: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Null for never. */
  readonly expiresAt: number | null;
  /** To the minute; null if never. */
  readonly lastUsedAt: number | null;
}

export type NewApiToken = Pick<ApiToken, 'userId' | 'name' | 'expiresAt'>;

export interface IssuedApiToken {
  readonly apiToken: ApiToken;
  /** The token itself, this once. */
  readonly token: string;
}

export interface ApiTokens {
  /** @throws Failure `conflict` (too many, or the account is being deleted), `storage_unavailable` */
  issue(of: NewApiToken): Promise<IssuedApiToken>;
  /** Null if it is unknown, revoked or expired, or its owner's account is closed. Notes the use. */
  authenticate(token: string): ApiToken | null;
  /** Those that are not revoked, the oldest first. */
  all(): readonly ApiToken[];
  /** Ends it at once. @throws Failure `storage_unavailable` */
  revoke(id: string): Promise<void>;
}

/** The disk is told so often that a token is in use; a crash forgets no more. */
const NOTE_USE_MS = 60_000;
const TOKENS_OF_AN_OWNER_MAX = 100;

export class ApiTokenBook implements ApiTokens {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #people: UserBook;
  readonly #tokens = new Map<string, ApiToken>();
  readonly #idByHash = new Map<string, string>();

  constructor(deps: { storage: Storage; clock: Clock; people: UserBook }) {
    this.#storage = deps.storage;
    this.#clock = deps.clock;
    this.#people = deps.people;
  }

  async load(): Promise<void> {
    const { db } = this.#storage;
    const rows = db.selectFrom('api_tokens').selectAll().where('revoked_at', 'is', null);
    for (const row of await rows.orderBy('id').execute()) {
      this.#tokens.set(row.id, fromRow(row));
      this.#idByHash.set(row.token_hash, row.id);
    }
  }

  async issue(of: NewApiToken): Promise<IssuedApiToken> {
    const others = this.all().filter(({ userId }) => userId === of.userId);
    if (others.length >= TOKENS_OF_AN_OWNER_MAX) {
      const sentence = `There are ${TOKENS_OF_AN_OWNER_MAX} tokens already; revoke one first.`;
      throw new Failure('conflict', { sentence });
    }
    const token = newToken(API_TOKEN_PREFIX);
    const hash = tokenHash(token);
    const times = { createdAt: this.#clock.now(), lastUsedAt: null };
    const apiToken: ApiToken = { id: newId('tok'), ...of, ...shownOf(token), ...times };
    const row = this.#storage.db.insertInto('api_tokens').values(toRow(apiToken, hash));
    await this.#storage.commit([row.compile()]);
    this.#tokens.set(apiToken.id, apiToken);
    this.#idByHash.set(hash, apiToken.id);
    return { apiToken, token };
  }

  authenticate(token: string): ApiToken | null {
    if (!isWellFormed(token, API_TOKEN_PREFIX)) return null;
    const known = this.#tokens.get(this.#idByHash.get(tokenHash(token)) ?? '');
    const now = this.#clock.now();
    if (known === undefined || (known.expiresAt !== null && now >= known.expiresAt)) return null;
    if (known.userId !== null && !this.#people.isActive(known.userId)) return null;
    if (known.lastUsedAt === null || now - known.lastUsedAt >= NOTE_USE_MS) this.#used(known, now);
    return known;
  }

  all(): readonly ApiToken[] {
    return [...this.#tokens.values()];
  }

  async revoke(id: string): Promise<void> {
    // Memory first: should the disk refuse, it is closed all the same until the next start.
    this.#forget(id);
    const update = this.#storage.db
      .updateTable('api_tokens')
      .set({ revoked_at: this.#clock.now() })
      .where('id', '=', id);
    await this.#storage.commit([update.compile()], { keep: true });
  }

  /** For the act that deletes an account. */
  erasureOf(userId: string): Erasure {
    return {
      writes: [this.#storage.db.deleteFrom('api_tokens').where('user_id', '=', userId).compile()],
      apply: () => {
        for (const { id, userId: owner } of this.all()) {
          if (owner === userId) this.#forget(id);
        }
      },
    };
  }

  #forget(id: string): void {
    this.#tokens.delete(id);
    for (const [hash, known] of this.#idByHash) if (known === id) this.#idByHash.delete(hash);
  }

  #used(token: ApiToken, at: number): void {
    this.#tokens.set(token.id, { ...token, lastUsedAt: at });
    const update = this.#storage.db
      .updateTable('api_tokens')
      .set({ last_used_at: at })
      .where('id', '=', token.id);
    // Nobody waits for it, and a disk that refuses it loses a minute of knowing when it was used.
    this.#storage.commit([update.compile()]).catch(() => undefined);
  }
}

function toRow(token: ApiToken, hash: string): ApiTokensTable {
  return {
    id: token.id,
    user_id: token.userId,
    token_hash: hash,
    prefix: token.prefix,
    last4: token.last4,
    name: token.name,
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    last_used_at: token.lastUsedAt,
    revoked_at: null,
  };
}

function fromRow(row: Selectable<ApiTokensTable>): ApiToken {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    prefix: row.prefix,
    last4: row.last4,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
