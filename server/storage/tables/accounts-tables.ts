/** Rows of the room `accounts`. */
import type { Generated } from 'kysely';

export interface UsersTable {
  id: string;
  username: string;
  created_at: number;
  /** Lower case; null where none was given. */
  email: string | null;
  name: string | null;
  /** `admin` or `member`. */
  role: Generated<string>;
  is_active: Generated<number>;
  /** argon2id with its parameters and salt; null for whoever cannot sign in. */
  password_hash: string | null;
  updated_at: number | null;
  last_seen_at: number | null;
  /** When the account was deleted; the row stays as a pseudonym. */
  erased_at: number | null;
}

export interface SessionsTable {
  id: string;
  user_id: string;
  /** SHA-256 of the cookie, lower-case hex. */
  token_hash: string;
  /** `password` or `intranet`. */
  kind: string;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  ip: string | null;
  user_agent: string | null;
}

/** One-time links. */
export interface InvitationsTable {
  id: string;
  /** `invitation` or `reset`. */
  purpose: string;
  /** SHA-256 of the token, lower-case hex. */
  token_hash: string;
  /** The only address that may use it; null for any. */
  email: string | null;
  role: string;
  /** Whose password it resets. */
  user_id: string | null;
  created_at: number;
  expires_at: number;
  used_at: number | null;
}

export interface ApiTokensTable {
  id: string;
  /** Null for the installation. */
  user_id: string | null;
  /** SHA-256 of the token, lower-case hex. */
  token_hash: string;
  prefix: string;
  last4: string;
  name: string;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  revoked_at: number | null;
}

export interface PreferencesTable {
  user_id: string;
  /** JSON, as the person's app wrote it. */
  chosen: string;
  updated_at: number;
}

export interface AuditLogTable {
  id: string;
  at: number;
  /** `operator` (the admin token), `person`, `key`, `api token` or `nobody`. */
  actor: string;
  user_id: string | null;
  /** Method and path as they are declared: `POST /api/auth/login`. */
  action: string;
  /** The id that the path names. */
  subject: string | null;
  status: number;
  ip: string | null;
  request_id: string;
}

export interface VirtualKeysTable {
  id: string;
  user_id: string;
  /** SHA-256 of the token, lower-case hex. The token itself is nowhere. */
  token_hash: string;
  /** The first 11 characters of the token, for recognition. */
  prefix: string;
  last4: string;
  note: string | null;
  /** `operator`, `member` or `self-service`. */
  origin: string;
  /** 1 if the key may use endpoints whose use cannot be metered. */
  allow_unmetered: number;
  created_at: number;
  revoked_at: number | null;
  /** What it is called; null: by the name of its user. */
  name: string | null;
  /** JSON: an array of names and patterns; null allows every model. */
  models: string | null;
  /** The provider key that serves it; null: any. */
  pin: string | null;
  expires_at: number | null;
  disabled: number;
  /** `operator` or `member`: who decides what it may do. */
  ruled_by: string;
  last_used_at: number | null;
  /** Of the secret that it had before, as above; all null if it never had another. */
  previous_hash: string | null;
  previous_prefix: string | null;
  previous_last4: string | null;
  previous_valid_until: number | null;
  previous_last_used_at: number | null;
}
