/** Which requests are meant, as the address names them: by the same names as the API. */
import { FAILURES } from '../../../contract/failures.ts';
import { OUTCOMES, PROVENANCES } from '../../../contract/usage.ts';
import type { Period } from '../shell/period.ts';
import { FIRST_PAGE, type UrlChange, type UrlState } from '../shell/url-state.ts';
import { GROUP_FILTERS, type GroupFilter } from '../ui/tables/group-filters.ts';

/** Filters by how a request went. */
export const CHOICES = {
  outcome: OUTCOMES,
  provenance: PROVENANCES,
  failure: Object.keys(FAILURES),
} as const;

export type ChoiceFilter = keyof typeof CHOICES;

export const FILTERS = [
  'q',
  ...(Object.keys(CHOICES) as ChoiceFilter[]),
  'status',
  ...(Object.keys(GROUP_FILTERS) as GroupFilter[]),
] as const;

export type Filter = (typeof FILTERS)[number];

const WHOLE_ID = /^req_[0-9a-f]{32}$/;

export function isWholeId(text: string): boolean {
  return WHOLE_ID.test(text);
}

/** What the address asks the log for. What it says wrongly is left out. */
export function queryOf(url: UrlState, period: Period) {
  const status = /^\d{1,3}$/.test(url['status'] ?? '') ? Number(url['status']) : undefined;
  const names = Object.fromEntries(
    (Object.keys(GROUP_FILTERS) as GroupFilter[]).map((name) => [name, url[name]]),
  ) as Partial<Record<GroupFilter, string>>;
  return {
    start: period.start,
    end: period.end,
    ...names,
    outcome: OUTCOMES.find((one) => one === url['outcome']),
    provenance: PROVENANCES.find((one) => one === url['provenance']),
    failure: url['failure'],
    status,
    q: url['q'],
  };
}

/** A changed filter begins at the first page. */
export function filtered(change: UrlChange): UrlChange {
  return { ...change, ...FIRST_PAGE };
}

export function chosenIn(url: UrlState): readonly Filter[] {
  return FILTERS.filter((name) => url[name] !== undefined && url[name] !== '');
}
