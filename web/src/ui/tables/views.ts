/** Views of a page that somebody saved: what its address says, under a name. */
import type { PageChoices, SavedView } from '../../shell/preferences.ts';
import { stringifySearch, type UrlState } from '../../shell/url-state.ts';

/** What is passing: which page of the list, and which row is looked at. */
const PASSING = ['row', 'cursor', 'trail', 'add'];

/** The state of an address as a view keeps it, in an order of its own. */
export function searchOf(state: UrlState): string {
  const kept = Object.entries(state)
    .filter(([name]) => !PASSING.includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return stringifySearch(Object.fromEntries(kept)).slice(1);
}

export function viewIn(choices: PageChoices | null, state: UrlState): SavedView | null {
  const search = searchOf(state);
  return choices?.views.find((view) => view.search === search) ?? null;
}

/** Under a name that is taken, the new view takes the place of the old one. */
export function withView(page: PageChoices, view: SavedView): PageChoices {
  return { ...page, views: [...page.views.filter(({ name }) => name !== view.name), view] };
}

export function withoutView(page: PageChoices, name: string): PageChoices {
  return {
    ...page,
    views: page.views.filter((view) => view.name !== name),
    default_view: page.default_view === name ? null : page.default_view,
  };
}

export function renamedView(page: PageChoices, from: string, to: string): PageChoices {
  return {
    ...page,
    views: page.views.map((view) => (view.name === from ? { ...view, name: to } : view)),
    default_view: page.default_view === from ? to : page.default_view,
  };
}
