import { TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Problem } from '../client.ts';
import { useWords } from '../language/language.ts';
import { fieldError } from '../ui/forms/field-errors.ts';
import { DoorForm } from './door-form.tsx';
import { EmailField, PasswordField } from './fields.tsx';

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
  return (
    <DoorForm
      action={action}
      problem={problem}
      fields={FIELDS}
      isBusy={isBusy}
      submit={() => submit({ email, password, ...(name.trim() === '' ? {} : { name }) })}
    >
      <TextInput
        label={t('field.name')}
        autoComplete="name"
        size="md"
        autoFocus
        value={name}
        error={fieldError(problem, 'name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <EmailField
        autoComplete="email"
        value={email}
        set={setEmail}
        error={fieldError(problem, 'email')}
      />
      <PasswordField
        isNew
        value={password}
        set={setPassword}
        error={fieldError(problem, 'password')}
      />
    </DoorForm>
  );
}
