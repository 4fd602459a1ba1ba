import { Anchor } from '@mantine/core';
import { Link, Navigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { AUTH_API } from '../../../contract/api/auth-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { type Session, useFreshSession, useSession } from '../shell/session.ts';
import { Outcome } from '../ui/states.tsx';
import { AccountForm } from './account-form.tsx';
import { Door } from './door.tsx';
import { useLinkToken } from './link-token.ts';

export function RegisterPage(): ReactNode {
  const invitation = useLinkToken('invitation');
  return (
    <Outcome of={useSession()} isWholePage>
      {(session) => <Registration session={session} invitation={invitation} />}
    </Outcome>
  );
}

interface RegistrationProps {
  readonly session: Session;
  readonly invitation: string | null;
}

function Registration({ session, invitation }: RegistrationProps): ReactNode {
  const { t } = useWords();
  if (session.signed_in) return <Navigate to="/" replace />;
  const { registration } = session;
  const isOpen = registration === 'open' || (registration === 'invite' && invitation !== null);
  return (
    <Door
      title={t('register.title')}
      about={t(isOpen ? 'register.about' : 'register.closed')}
      below={
        <>
          {t('register.have')}{' '}
          <Anchor component={Link} to="/login" inherit>
            {t('login.action')}
          </Anchor>
        </>
      }
    >
      {isOpen && <RegisterForm invitation={invitation} />}
    </Door>
  );
}

function RegisterForm({ invitation }: { readonly invitation: string | null }): ReactNode {
  const { t } = useWords();
  const refresh = useFreshSession();
  const register = useAct(AUTH_API.register, { stale: [] });
  return (
    <AccountForm
      action={t('register.action')}
      problem={register.error}
      isBusy={register.isPending}
      submit={async (account) => {
        const body = { ...account, ...(invitation === null ? {} : { invitation }) };
        const answer = await register.mutateAsync({ body }).catch(() => null);
        // Being signed in, one is led on from here.
        if (answer !== null) await refresh();
      }}
    />
  );
}
