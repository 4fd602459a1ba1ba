import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Navigate,
  Outlet,
} from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { CrashNotice, Waiting } from '../ui/states.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { DOORS, HOME, PAGES } from './pages.ts';
import { parseSearch, stringifySearch } from './url-state.ts';

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  errorComponent: ({ error }): ReactNode => <CrashNotice error={error as Error} />,
});

const doors = DOORS.map(({ path, load }) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(async () => ({ default: await load() })),
  }),
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
  component: lazyRouteComponent(() => import('./signed.tsx'), 'Signed'),
});

const pages = PAGES.map(({ path, load }) =>
  createRoute({
    getParentRoute: () => signed,
    path,
    component: lazyRouteComponent(async () => ({ default: await load() })),
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
