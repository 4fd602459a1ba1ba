import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { AUTH_API } from '../../../contract/api/auth-api.ts';
import { Problem, useAct } from '../client.ts';
import { sayFarewell, useFreshSession } from '../shell/session.ts';
import { Failed, Waiting } from '../ui/states.tsx';

/** Ends the session by the call that does so; opening an address alone changes nothing on the server. */
export function LogoutPage(): ReactNode {
  const navigate = useNavigate();
  const refresh = useFreshSession();
  const { mutateAsync, error } = useAct(AUTH_API.signOut, { stale: [] });
  const leave = async (): Promise<void> => {
    try {
      await mutateAsync({});
    } catch (problem) {
      // Whoever has no session is signed out already. Anything else is shown below.
      if (!(problem instanceof Problem) || problem.status !== 401) return;
    }
    sayFarewell();
    await refresh();
    await navigate({ to: '/login', replace: true });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page is opened.
  useEffect(() => void leave(), []);
  return error !== null && error.status !== 401 ? (
    <Failed isWholePage problem={error} retry={leave} />
  ) : (
    <Waiting isWholePage />
  );
}
