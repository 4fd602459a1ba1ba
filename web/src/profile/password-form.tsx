import { Button, PasswordInput, Stack } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { AUTH_API } from '../../../contract/api/auth-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { fieldError, formProblem } from '../ui/forms/field-errors.ts';
import { tellDone } from '../ui/notices.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';

/** @param username for programs that keep passwords: whose this one is */
export function PasswordForm({ username }: { readonly username: string }): ReactNode {
  const { t } = useWords();
  const change = useAct(AUTH_API.changePassword, { stale: [AUTH_API.sessions] });
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate(
      { body: { current_password: current, new_password: next } },
      {
        onSuccess: () => {
          setCurrent('');
          setNext('');
          tellDone(t('profile.password.done'));
        },
      },
    );
  };
  const toggle = { visibilityToggleButtonProps: { 'aria-label': t('field.password.show') } };
  return (
    <form onSubmit={submit}>
      <Stack maw={360}>
        <input type="hidden" name="username" autoComplete="username" value={username} />
        <PasswordInput
          {...toggle}
          label={t('profile.password.now')}
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
          error={fieldError(change.error, 'password')}
          required
        />
        <PasswordInput
          {...toggle}
          label={t('profile.password.new')}
          description={t('field.password.rule')}
          autoComplete="new-password"
          minLength={8}
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
          error={fieldError(change.error, 'new_password')}
          required
        />
        <ProblemAlert problem={formProblem(change.error, ['password', 'new_password'])} />
        <div>
          <Button type="submit" loading={change.isPending}>
            {t('profile.password.action')}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
