import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { AUTH_API } from '../../../contract/api/auth-api.ts';
import { useAct } from '../client.ts';
import { useFreshSession } from '../shell/session.ts';
import { Failed, Waiting } from '../ui/states.tsx';

/** Ends the session by the call that does so; opening an address alone changes nothing on the server. */
export function LogoutPage(): ReactNode {
  const navigate = useNavigate();
  const refresh = useFreshSession();
  const { mutateAsync, error, reset } = useAct(AUTH_API.signOut, { stale: [] });
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page is opened.
  useEffect(() => {
    const leave = async (): Promise<void> => {
      await mutateAsync({}).catch((problem) => {
        // Whoever has no session is signed out already.
        if (problem.status !== 401) throw problem;
      });
      await refresh();
      await navigate({ to: '/login', replace: true });
    };
    leave().catch(() => undefined);
  }, []);
  return error !== null && error.status !== 401 ? (
    <Failed isWholePage problem={error} retry={reset} />
  ) : (
    <Waiting isWholePage />
  );
}
