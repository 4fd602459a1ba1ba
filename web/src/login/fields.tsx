/** The fields of everybody who comes in, with what browsers and password managers want to know of them. */
import { PasswordInput, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';

const LOOK = { required: true, withAsterisk: false, size: 'md' } as const;

interface FieldProps {
  readonly value: string;
  readonly set: (value: string) => void;
  readonly error?: string | undefined;
  /** Whether one begins to write here. */
  readonly isFirst?: boolean;
}

/** @param autoComplete `username` where it is known already, `email` where somebody is new */
export function EmailField(
  props: FieldProps & {
    readonly autoComplete: 'username' | 'email';
    /** Whether it says who it is, and asks no more. */
    readonly isFixed?: boolean;
  },
): ReactNode {
  const { value, set, error, isFirst = false, isFixed = false, autoComplete } = props;
  const { t } = useWords();
  return (
    <TextInput
      {...LOOK}
      label={t('field.email')}
      name="email"
      // A name that has no address signs in as well.
      type={autoComplete === 'email' ? 'email' : 'text'}
      inputMode="email"
      autoComplete={autoComplete}
      autoCapitalize="none"
      spellCheck={false}
      autoFocus={isFirst}
      data-autofocus={isFirst || undefined}
      readOnly={isFixed}
      value={value}
      error={error}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}

export function UsernameField({ value, set, error, isFirst = false }: FieldProps): ReactNode {
  const { t } = useWords();
  return (
    <TextInput
      {...LOOK}
      label={t('field.username')}
      name="username"
      autoComplete="username"
      autoCapitalize="none"
      spellCheck={false}
      autoFocus={isFirst}
      data-autofocus={isFirst || undefined}
      maxLength={128}
      value={value}
      error={error}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}

/** @param isNew whether it is chosen here, and so has to keep the rule */
export function PasswordField(props: FieldProps & { readonly isNew: boolean }): ReactNode {
  const { value, set, error, isFirst = false, isNew } = props;
  const { t } = useWords();
  return (
    <PasswordInput
      {...LOOK}
      {...(isNew && { description: t('field.password.rule'), minLength: 8 })}
      label={t('field.password')}
      name="password"
      autoComplete={isNew ? 'new-password' : 'current-password'}
      visibilityToggleButtonProps={{ 'aria-label': t('field.password.show') }}
      autoFocus={isFirst}
      data-autofocus={isFirst || undefined}
      value={value}
      error={error}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
