/** Rows of the room `accounts`. */
export interface UsersTable {
  id: string;
  username: string;
  created_at: number;
  /** Lower case; null where none was given. */
  email: string | null;
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
