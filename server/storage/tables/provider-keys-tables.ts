/** Rows of the room `provider-keys`. Their secrets lie in the vault. Flags are 0 or 1, times milliseconds. */
export interface ProviderKeysTable {
  id: string;
  /** A user's id; null for the installation. */
  owner: string | null;
  /** The provider's id. */
  platform: string;
  name: string;
  description: string | null;
  /** Of a custom server: the address that its owner gave. */
  base: string | null;
  /** The balance is checked. */
  watch: number;
  /** It serves the gateway. */
  route: number;
  is_active: number;
  /** Probes may spend money with it. */
  probe: number;
  /** Null: the usual one of the provider. */
  probe_model: string | null;
  /** In nano-dollars. */
  threshold_nanos: number | null;
  check_interval_minutes: number | null;
  /** What the owner says was on it at an instant. */
  anchor_nanos: number | null;
  anchor_at: number | null;
  /** How the secret may be shown. */
  masked: string;
  /** `ordinary` or `management`, as the provider told; null while nobody asked. */
  key_kind: string | null;
  created_at: number;
  /** When it last served the gateway. */
  last_used_at: number | null;
  /** The secret is destroyed; the row stays for what reports say of it. */
  deleted_at: number | null;
  /** Of a deleted key: by what the same secret of this owner is known again. It tells nothing else of it. */
  former_print: string | null;
}
