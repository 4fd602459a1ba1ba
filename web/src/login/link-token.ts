/** The token of a link stands in its fragment, which is sent to no server and written in no log. */
import { useEffect, useState } from 'react';

/**
 * Reads `#name=token` once and takes it out of the address bar and the history of the browser.
 *
 * @returns null where the address has none
 */
export function useLinkToken(name: string): string | null {
  const [token] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get(name));
  useEffect(() => {
    if (token === null) return;
    const { pathname, search } = window.location;
    window.history.replaceState(window.history.state, '', pathname + search);
  }, [token]);
  return token;
}
