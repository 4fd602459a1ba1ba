/** One user in full: who it is, what can be done with the account, and what they may spend. */
import { Anchor, Group, Stack } from '@mantine/core';
import {
  IconLink,
  IconPlayerPause,
  IconPlayerPlay,
  IconTrash,
  IconUserShield,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { keptSearch, type UrlState, useUrlState } from '../shell/url-state.ts';
import { type Act, ActButtons } from '../ui/acts.tsx';
import { ConfirmDialog } from '../ui/confirm.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { type Fact, Facts, Mono } from '../ui/facts.tsx';
import { countText } from '../ui/figures.ts';
import { Money, Time } from '../ui/money.tsx';
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
      <Group justify="space-between" gap="xs">
        <UserState of={of} />
        <UserActs of={of} close={close} />
      </Group>
      <UserFacts of={of} />
      <WalletOf userId={of.id} isOperator none="wallet.none" />
    </Stack>
  );
}

/** Who it is, with the ways to what they use. */
function UserFacts({ of }: { readonly of: ListedUser }): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const theirs = { user_id: of.id };
  const facts: readonly Fact[] = [
    [t('field.username'), of.username],
    [t('field.email'), of.email === of.username ? null : of.email],
    [t('people.role'), t(`role.${of.role}`)],
    [
      t('people.keys'),
      <Way key="keys" to="/virtual-keys" search={theirs}>
        {countText(of.keys)}
      </Way>,
    ],
    [
      t('nav.requests'),
      <Way key="requests" to="/requests" search={{ ...keptSearch(url), ...theirs }}>
        {countText(of.requests)}
      </Way>,
    ],
    [t('people.spend'), <Money key="spend" amount={of.spend_usd} />],
    [t('people.seen'), <Time key="seen" at={of.last_seen_at} />],
    [t('people.since'), <Time key="since" at={of.created_at} style="full" />],
    [
      t('vk.id'),
      <Group key="id" gap={4} wrap="nowrap">
        <Mono text={of.id} />
        <CopyButton value={of.id} label={t('action.copy.what', { what: t('vk.id') })} />
      </Group>,
    ],
  ];
  return <Facts facts={facts} />;
}

interface WayProps {
  readonly to: string;
  readonly search: UrlState;
  readonly children: ReactNode;
}

function Way({ to, search, children }: WayProps): ReactNode {
  return (
    <Anchor size="sm" renderRoot={(rest) => <Link {...rest} to={to} search={search as never} />}>
      {children}
    </Anchor>
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
  const isAdmin = of.role === 'admin';
  const acts: readonly Act[] = [
    {
      label: 'people.link.reset',
      icon: IconLink,
      isBusy: reset.isPending,
      act: () => reset.mutate({ params }, { onError: tellProblem }),
    },
    {
      label: isAdmin ? 'people.make.member' : 'people.make.admin',
      icon: IconUserShield,
      isBusy: change.isPending,
      act: () => set({ role: isAdmin ? 'member' : 'admin' }),
    },
    {
      label: of.is_active ? 'people.switch.off' : 'people.switch.on',
      icon: of.is_active ? IconPlayerPause : IconPlayerPlay,
      isBusy: change.isPending,
      act: () => set({ is_active: !of.is_active }),
    },
    {
      label: 'people.delete',
      icon: IconTrash,
      isDangerous: true,
      act: () => setDeleting(true),
    },
  ];
  return (
    <>
      <ActButtons name={of.username} acts={acts} />
      {reset.data !== undefined && (
        <SecretDialog
          title={t('people.link.reset')}
          label={t('people.link')}
          secret={reset.data.url}
          close={reset.reset}
        />
      )}
      {isDeleting && <DeleteUser of={of} leave={close} close={() => setDeleting(false)} />}
    </>
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
