/** Who is here, and what this installation offers to those who are not. */
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { z } from 'zod';
import { AUTH_API, type person, type visit } from '../../../contract/api/auth-api.ts';
import { keyOf, useAsk } from '../client.ts';

export type Person = z.output<typeof person>;
export type Session = z.output<typeof visit>;

export const SESSION = AUTH_API.visit;

/** For so long who is here is not asked again; a call that is refused asks at once, and a tab that is come back to. */
export const SESSION_KEPT_MS = 300_000;

export function useSession() {
  // In another tab somebody else may have signed in: what is done in this one would be done in their name.
  return useAsk(SESSION, {}, { staleTime: SESSION_KEPT_MS, refetchOnWindowFocus: 'always' });
}

/** For the pages inside: who is here, or was until their session ended and may come back. */
export const PersonHere = createContext<Person | null>(null);

/** @throws Error outside of the frame, where there need not be anybody */
export function usePerson(): Person {
  const person = useContext(PersonHere);
  if (person === null) throw new Error('nobody is here');
  return person;
}

function forgetAnswers(client: QueryClient): void {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION.path });
}

/**
 * Forgets what was answered to one person as soon as another one is here. Whoever is here no more may come back to what
 * they were doing.
 *
 * @returns a function that ends the watch
 */
export function watchPerson(client: QueryClient): () => void {
  const idOf = (session: Session | undefined) => session && (session.user?.id ?? null);
  let last = idOf(client.getQueryData<Session>(keyOf(SESSION, {})));
  return client.getQueryCache().subscribe(({ query }) => {
    if (query.queryKey[0] !== SESSION.path) return;
    const now = idOf(query.state.data as Session | undefined);
    if (now === undefined || now === last || (now === null && last !== undefined)) return;
    if (last !== undefined) forgetAnswers(client);
    last = now;
  });
}

/** Forgets all that was answered to whoever was here before, and asks who is here now. */
export function useFreshSession(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    forgetAnswers(client);
    await client.refetchQueries({ queryKey: keyOf(SESSION) });
  };
}

/** Asks who is here now, and for all that is seen once more; what is seen stays meanwhile. */
export function useSamePerson(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await client.refetchQueries({ queryKey: keyOf(SESSION) });
    void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION.path });
  };
}

/** Between the tabs of a browser. */
const farewells = new BroadcastChannel('tollkeeper.sign-out');

/** Tells the other tabs that somebody left, and did not only stay away too long. */
export function sayFarewell(): void {
  farewells.postMessage('');
}

/** @returns a function that ends the listening */
export function onFarewell(listener: () => void): () => void {
  farewells.addEventListener('message', listener);
  return () => farewells.removeEventListener('message', listener);
}
