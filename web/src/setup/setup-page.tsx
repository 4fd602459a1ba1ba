import { Anchor } from '@mantine/core';
import { Link, Navigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { AccountForm } from '../login/account-form.tsx';
import { Door } from '../login/door.tsx';
import { useLinkToken } from '../login/link-token.ts';
import { type Session, useFreshSession, useSession } from '../shell/session.ts';
import { Outcome } from '../ui/states.tsx';
import { Progress } from './progress.tsx';
import { SetUpSteps } from './setup-steps.tsx';

/** Where the link of the first start leads: whoever has it becomes the owner, and is led to a first call. */
export function SetUpPage(): ReactNode {
  const token = useLinkToken('token');
  return (
    <Outcome of={useSession()} isWholePage>
      {(session) => <SetUp session={session} token={token} />}
    </Outcome>
  );
}

interface SetUpProps {
  readonly session: Session;
  readonly token: string | null;
}

function SetUp({ session, token }: SetUpProps): ReactNode {
  const { t } = useWords();
  const { user, needs_setup } = session;
  if (user?.role === 'admin') return <SetUpSteps person={user} />;
  if (user !== null) return <Navigate to="/" replace />;
  const canBegin = needs_setup && token !== null;
  return (
    <Door
      title={t('setup.title')}
      about={t(canBegin ? 'setup.about' : needs_setup ? 'setup.link' : 'setup.over')}
      above={canBegin && <Progress at="owner" />}
      below={
        !needs_setup && (
          <Anchor component={Link} to="/login" inherit>
            {t('login.action')}
          </Anchor>
        )
      }
    >
      {canBegin && <OwnerForm token={token} />}
    </Door>
  );
}

function OwnerForm({ token }: { readonly token: string }): ReactNode {
  const { t } = useWords();
  const refresh = useFreshSession();
  const setUp = useAct(PEOPLE_API.setUp, { stale: [] });
  return (
    <AccountForm
      action={t('setup.action')}
      problem={setUp.error}
      isBusy={setUp.isPending}
      submit={async (account) => {
        const answer = await setUp.mutateAsync({ body: { ...account, token } }).catch(() => null);
        // Being signed in, one is led on from here.
        if (answer !== null) await refresh();
      }}
    />
  );
}
