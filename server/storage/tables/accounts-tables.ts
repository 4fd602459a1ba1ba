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
  /** `operator` or `self-service`. */
  origin: string;
  /** 1 if the key may use endpoints whose use cannot be metered. */
  allow_unmetered: number;
  created_at: number;
  revoked_at: number | null;
}
