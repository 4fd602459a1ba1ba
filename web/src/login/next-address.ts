/**
 * Where somebody goes on after signing in: a page of ours. The address may come from a link that a stranger made, and browsers
 * read `//elsewhere`, `/\elsewhere` and `/<tab>/elsewhere` as another machine; so it is read as they read it.
 *
 * @param origin that of this app
 * @returns path, query and fragment; `/` for what is missing, unreadable or elsewhere
 */
export function nextAddress(next: string | undefined, origin: string): string {
  if (next === undefined || !next.startsWith('/') || !URL.canParse(next, origin)) return '/';
  const url = new URL(next, origin);
  // A path that begins with two slashes would be another machine for whoever reads it next.
  if (url.origin !== origin || url.pathname.startsWith('//')) return '/';
  return url.pathname + url.search + url.hash;
}
