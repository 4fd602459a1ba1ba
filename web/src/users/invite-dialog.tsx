import { Input, SegmentedControl, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { fieldError } from '../ui/forms/field-errors.ts';
import { FormDialog } from '../ui/forms/form-dialog.tsx';
import { SecretDialog } from '../ui/secret-dialog.tsx';

const ROLES = ['member', 'admin'] as const;

/** A link for one registration, shown once. */
export function InviteDialog({ close }: { readonly close: () => void }): ReactNode {
  const { t } = useWords();
  const invite = useAct(PEOPLE_API.invite, { stale: [] });
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<(typeof ROLES)[number]>('member');
  const submit = (): void =>
    invite.mutate({ body: { role, ...(email.trim() === '' ? {} : { email }) } });
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
    <FormDialog
      title={t('people.invite')}
      action={t('people.invite.action')}
      isBusy={invite.isPending}
      isWhole
      problem={invite.error}
      fields={['email']}
      close={close}
      submit={submit}
    >
      <Text size="sm" c="dimmed">
        {t('people.invite.about')}
      </Text>
      <TextInput
        label={t('field.email')}
        description={t('people.email.about')}
        inputMode="email"
        autoComplete="off"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
        error={fieldError(invite.error, 'email')}
        data-autofocus
      />
      <Input.Wrapper label={t('people.role')} labelElement="div">
        <SegmentedControl
          aria-label={t('people.role')}
          fullWidth
          size="sm"
          value={role}
          onChange={(value) => setRole(value)}
          data={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
        />
      </Input.Wrapper>
    </FormDialog>
  );
}
