/** What is asked before there is a component to ask it: who is here, and what a page will want to know first. */
import { notifyManager, QueryClient } from '@tanstack/react-query';
import { type Askable, ask, type Given, keyOf, Problem } from '../client.ts';
import { SESSION, SESSION_KEPT_MS, type Session } from './session.ts';

/** Only what may be different a moment later is asked again: no answer, a fault of theirs. Twice at most. */
function retry(failures: number, error: Error): boolean {
  return failures < 2 && error instanceof Problem && (error.status === 0 || error.status >= 502);
}

// A form that was sent is drawn as sent before the next click can reach it: else a double click orders twice.
notifyManager.setScheduler(queueMicrotask);

export const client = new QueryClient({
  defaultOptions: { queries: { retry, staleTime: 15_000, refetchOnWindowFocus: true } },
});

/** Null where nobody can say; whoever needs to know asks again. */
export async function whoIsHere(): Promise<Session | null> {
  const queryKey = keyOf(SESSION, {});
  const kept = { staleTime: SESSION_KEPT_MS, retry: false };
  await client.prefetchQuery({ queryKey, queryFn: () => ask(SESSION), ...kept });
  return client.getQueryData<Session>(queryKey) ?? null;
}

/** Asks for somebody who is signed in, so that the answer is there or on its way when the page is drawn. */
export async function askAhead<Params, Query, Body, Reply>(
  call: Askable<Params, Query, Body, Reply>,
  given: Given<Params, Query, Body>,
): Promise<void> {
  if (!(await whoIsHere())?.user) return;
  await client.prefetchQuery({
    queryKey: keyOf(call, given),
    queryFn: ({ signal }) => ask(call, given, signal),
  });
}
