/**
 * What is around every page of a person who is signed in; whoever is not is sent to the door and back. Whose session ends
 * on a page signs in again on top of it.
 */
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { learn } from '../language/language.ts';
import { SignInAgain } from '../login/sign-in-again.tsx';
import { Forbidden, Outcome, Waiting } from '../ui/states.tsx';
import { Frame } from './frame.tsx';
import { HOME, mayOpen, PAGES } from './pages.ts';
import { onFarewell, type Person, PersonHere, type Session, useSession } from './session.ts';

const PublicTotals = lazy(async () => {
  const load = import('../dashboard/public-totals.tsx');
  const [page] = await Promise.all([load, learn('figures'), learn('door')]);
  return { default: page.PublicTotals };
});

export function Signed(): ReactNode {
  const session = useSession();
  return (
    <Outcome of={session} isWholePage>
      {(known) => <Inside session={known} />}
    </Outcome>
  );
}

function Inside({ session }: { readonly session: Session }): ReactNode {
  const { user, dashboard_public: isPublic } = session;
  const { pathname } = useLocation();
  const [last, setLast] = useState(user);
  if (user !== null && user !== last) setLast(user);
  useEffect(() => onFarewell(() => window.location.replace('/login')), []);
  const person = user ?? last;
  if (person === null) return isPublic && pathname === HOME ? <ForAnyone /> : <ToTheDoor />;
  return (
    <PersonHere value={person}>
      {/* Another person begins anew: nothing half done is done in their name. */}
      <Frame key={person.id} person={person} isHeld={user === null}>
        <Allowed person={person} pathname={pathname} />
      </Frame>
      {user === null && <SignInAgain person={person} session={session} />}
    </PersonHere>
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
