import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Navigate,
  Outlet,
  type RouteComponent,
} from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type Area, learn } from '../language/language.ts';
import { CrashNotice, Waiting } from '../ui/states.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { DOORS, HOME, PAGES, type Page } from './pages.ts';
import { parseSearch, stringifySearch, type UrlState } from './url-state.ts';

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  errorComponent: ({ error }): ReactNode => <CrashNotice error={error as Error} />,
});

/** A page is there when its words are. */
function withWords(words: readonly Area[], load: Page['load']): RouteComponent {
  return lazyRouteComponent(async () => {
    const [component] = await Promise.all([load(), ...words.map(learn)]);
    return { default: component };
  });
}

const doors = DOORS.map(({ path, words, load }) =>
  createRoute({ getParentRoute: () => root, path, component: withWords(words, load) }),
);

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: (): ReactNode => <Navigate to={HOME as string} replace />,
});

/** Whoever only signs in does not wait for the frame. */
const signed = createRoute({
  getParentRoute: () => root,
  id: 'signed',
  component: withWords(['parts'], async () => (await import('./signed.tsx')).Signed),
});

const pages = PAGES.map(({ path, words, load, ahead }) =>
  createRoute({
    getParentRoute: () => signed,
    path,
    component: withWords(words, load),
    // Not waited for: a page shows itself that it waits.
    loader: ({ location }) => void ahead?.(location.search as UrlState),
  }),
);

export const router = createRouter({
  routeTree: root.addChildren([home, ...doors, signed.addChildren(pages)]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPendingComponent: Waiting,
  defaultErrorComponent: ({ error }): ReactNode => <CrashNotice error={error as Error} />,
  scrollRestoration: true,
});
