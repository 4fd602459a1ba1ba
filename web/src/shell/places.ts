/** Where something is shown whose id somebody has. */
import type { UrlState } from './url-state.ts';

export interface Place {
  readonly path: string;
  readonly search: UrlState;
}

const KINDS: readonly (readonly [RegExp, path: string])[] = [
  [/^req_[0-9a-f]{32}$/, '/requests'],
  [/^(pk_[0-9a-f]{32}|env:[a-z0-9_-]+)$/, '/keys'],
  [/^vk_[0-9a-f]{32}$/, '/virtual-keys'],
  [/^usr_[0-9a-f]{32}$/, '/users'],
];

/** The page with its row open; null for what is no id of ours, or has no page. */
export function placeOf(text: string): Place | null {
  const id = text.trim();
  const path = KINDS.find(([kind]) => kind.test(id))?.[1];
  if (path === undefined) return null;
  return { path, search: path === '/users' ? { q: id, row: id } : { row: id } };
}
