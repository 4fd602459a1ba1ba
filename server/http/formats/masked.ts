import type { VirtualKey } from '../../accounts/accounts.ts';

/** A key as it may be shown again: its first 11 characters and `...`; null where there is none. */
export function masked(key: Pick<VirtualKey, 'prefix'> | null): string | null {
  return key === null ? null : `${key.prefix}...`;
}
