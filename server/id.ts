import { randomUUIDv7 } from 'node:crypto';

/** What an id names is visible in its first letters. */
export type IdPrefix = 'req' | 'usr' | 'vk' | 'pk';

/** A time-ordered id such as `req_019a…` (UUIDv7 without dashes). It is a name, never a secret. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${randomUUIDv7().replaceAll('-', '')}`;
}
