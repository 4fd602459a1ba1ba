/** Virtual keys as rows of their table, there and back. */
import type { Selectable } from 'kysely';
import type { VirtualKeysTable } from '../storage/tables/accounts-tables.ts';
import type { KeyOrigin, KeyRules, VirtualKey } from './key-rules.ts';

/** What is kept of a secret: enough to know it again, and to speak of it. */
export interface SecretFacts {
  readonly hash: string;
  readonly prefix: string;
  readonly last4: string;
  readonly lastUsedAt: number | null;
}

/** A secret that was replaced. */
export interface PreviousSecret extends SecretFacts {
  /** Until when it works beside the new one. */
  readonly validUntil: number;
}

export interface KeyRow {
  readonly key: VirtualKey;
  readonly secret: SecretFacts;
  readonly previous: PreviousSecret | null;
}

/** The columns of those rules that are given. */
export function ruleColumns(rules: Partial<KeyRules>): Partial<VirtualKeysTable> {
  const { name, note, ruledBy, allowUnmetered, models, pin, expiresAt, isDisabled } = rules;
  return {
    ...(name !== undefined && { name }),
    ...(note !== undefined && { note }),
    ...(ruledBy !== undefined && { ruled_by: ruledBy }),
    ...(allowUnmetered !== undefined && { allow_unmetered: allowUnmetered ? 1 : 0 }),
    ...(models !== undefined && { models: models === null ? null : JSON.stringify(models) }),
    ...(pin !== undefined && { pin }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(isDisabled !== undefined && { disabled: isDisabled ? 1 : 0 }),
  };
}

export function previousColumns(previous: PreviousSecret | null) {
  return {
    previous_hash: previous?.hash ?? null,
    previous_prefix: previous?.prefix ?? null,
    previous_last4: previous?.last4 ?? null,
    previous_valid_until: previous?.validUntil ?? null,
    previous_last_used_at: previous?.lastUsedAt ?? null,
  };
}

export function toRow(key: VirtualKey, hash: string): VirtualKeysTable {
  return {
    id: key.id,
    user_id: key.userId,
    token_hash: hash,
    prefix: key.prefix,
    last4: key.last4,
    origin: key.origin,
    created_at: key.createdAt,
    revoked_at: key.revokedAt,
    name: key.name,
    note: key.note,
    ruled_by: key.ruledBy,
    allow_unmetered: key.allowUnmetered ? 1 : 0,
    models: key.models === null ? null : JSON.stringify(key.models),
    pin: key.pin,
    expires_at: key.expiresAt,
    disabled: key.isDisabled ? 1 : 0,
    last_used_at: null,
    ...previousColumns(null),
  };
}

const ORIGINS: readonly KeyOrigin[] = ['operator', 'member', 'self-service'];

export function fromRow(row: Selectable<VirtualKeysTable>, label: string): KeyRow {
  const { prefix, last4, last_used_at: lastUsedAt } = row;
  const key: VirtualKey = {
    id: row.id,
    userId: row.user_id,
    label,
    name: row.name,
    note: row.note,
    prefix,
    last4,
    origin: ORIGINS.find((origin) => origin === row.origin) ?? 'operator',
    ruledBy: row.ruled_by === 'member' ? 'member' : 'operator',
    allowUnmetered: row.allow_unmetered === 1,
    models: row.models === null ? null : (JSON.parse(row.models) as string[]),
    pin: row.pin,
    expiresAt: row.expires_at,
    isDisabled: row.disabled === 1,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
  return {
    key,
    secret: { hash: row.token_hash, prefix, last4, lastUsedAt },
    previous: previousOf(row),
  };
}

function previousOf(row: Selectable<VirtualKeysTable>): PreviousSecret | null {
  if (row.previous_hash === null) return null;
  return {
    hash: row.previous_hash,
    prefix: row.previous_prefix ?? '',
    last4: row.previous_last4 ?? '',
    lastUsedAt: row.previous_last_used_at,
    validUntil: row.previous_valid_until ?? 0,
  };
}
