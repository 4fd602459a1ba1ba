import { ActionIcon, Button, Group, Menu, Switch, Text } from '@mantine/core';
import { IconDots, IconKey, IconPlus } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { z } from 'zod';
import { MONITORING_API } from '../../../contract/api/monitoring-api.ts';
import { PROVIDER_KEYS_API, type providerKey } from '../../../contract/api/provider-keys-api.ts';
import { useAct, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { ConfirmDialog } from '../ui/confirm.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Money, Time } from '../ui/money.tsx';
import { tellDone, tellProblem } from '../ui/notices.ts';
import { PageBody } from '../ui/page.tsx';
import { Empty, Outcome } from '../ui/states.tsx';
import { StatusBadge, type Tone } from '../ui/status-badge.tsx';
import { useTableState } from '../ui/table-state.ts';
import { AddKeyDialog } from './add-key-dialog.tsx';

type ProviderKey = z.output<typeof providerKey>;

const STALE = [PROVIDER_KEYS_API.list, MONITORING_API.balances];

export function KeysPage(): ReactNode {
  const { t } = useWords();
  const keys = useAsk(PROVIDER_KEYS_API.list);
  const [isAdding, setAdding] = useState(false);
  const add = (
    <Button
      leftSection={<IconPlus size={16} stroke={1.8} />}
      onClick={() => setAdding(true)}
      data-shortcut="n"
    >
      {t('keys.add')}
    </Button>
  );
  return (
    <PageBody title={t('nav.keys')} about={t('keys.about')} actions={add}>
      <Outcome of={keys}>{({ data }) => <KeysTable rows={data} />}</Outcome>
      {isAdding && <AddKeyDialog close={() => setAdding(false)} />}
    </PageBody>
  );
}

const COLUMNS: readonly Column<ProviderKey>[] = [
  { name: 'name', label: 'keys.name', isFixed: true, cell: (key) => <KeyName of={key} /> },
  { name: 'status', label: 'keys.state', cell: (key) => <KeyState of={key} /> },
  {
    name: 'balance',
    label: 'keys.balance',
    isNumber: true,
    cell: (key) =>
      key.balance === null ? '–' : <Money amount={key.balance} currency={key.currency ?? 'USD'} />,
  },
  { name: 'runway', label: 'keys.runway', isNumber: true, cell: (key) => <Runway of={key} /> },
  { name: 'checked', label: 'keys.checked', cell: (key) => <Time at={key.last_checked_at} /> },
  { name: 'used', label: 'keys.used', cell: (key) => <Time at={key.last_used_at} /> },
  { name: 'active', label: 'keys.active', isFixed: true, cell: (key) => <KeyActs of={key} /> },
];

function KeysTable({ rows }: { readonly rows: readonly ProviderKey[] }): ReactNode {
  const { t } = useWords();
  const control = useTableState();
  return (
    <DataTable
      label={t('nav.keys')}
      columns={COLUMNS}
      rows={rows}
      idOf={({ id }) => id}
      control={control}
      empty={<Empty icon={IconKey} title={t('keys.none')} text={t('keys.none.why')} />}
    />
  );
}

function KeyName({ of }: { readonly of: ProviderKey }): ReactNode {
  return (
    <div>
      <Text size="sm" fw={500}>
        {of.name}
      </Text>
      <Text size="xs" c="dimmed">
        {of.platform} · <span className="tk-mono">{of.masked}</span>
      </Text>
    </div>
  );
}

const TONES: Readonly<Record<ProviderKey['status'], Tone>> = {
  healthy: 'good',
  low: 'warn',
  exhausted: 'bad',
  invalid: 'bad',
  unreachable: 'warn',
  unknown: 'quiet',
};

function KeyState({ of }: { readonly of: ProviderKey }): ReactNode {
  const { t } = useWords();
  return (
    <div>
      <StatusBadge tone={TONES[of.status]} label={t(`keys.state.${of.status}`)} />
      {of.status_message !== null && (
        <Text size="xs" c="dimmed" mt={2}>
          {of.status_message}
        </Text>
      )}
    </div>
  );
}

function Runway({ of }: { readonly of: ProviderKey }): ReactNode {
  const { t } = useWords();
  if (of.runway_days === null) return '–';
  return t('keys.days', { count: Math.floor(of.runway_days) });
}

/** What can be done with a key: keys of the environment are only checked. */
function KeyActs({ of }: { readonly of: ProviderKey }): ReactNode {
  const { t } = useWords();
  const change = useAct(PROVIDER_KEYS_API.change, { stale: STALE });
  const check = useAct(MONITORING_API.check, { stale: STALE });
  const [isDeleting, setDeleting] = useState(false);
  const params = { id: of.id };
  const isOurs = of.source === 'stored';
  const checkNow = (): void =>
    check.mutate(
      { params },
      {
        onSuccess: () => tellDone(t('keys.checked.done', { name: of.name })),
        onError: tellProblem,
      },
    );
  return (
    <Group gap="xs" wrap="nowrap">
      <Switch
        aria-label={t('keys.switch', { name: of.name })}
        checked={of.is_active}
        disabled={!isOurs || change.isPending}
        onChange={(event) =>
          change.mutate(
            { params, body: { is_active: event.currentTarget.checked } },
            { onError: tellProblem },
          )
        }
      />
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={t('action.what', { name: of.name })} loading={check.isPending}>
            <IconDots size={18} stroke={1.6} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={checkNow}>{t('keys.check')}</Menu.Item>
          {isOurs && (
            <Menu.Item color="red" onClick={() => setDeleting(true)}>
              {t('keys.delete')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {isDeleting && <DeleteKey of={of} close={() => setDeleting(false)} />}
    </Group>
  );
}

function DeleteKey(props: { readonly of: ProviderKey; readonly close: () => void }): ReactNode {
  const { of, close } = props;
  const { t } = useWords();
  const remove = useAct(PROVIDER_KEYS_API.remove, { stale: STALE });
  return (
    <ConfirmDialog
      title={t('keys.delete')}
      word={of.name}
      action={t('keys.delete')}
      isBusy={remove.isPending}
      confirm={() =>
        remove.mutate({ params: { id: of.id } }, { onSuccess: close, onError: tellProblem })
      }
      close={close}
    >
      {t('keys.delete.why')}
    </ConfirmDialog>
  );
}
