import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { Link, Navigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { AUTH_API } from '../../../contract/api/auth-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { useFreshSession, useSession } from '../shell/session.ts';
import { fieldError, formProblem } from '../ui/field-errors.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { Failed, Waiting } from '../ui/states.tsx';
import { Door } from './door.tsx';

const FIELDS = ['email', 'password', 'name'];

export function RegisterPage(): ReactNode {
  const { t } = useWords();
  const session = useSession();
  if (session.isPending) return <Waiting isWholePage />;
  if (session.isError) return <Failed problem={session.error} retry={session.refetch} />;
  if (session.data.signed_in) return <Navigate to="/" replace />;
  const isOpen = session.data.registration === 'open';
  return (
    <Door
      title={t('register.title')}
      about={isOpen ? t('register.about') : undefined}
      below={
        <>
          {t('register.have')}{' '}
          <Anchor component={Link} to="/login" inherit>
            {t('login.action')}
          </Anchor>
        </>
      }
    >
      {isOpen ? (
        <RegisterForm />
      ) : (
        <Text size="sm" c="dimmed">
          {t('register.closed')}
        </Text>
      )}
    </Door>
  );
}

function RegisterForm(): ReactNode {
  const { t } = useWords();
  const refresh = useFreshSession();
  const register = useAct(AUTH_API.register, { stale: [] });
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const body = { email, password, ...(name.trim() === '' ? {} : { name }) };
    const answer = await register.mutateAsync({ body }).catch(() => null);
    // Being signed in, one is led on from here.
    if (answer !== null) await refresh();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="md">
        <TextInput
          label={t('field.name')}
          autoComplete="name"
          size="md"
          autoFocus
          value={name}
          error={fieldError(register.error, 'name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t('field.email')}
          type="email"
          autoComplete="email"
          required
          withAsterisk={false}
          size="md"
          value={email}
          error={fieldError(register.error, 'email')}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={t('field.password')}
          description={t('field.password.rule')}
          autoComplete="new-password"
          required
          withAsterisk={false}
          minLength={8}
          size="md"
          visibilityToggleButtonProps={{ 'aria-label': t('field.password.show') }}
          value={password}
          error={fieldError(register.error, 'password')}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <ProblemAlert problem={formProblem(register.error, FIELDS)} />
        <Button type="submit" size="md" fullWidth loading={register.isPending}>
          {t('register.action')}
        </Button>
      </Stack>
    </form>
  );
}
