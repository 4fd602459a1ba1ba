import { Button, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { Dialog } from '../ui/dialog.tsx';
import { fieldError, formProblem } from '../ui/field-errors.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { SecretDialog } from '../ui/secret-dialog.tsx';

const ROLES = ['member', 'admin'] as const;

/** A link for one registration, shown once. */
export function InviteDialog({ close }: { readonly close: () => void }): ReactNode {
  const { t } = useWords();
  const invite = useAct(PEOPLE_API.invite, { stale: [] });
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<(typeof ROLES)[number]>('member');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    invite.mutate({ body: { role, ...(email.trim() === '' ? {} : { email }) } });
  };
  if (invite.data !== undefined) {
    return (
      <SecretDialog
        title={t('people.link.invite')}
        label={t('people.link')}
        secret={invite.data.url}
        close={close}
      />
    );
  }
  return (
    <Dialog title={t('people.invite')} close={close}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm" c="dimmed">
            {t('people.invite.about')}
          </Text>
          <TextInput
            label={t('field.email')}
            description={t('people.email.about')}
            type="email"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={fieldError(invite.error, 'email')}
            data-autofocus
          />
          <SegmentedControl
            aria-label={t('people.role')}
            value={role}
            onChange={(value) => setRole(value)}
            data={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
          />
          <ProblemAlert problem={formProblem(invite.error, ['email'])} />
          <Group justify="flex-end">
            <Button type="submit" loading={invite.isPending}>
              {t('people.invite.action')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
