/** Who is here, and what this installation offers to those who are not. */
import { useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { AUTH_API, type person, type visit } from '../../../contract/api/auth-api.ts';
import { keyOf, useAsk } from '../client.ts';

export type Person = z.output<typeof person>;
export type Session = z.output<typeof visit>;

export const SESSION = AUTH_API.visit;

/** For so long who is here is not asked again; a call that is refused asks at once. */
export const SESSION_KEPT_MS = 300_000;

export function useSession() {
  return useAsk(SESSION, {}, { staleTime: SESSION_KEPT_MS });
}

/** Forgets all that was answered to whoever was here before, and asks who is here now. */
export function useFreshSession(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION.path });
    await client.refetchQueries({ queryKey: keyOf(SESSION) });
  };
}
