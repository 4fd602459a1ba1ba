import { Anchor, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { Link, Navigate, useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { AUTH_API } from '../../../contract/api/auth-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { useFreshSession, useSession } from '../shell/session.ts';
import { useUrlState } from '../shell/url-state.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { Failed, Waiting } from '../ui/states.tsx';
import { Door } from './door.tsx';
import { nextAddress } from './next-address.ts';

export function LoginPage(): ReactNode {
  const { t } = useWords();
  const session = useSession();
  const [state] = useUrlState();
  if (session.isPending) return <Waiting isWholePage />;
  if (session.isError) return <Failed problem={session.error} retry={session.refetch} />;
  const { signed_in, registration } = session.data;
  if (signed_in)
    return <Navigate to={nextAddress(state['next'], window.location.origin)} replace />;
  return (
    <Door
      title={t('login.title')}
      below={
        registration === 'open' && (
          <>
            {t('login.new')}{' '}
            <Anchor component={Link} to="/register" inherit>
              {t('login.register')}
            </Anchor>
          </>
        )
      }
    >
      <SignInForm next={nextAddress(state['next'], window.location.origin)} />
    </Door>
  );
}

function SignInForm({ next }: { readonly next: string }): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate();
  const refresh = useFreshSession();
  const signIn = useAct(AUTH_API.signIn, { stale: [] });
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const answer = await signIn.mutateAsync({ body: { email, password } }).catch(() => null);
    if (answer === null) return;
    await refresh();
    await navigate({ href: next, replace: true });
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="md">
        <TextInput
          label={t('field.email')}
          name="email"
          autoComplete="username"
          inputMode="email"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          autoFocus
          size="md"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={t('field.password')}
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="md"
          visibilityToggleButtonProps={{ 'aria-label': t('field.password.show') }}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <ProblemAlert problem={signIn.error} />
        <Button type="submit" size="md" fullWidth loading={signIn.isPending}>
          {t('login.action')}
        </Button>
      </Stack>
    </form>
  );
}
