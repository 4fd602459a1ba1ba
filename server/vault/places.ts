/** What a sealed text is bound to, and the text that proves a root key. */
import type { DataKeysTable, SecretsTable } from '../storage/tables/vault-tables.ts';
import { type Context, type RootKey, unseal } from './envelope.ts';

/** Where a secret belongs. It opens there and nowhere else. */
export interface Place {
  /** What it is for: `provider-key`. */
  readonly purpose: string;
  /** A user's id; null for the installation. */
  readonly owner: string | null;
  /** The id of the row that it belongs to. */
  readonly row: string;
  /** Which secret of that row. */
  readonly column: string;
  /** What else must be as it was when it was sealed, such as the address that it may go to; null for nothing. */
  readonly boundTo: string | null;
}

/** One secret of no value, which tells the right root key from every other. */
export const CANARY_PLACE: Place = {
  purpose: 'canary',
  owner: null,
  row: 'canary',
  column: 'text',
  boundTo: null,
};
export const CANARY_TEXT = 'This opens under the root key of the database and under no other.';

export function contextOf(place: Place, dataKeyId: string): Context {
  const { purpose, owner, row, column, boundTo } = place;
  return ['secret', purpose, owner, row, column, boundTo, dataKeyId];
}

export function wrappingContext(of: { id: string; owner: string | null }, rootId: string): Context {
  return ['data key', of.owner, of.id, rootId];
}

export function placeOf(row: SecretsTable): Place {
  const { purpose, owner, row_id, column_name, bound_to } = row;
  return { purpose, owner, row: row_id, column: column_name, boundTo: bound_to };
}

/** @throws Error unless the root key is the one that it was wrapped under, and nothing of the row was changed */
export function unwrap(
  root: RootKey,
  row: Pick<DataKeysTable, 'id' | 'owner' | 'wrapped'>,
): Buffer {
  return unseal(root.wrapping, row.wrapped, wrappingContext(row, root.id));
}

export function isCanary({ purpose, row_id }: SecretsTable): boolean {
  return purpose === CANARY_PLACE.purpose && row_id === CANARY_PLACE.row;
}
