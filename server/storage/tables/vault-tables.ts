/** Rows of the room `vault`. Nothing in them can be read without the root key, which is nowhere here. */

export interface DataKeysTable {
  id: string;
  /** The user whose secrets it seals; null for those of the installation. */
  owner: string | null;
  /** The key, sealed under the root key. */
  wrapped: string;
  /** The name of that root key. */
  root_key_id: string;
  created_at: number;
}

export interface SecretsTable {
  /** What it is for: `provider-key`. */
  purpose: string;
  /** The id of the row elsewhere that it belongs to. */
  row_id: string;
  /** Which secret of that row. */
  column_name: string;
  owner: string | null;
  /** What else it is bound to. */
  bound_to: string | null;
  data_key_id: string;
  /** Nonce, ciphertext and tag, as base64url. */
  sealed: string;
  /** Equal for equal secrets of one owner, purpose and column; null where twins are allowed. */
  fingerprint: string | null;
  sealed_at: number;
}
