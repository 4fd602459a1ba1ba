/** What a provider key is, in memory and as a row. */
import type { Selectable } from 'kysely';
import { type Nanos, nanos } from '../../contract/money.ts';
import type { KeyKind, KeyPlace } from '../providers/providers.ts';
import type { ProviderKeysTable } from '../storage/tables/provider-keys-tables.ts';

export interface ProviderKey {
  readonly id: string;
  /** A user's id; null for the installation. */
  readonly owner: string | null;
  readonly source: 'environment' | 'stored';
  /** The provider's id. */
  readonly platform: string;
  readonly name: string;
  readonly description: string | null;
  /** Of a custom server: the address that its owner gave. */
  readonly base: string | null;
  readonly purposes: Purposes;
  readonly isActive: boolean;
  /** Probes may spend money with it. */
  readonly probe: boolean;
  /** The model of its probes; null: the usual one of its provider. */
  readonly probeModel: string | null;
  readonly thresholdNanos: Nanos | null;
  readonly checkIntervalMinutes: number | null;
  /** What the owner says was on it at an instant. */
  readonly anchor: Anchor | null;
  /** How the secret may be shown. */
  readonly masked: string;
  /** As the provider told; null while nobody asked. */
  readonly keyKind: KeyKind | null;
  /** Milliseconds since the epoch, like the other instants. */
  readonly createdAt: number;
  /** When it last served the gateway. */
  readonly lastUsedAt: number | null;
  /** The secret is destroyed; what reports say of the key stays. */
  readonly deletedAt: number | null;
  /** Of a deleted key: by what the same secret of its owner is known again. */
  readonly formerPrint: string | null;
}

export interface Purposes {
  /** Its balance is checked. */
  readonly watch: boolean;
  /** It serves the gateway. */
  readonly route: boolean;
}

export interface Anchor {
  readonly amount: Nanos;
  readonly at: number;
}

/** A provider key as the gateway sees it. Its secret is reached through `ProviderKeys.use` alone. */
export interface RoutedKey extends KeyPlace {
  readonly id: string;
  /** Whose traffic it serves and who pays for it: a user's id, or null for the operator's. */
  readonly owner: string | null;
  /** Under whose list prices its models are charged; null: under none. */
  readonly priceCatalogue: string | null;
  /** Whose factors for other tiers of service hold on top; null: nobody's but the operator's. */
  readonly tiersOf: string | null;
  /** Declared free by the operator: a local server. */
  readonly free: boolean;
}

export interface NewKey {
  /** A user's id; null for the installation. */
  readonly owner: string | null;
  readonly platform: string;
  readonly name: string;
  readonly secret: string;
  readonly description: string | null;
  /** For custom servers, and for them only. */
  readonly base: string | null;
  readonly purposes: Purposes;
  readonly thresholdNanos: Nanos | null;
  readonly checkIntervalMinutes: number | null;
  readonly probe: boolean;
  readonly probeModel: string | null;
}

/** What is not given stays as it is. */
export interface KeyChange {
  readonly name?: string;
  readonly description?: string | null;
  readonly purposes?: Purposes;
  readonly thresholdNanos?: Nanos | null;
  readonly checkIntervalMinutes?: number | null;
  readonly isActive?: boolean;
  readonly probe?: boolean;
  readonly probeModel?: string | null;
  readonly anchor?: Anchor | null;
  readonly keyKind?: KeyKind | null;
  /** A new secret in place of the old one. */
  readonly secret?: string;
  /** Another address of a custom server. It takes the secret with it: a stored one never goes to a new address. */
  readonly base?: string;
}

/** Whose keys: a user's id, null for the installation's, `all` for everybody's. */
export type Scope = string | null | 'all';

export function fromRow(row: Selectable<ProviderKeysTable>): ProviderKey {
  const { threshold_nanos, anchor_nanos, anchor_at, key_kind } = row;
  return {
    id: row.id,
    owner: row.owner,
    source: 'stored',
    platform: row.platform,
    name: row.name,
    description: row.description,
    base: row.base,
    purposes: { watch: row.watch === 1, route: row.route === 1 },
    isActive: row.is_active === 1,
    probe: row.probe === 1,
    probeModel: row.probe_model,
    thresholdNanos: threshold_nanos === null ? null : nanos(threshold_nanos),
    checkIntervalMinutes: row.check_interval_minutes,
    anchor:
      anchor_nanos === null || anchor_at === null
        ? null
        : { amount: nanos(anchor_nanos), at: anchor_at },
    masked: row.masked,
    keyKind: key_kind === 'management' || key_kind === 'ordinary' ? key_kind : null,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    deletedAt: row.deleted_at,
    formerPrint: row.former_print,
  };
}

export function toRow(key: ProviderKey): ProviderKeysTable {
  return {
    id: key.id,
    owner: key.owner,
    platform: key.platform,
    name: key.name,
    description: key.description,
    base: key.base,
    watch: Number(key.purposes.watch),
    route: Number(key.purposes.route),
    is_active: Number(key.isActive),
    probe: Number(key.probe),
    probe_model: key.probeModel,
    threshold_nanos: key.thresholdNanos,
    check_interval_minutes: key.checkIntervalMinutes,
    anchor_nanos: key.anchor?.amount ?? null,
    anchor_at: key.anchor?.at ?? null,
    masked: key.masked,
    key_kind: key.keyKind,
    created_at: key.createdAt,
    last_used_at: key.lastUsedAt,
    deleted_at: key.deletedAt,
    former_print: key.formerPrint,
  };
}

/** What a change comes to on disk. */
export function differingColumns(
  before: ProviderKeysTable,
  after: ProviderKeysTable,
): Partial<ProviderKeysTable> {
  const old: Readonly<Record<string, unknown>> = { ...before };
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => old[name] !== value));
}
