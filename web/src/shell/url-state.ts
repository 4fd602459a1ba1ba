/** The state of a page lies in its address: what is seen can be sent to somebody else. */
import { useNavigate, useSearch } from '@tanstack/react-router';

export type UrlState = Readonly<Record<string, string>>;
export type UrlChange = Readonly<Record<string, string | null | undefined>>;

/** An address's query as plain text, each name once. */
export function parseSearch(search: string): UrlState {
  return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(state: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  return search.size === 0 ? '' : `?${search}`;
}

/** @returns the state with the change laid over it; what became null is gone */
export function changed(state: UrlState, change: UrlChange): UrlState {
  return Object.fromEntries(
    Object.entries({ ...state, ...change }).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    ),
  );
}

interface ChangeOptions {
  readonly isStep?: boolean;
  /** What lies over the page leaves it where it was scrolled to. */
  readonly staysPut?: boolean;
}

/**
 * The state in the address and how to change it. A change replaces the entry of the history, unless `isStep` says
 * that going back should undo it.
 */
export function useUrlState(): readonly [
  UrlState,
  (change: UrlChange, options?: ChangeOptions) => void,
] {
  const state = useSearch({ strict: false }) as UrlState;
  const navigate = useNavigate();
  return [
    state,
    (change, { isStep = false, staysPut = false } = {}) =>
      void navigate({
        to: '.',
        search: ((before: UrlState) => changed(before, change)) as never,
        replace: !isStep,
        resetScroll: !staysPut,
      }),
  ];
}

/** Whether the page's form for something new is open; the address says so, that others may lead to it. */
export function useAdding(): readonly [boolean, (isOpen: boolean) => void] {
  const [{ add }, change] = useUrlState();
  return [add === 'yes', (isOpen) => change({ add: isOpen ? 'yes' : null })];
}

/** A changed filter begins at the first page, with no row open. */
export const FIRST_PAGE: UrlChange = { cursor: null, trail: null, row: null };

/** Of an address, what is taken along to another page. */
export function keptSearch(state: UrlState): UrlState {
  return Object.fromEntries(
    Object.entries(state).filter(([name]) => ['period', 'start', 'end'].includes(name)),
  );
}
