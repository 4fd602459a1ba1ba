/** Calls of the API from the browser, typed by the contract. The session travels as a cookie and nowhere else. */
import {
  type QueryKey,
  type UseMutationResult,
  type UseQueryOptions,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { Call } from '../../contract/api/call.ts';
import type { FailureCode } from '../../contract/failures.ts';

/** What `ask` needs of a call: its address and its types. */
export type Askable<Params, Query, Body, Reply> = Pick<
  Call<Params, Query, Body, Reply>,
  'method' | 'path' | 'params' | 'query' | 'request' | 'reply'
>;

export interface Given<Params, Query, Body> {
  readonly params?: Params;
  /** What is undefined or empty is left out. */
  readonly query?: Partial<Query>;
  readonly body?: Body;
  /** Such as `idempotency-key`, which makes it harmless to send the same order twice. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A problem document of the server, or a failure on the way to it. The message is a sentence for people. */
export class Problem extends Error {
  /** 0 if the server was not reached. */
  readonly status: number;
  readonly code: FailureCode | 'unreachable';
  readonly requestId: string | null;
  /** What is wrong with which field of the body. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(said: Partial<ProblemFields> & { readonly detail: string }) {
    super(said.detail);
    this.name = 'Problem';
    this.status = said.status ?? 0;
    this.code = said.code ?? 'unreachable';
    this.requestId = said.request_id ?? null;
    this.fields = Object.fromEntries(
      (said.errors ?? []).map(({ field, detail }) => [field, detail]),
    );
  }
}

interface ProblemFields {
  readonly status: number;
  readonly detail: string;
  readonly code: FailureCode;
  readonly request_id: string;
  readonly errors: readonly { readonly field: string; readonly detail: string }[];
}

/** The address of a call with its parameters and query, as a link or a download has it. */
export function addressOf<Params, Query, Body, Reply>(
  call: Askable<Params, Query, Body, Reply>,
  given: Given<Params, Query, Body> = {},
): string {
  const params = (given.params ?? {}) as Readonly<Record<string, unknown>>;
  const path = call.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries((given.query ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search}`;
}

/** Whoever wants to know that the session has ended. */
const listeners = new Set<() => void>();

/** @returns a function that ends the listening */
export function onSessionEnd(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Makes a call.
 *
 * @throws Problem whatever goes wrong
 */
export async function ask<Params, Query, Body, Reply>(
  call: Askable<Params, Query, Body, Reply>,
  given: Given<Params, Query, Body> = {},
  signal?: AbortSignal,
): Promise<Reply> {
  const init: RequestInit = {
    method: call.method,
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(given.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...given.headers,
    },
    ...(given.body === undefined ? {} : { body: jsonOf(given.body) }),
    ...(signal === undefined ? {} : { signal }),
  };
  const answer = await fetch(addressOf(call, given), init).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Problem({ detail: '' });
  });
  if (!answer.ok) throw await problemIn(answer);
  // An answer without a body is the whole answer of such a call; its type says so.
  if (answer.status === 204) return undefined as Reply;
  return (await answer.json()) as Reply;
}

/**
 * A body as text. What somebody typed and is no number goes as the word that it became, for the server to refuse: JSON
 * itself would make a null of it, which takes away what was there.
 */
export function jsonOf(body: unknown): string {
  return JSON.stringify(body, (_name, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

async function problemIn(answer: Response): Promise<Problem> {
  const text = await answer.text();
  let said: Partial<ProblemFields> = {};
  try {
    said = JSON.parse(text) as Partial<ProblemFields>;
  } catch {
    // A proxy in between may answer with a page of its own: then the status is all that we know.
  }
  if (answer.status === 401) for (const listener of listeners) listener();
  return new Problem({
    ...said,
    status: answer.status,
    code: said.code ?? 'internal',
    detail: said.detail ?? `${answer.status} ${answer.statusText}`,
    request_id: said.request_id ?? answer.headers.get('x-request-id') ?? '',
  });
}

/** The name under which the answers of a call are kept: its path first, so that all of them can be made stale. */
export function keyOf<Params, Query, Body, Reply>(
  call: Pick<Askable<Params, Query, Body, Reply>, 'path'>,
  given?: Given<Params, Query, Body>,
): QueryKey {
  return given === undefined ? [call.path] : [call.path, given.params ?? {}, given.query ?? {}];
}

type AskOptions<Reply> = Omit<UseQueryOptions<Reply, Problem>, 'queryKey' | 'queryFn'>;

/** Whoever was here signs in again on top of the page, so that nothing needs to be said of it beneath. */
export function isSessionEnd(problem: Error | null): boolean {
  return problem instanceof Problem && problem.code === 'authentication_required';
}

/**
 * The answer of a call as the state of a component. Where it is asked for again and again, that rests while nobody is
 * signed in: each time would be refused, and ask once more who is here.
 */
export function useAsk<Params, Query, Body, Reply>(
  call: Askable<Params, Query, Body, Reply>,
  given: Given<Params, Query, Body> = {},
  options: AskOptions<Reply> = {},
): UseQueryResult<Reply, Problem> {
  const { refetchInterval: interval = false } = options;
  return useQuery<Reply, Problem>({
    queryKey: keyOf(call, given),
    queryFn: ({ signal }) => ask(call, given, signal),
    ...options,
    refetchInterval: (query) =>
      !isSessionEnd(query.state.error) &&
      (typeof interval === 'function' ? interval(query) : interval),
  });
}

/**
 * A call that changes something. When it succeeded, what was answered before by the calls of `stale` is asked for
 * again; without it, everything is.
 */
export function useAct<Params, Query, Body, Reply>(
  call: Askable<Params, Query, Body, Reply>,
  options: { readonly stale?: readonly Pick<Call, 'path'>[] } = {},
): UseMutationResult<Reply, Problem, Given<Params, Query, Body>> {
  const client = useQueryClient();
  return useMutation<Reply, Problem, Given<Params, Query, Body>>({
    mutationFn: (given) => ask(call, given),
    onSuccess: async () => {
      const { stale } = options;
      if (stale === undefined) return void client.invalidateQueries();
      for (const { path } of stale) void client.invalidateQueries({ queryKey: [path] });
    },
  });
}
