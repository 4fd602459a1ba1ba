import { Anchor, Text } from '@mantine/core';
import { Link, Navigate, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useWords } from '../language/language.ts';
import { type Session, useFreshSession, useSession } from '../shell/session.ts';
import { useUrlState } from '../shell/url-state.ts';
import { Outcome } from '../ui/states.tsx';
import { Door } from './door.tsx';
import { useLinkToken } from './link-token.ts';
import { nextAddress } from './next-address.ts';
import { ResetDoor } from './reset-door.tsx';
import { NameForm, SignInForm } from './sign-in-forms.tsx';

export function LoginPage(): ReactNode {
  const session = useSession();
  const refresh = useFreshSession();
  const [state] = useUrlState();
  const link = useLinkToken('reset');
  const [reset, setReset] = useState<'asked' | 'done' | 'left'>('asked');
  // Before all else: whoever is signed in here may be another than the link is for.
  if (link !== null && reset === 'asked') {
    const done = async (): Promise<void> => {
      await refresh();
      setReset('done');
    };
    return <ResetDoor token={link} done={done} leave={() => setReset('left')} />;
  }
  const next = nextAddress(state['next'], window.location.origin);
  return (
    <Outcome of={session} isWholePage>
      {(known) =>
        known.signed_in ? (
          <Navigate to={next} replace />
        ) : (
          <SignInDoor session={known} next={next} isReset={reset === 'done'} />
        )
      }
    </Outcome>
  );
}

interface SignInProps {
  readonly session: Session;
  readonly next: string;
  /** Whether a new password was just set here. */
  readonly isReset: boolean;
}

function SignInDoor({ session, next, isReset }: SignInProps): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate();
  const refresh = useFreshSession();
  const [isByName, setByName] = useState(false);
  const enter = async (): Promise<void> => {
    await refresh();
    await navigate({ href: next, replace: true });
  };
  const about = session.needs_setup ? t('login.setup') : undefined;
  return (
    <Door
      title={t('login.title')}
      about={isReset ? t('reset.done') : isByName ? t('login.name.about') : about}
      below={<OtherWays session={session} />}
    >
      {isByName ? <NameForm enter={enter} /> : <SignInForm enter={enter} />}
      {session.intranet_login && (
        <Text size="sm" ta="center" mt="md">
          <Anchor component="button" type="button" inherit onClick={() => setByName(!isByName)}>
            {t(isByName ? 'login.password' : 'login.name')}
          </Anchor>
        </Text>
      )}
    </Door>
  );
}

/** What else this installation has switched on for people who are not in. */
function OtherWays({ session }: { readonly session: Session }): ReactNode {
  const { t } = useWords();
  return (
    <>
      {session.registration === 'open' && (
        <div>
          {t('login.new')}{' '}
          <Anchor component={Link} to="/register" inherit>
            {t('login.register')}
          </Anchor>
        </div>
      )}
      {session.self_service_keys && (
        <div>
          {t('login.key')}{' '}
          <Anchor component={Link} to="/request-key" inherit>
            {t('login.key.action')}
          </Anchor>
        </div>
      )}
      {!session.needs_setup && <div>{t('login.forgot')}</div>}
    </>
  );
}
