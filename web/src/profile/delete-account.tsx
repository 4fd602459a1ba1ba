import { Button, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { AUTH_API } from '../../../contract/api/auth-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { Dialog } from '../ui/dialog.tsx';
import { fieldError, formProblem } from '../ui/forms/field-errors.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';

/** For good: asks for the password and for the address, both of which the server compares. */
export function DeleteAccount({ close }: { readonly close: () => void }): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate();
  const leave = useAct(AUTH_API.deleteAccount, { stale: [] });
  const [confirm, setConfirm] = useState('');
  const [password, setPassword] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // Signing out finds no session any more, and forgets what was loaded for it.
    const out = (): void => void navigate({ to: '/logout', replace: true });
    leave.mutate({ body: { confirm, password } }, { onSuccess: out });
  };
  return (
    <Dialog title={t('profile.delete')} close={close}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t('profile.delete.why')}</Text>
          <TextInput
            label={t('profile.confirm')}
            autoComplete="off"
            value={confirm}
            onChange={(event) => setConfirm(event.currentTarget.value)}
            error={fieldError(leave.error, 'confirm')}
            required
            data-autofocus
          />
          <PasswordInput
            label={t('profile.password.now')}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ 'aria-label': t('field.password.show') }}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={fieldError(leave.error, 'password')}
            required
          />
          <ProblemAlert problem={formProblem(leave.error, ['confirm', 'password'])} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" color="red" loading={leave.isPending}>
              {t('profile.delete')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
