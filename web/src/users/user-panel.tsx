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
import { flip } from '../ui/flip.ts';
import { Money, Time } from '../ui/money.tsx';
import { tellDone, tellProblem } from '../ui/notices.ts';
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

/** Changes that are told when they are made; what can be taken back is so by a click. */
function useChanges({ id, name: given, username }: ListedUser) {
  const { t } = useWords();
  const change = useAct(PEOPLE_API.changeUser, { stale: STALE });
  const name = given ?? username;
  const setRole = (role: 'admin' | 'member', done: () => void): void =>
    change.mutate(
      { params: { id }, body: { role } },
      {
        onSuccess: () => {
          done();
          tellDone(t(`people.made.${role}`, { name }));
        },
        onError: tellProblem,
      },
    );
  const flipped = {
    change: (isActive: boolean) =>
      change.mutateAsync({ params: { id }, body: { is_active: isActive } }),
    told: (isActive: boolean) =>
      t(isActive ? 'people.switched.on' : 'people.switched.off', { name }),
  };
  const setActive = (isActive: boolean): void => flip(flipped, isActive);
  return { isPending: change.isPending, setRole, setActive };
}

function UserActs({ of, close }: PanelProps): ReactNode {
  const { t } = useWords();
  const { isPending, setRole, setActive } = useChanges(of);
  const reset = useAct(PEOPLE_API.resetLink, { stale: [] });
  const [asked, ask] = useState<'delete' | 'promote' | null>(null);
  const leaveIt = (): void => ask(null);
  const params = { id: of.id };
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
      isBusy: isPending,
      act: () => (isAdmin ? setRole('member', leaveIt) : ask('promote')),
    },
    {
      label: of.is_active ? 'people.switch.off' : 'people.switch.on',
      icon: of.is_active ? IconPlayerPause : IconPlayerPlay,
      isBusy: isPending,
      act: () => setActive(!of.is_active),
    },
    {
      label: 'people.delete',
      icon: IconTrash,
      isDangerous: true,
      act: () => ask('delete'),
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
      {asked === 'delete' && <DeleteUser of={of} leave={close} close={leaveIt} />}
      {asked === 'promote' && (
        <ConfirmDialog
          title={t('people.make.admin.what', { name: of.name ?? of.username })}
          action={t('people.make.admin')}
          isBusy={isPending}
          confirm={() => setRole('admin', leaveIt)}
          close={leaveIt}
        >
          {t('people.make.admin.why')}
        </ConfirmDialog>
      )}
    </>
  );
}

function DeleteUser(props: PanelProps & { readonly leave: () => void }): ReactNode {
  const { of, close, leave } = props;
  const { t } = useWords();
  const remove = useAct(PEOPLE_API.deleteUser, { stale: STALE });
  const gone = (): void => {
    tellDone(t('people.deleted', { name: of.name ?? of.username }));
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
