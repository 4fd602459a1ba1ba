/** Who is here, and what this installation offers to those who are not. */
import { useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { AUTH_API, type person, type visit } from '../../../contract/api/auth-api.ts';
import { keyOf, useAsk } from '../client.ts';

export type Person = z.output<typeof person>;
export type Session = z.output<typeof visit>;

export const SESSION = AUTH_API.visit;

const MINUTE_MS = 60_000;

export function useSession() {
  return useAsk(SESSION, {}, { staleTime: 5 * MINUTE_MS });
}

/** Forgets all that was answered to whoever was here before, and asks who is here now. */
export function useFreshSession(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION.path });
    await client.refetchQueries({ queryKey: keyOf(SESSION) });
  };
}
