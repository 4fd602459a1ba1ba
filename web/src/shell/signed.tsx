/** What is around every page of a person who is signed in; whoever is not is sent to the door and back. */
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { learn } from '../language/language.ts';
import { Forbidden, Outcome, Waiting } from '../ui/states.tsx';
import { Frame } from './frame.tsx';
import { HOME, mayOpen, PAGES } from './pages.ts';
import { type Person, useSession } from './session.ts';

const PublicTotals = lazy(async () => {
  const load = import('../dashboard/public-totals.tsx');
  const [page] = await Promise.all([load, learn('figures'), learn('door')]);
  return { default: page.PublicTotals };
});

export function Signed(): ReactNode {
  const session = useSession();
  const { pathname } = useLocation();
  return (
    <Outcome of={session} isWholePage>
      {({ user, dashboard_public: isPublic }) => {
        if (user === null) return isPublic && pathname === HOME ? <ForAnyone /> : <ToTheDoor />;
        return (
          // Another person begins anew: nothing half done is done in their name.
          <Frame key={user.id} person={user}>
            <Allowed person={user} pathname={pathname} />
          </Frame>
        );
      }}
    </Outcome>
  );
}

/** Where the dashboard is public, its address shows the totals to whoever is not signed in. */
function ForAnyone(): ReactNode {
  return (
    <Suspense fallback={<Waiting isWholePage />}>
      <PublicTotals />
    </Suspense>
  );
}

/**
 * Goes to the door once. The address is read here and not followed: while the door is being fetched the address is
 * already the door's, and following it would lead to the door behind the door, for ever.
 */
function ToTheDoor(): ReactNode {
  const navigate = useNavigate();
  useEffect(() => {
    const { pathname, search } = window.location;
    const next = pathname === '/' ? {} : { next: pathname + search };
    void navigate({ to: '/login', search: next as never, replace: true });
  }, [navigate]);
  return <Waiting isWholePage />;
}

function Allowed(props: { readonly person: Person; readonly pathname: string }): ReactNode {
  const page = PAGES.find(({ path }) => path === props.pathname);
  const isAllowed = page === undefined || mayOpen(page, props.person.role);
  return isAllowed ? <Outlet /> : <Forbidden />;
}
