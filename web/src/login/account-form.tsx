import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { Problem } from '../client.ts';
import { useWords } from '../language/language.ts';
import { fieldError, formProblem } from '../ui/field-errors.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';

const FIELDS = ['email', 'password', 'name'];

export interface NewAccount {
  readonly email: string;
  readonly password: string;
  readonly name?: string;
}

interface AccountFormProps {
  readonly action: string;
  readonly problem: Problem | null;
  readonly isBusy: boolean;
  readonly submit: (account: NewAccount) => Promise<void>;
}

/** Who somebody wants to be here, however they came to the right of saying so. */
export function AccountForm({ action, problem, isBusy, submit }: AccountFormProps): ReactNode {
  const { t } = useWords();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    await submit({ email, password, ...(name.trim() === '' ? {} : { name }) });
  };
  return (
    <form onSubmit={(event) => void send(event)}>
      <Stack gap="md">
        <TextInput
          label={t('field.name')}
          autoComplete="name"
          size="md"
          autoFocus
          value={name}
          error={fieldError(problem, 'name')}
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
          error={fieldError(problem, 'email')}
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
          error={fieldError(problem, 'password')}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <ProblemAlert problem={formProblem(problem, FIELDS)} />
        <Button type="submit" size="md" fullWidth loading={isBusy}>
          {action}
        </Button>
      </Stack>
    </form>
  );
}
