/** What is around every page of a person who is signed in; whoever is not is sent to the door and back. */
import { Navigate, Outlet, useLocation } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Failed, Forbidden, Waiting } from '../ui/states.tsx';
import { Frame } from './frame.tsx';
import { mayOpen, PAGES } from './pages.ts';
import { type Person, useSession } from './session.ts';

export function Signed(): ReactNode {
  const session = useSession();
  const { pathname, searchStr } = useLocation();
  if (session.isPending) return <Waiting isWholePage />;
  if (session.isError) return <Failed problem={session.error} retry={session.refetch} />;
  const { user } = session.data;
  if (user === null) {
    const next = pathname === '/' ? {} : { next: pathname + searchStr };
    return <Navigate to="/login" search={next as never} replace />;
  }
  return (
    <Frame person={user}>
      <Allowed person={user} pathname={pathname} />
    </Frame>
  );
}

function Allowed(props: { readonly person: Person; readonly pathname: string }): ReactNode {
  const page = PAGES.find(({ path }) => path === props.pathname);
  const isAllowed = page === undefined || mayOpen(page, props.person.role);
  return isAllowed ? <Outlet /> : <Forbidden />;
}
