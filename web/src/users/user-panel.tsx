/** One user in full: what can be done with the account, and what they may spend. */
import { Button, Group, Stack } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { ConfirmDialog } from '../ui/confirm.tsx';
import { tellProblem } from '../ui/notices.ts';
import { SecretDialog } from '../ui/secret-dialog.tsx';
import { type ListedUser, UserState } from './user-cells.tsx';
import { WalletOf } from './wallet.tsx';

interface PanelProps {
  readonly of: ListedUser;
  readonly close: () => void;
}

export function UserPanel({ of, close }: PanelProps): ReactNode {
  return (
    <Stack gap="lg">
      <div>
        <UserState of={of} />
      </div>
      <UserActs of={of} close={close} />
      <WalletOf userId={of.id} isOperator />
    </Stack>
  );
}

const STALE = [PEOPLE_API.users];

function UserActs({ of, close }: PanelProps): ReactNode {
  const { t } = useWords();
  const change = useAct(PEOPLE_API.changeUser, { stale: STALE });
  const reset = useAct(PEOPLE_API.resetLink, { stale: [] });
  const [isDeleting, setDeleting] = useState(false);
  const params = { id: of.id };
  const set = (body: { role?: 'admin' | 'member'; is_active?: boolean }): void =>
    change.mutate({ params, body }, { onError: tellProblem });
  const look = { variant: 'default', size: 'compact-sm' } as const;
  const isAdmin = of.role === 'admin';
  return (
    <Group gap="xs" role="group" aria-label={t('action.what', { name: of.username })}>
      <Button
        {...look}
        loading={reset.isPending}
        onClick={() => reset.mutate({ params }, { onError: tellProblem })}
      >
        {t('people.link.reset')}
      </Button>
      <Button {...look} onClick={() => set({ role: isAdmin ? 'member' : 'admin' })}>
        {t(isAdmin ? 'people.make.member' : 'people.make.admin')}
      </Button>
      <Button {...look} onClick={() => set({ is_active: !of.is_active })}>
        {t(of.is_active ? 'people.switch.off' : 'people.switch.on')}
      </Button>
      <Button variant="subtle" color="red" size="compact-sm" onClick={() => setDeleting(true)}>
        {t('people.delete')}
      </Button>
      {reset.data !== undefined && (
        <SecretDialog
          title={t('people.link.reset')}
          label={t('people.link')}
          secret={reset.data.url}
          close={reset.reset}
        />
      )}
      {isDeleting && <DeleteUser of={of} leave={close} close={() => setDeleting(false)} />}
    </Group>
  );
}

function DeleteUser(props: PanelProps & { readonly leave: () => void }): ReactNode {
  const { of, close, leave } = props;
  const { t } = useWords();
  const remove = useAct(PEOPLE_API.deleteUser, { stale: STALE });
  const gone = (): void => {
    close();
    leave();
  };
  return (
    <ConfirmDialog
      title={t('people.delete')}
      word={of.username}
      action={t('people.delete')}
      isBusy={remove.isPending}
      confirm={() =>
        remove.mutate({ params: { id: of.id } }, { onSuccess: gone, onError: tellProblem })
      }
      close={close}
    >
      {t('people.delete.why')}
    </ConfirmDialog>
  );
}
