import { Button, Group, Switch } from '@mantine/core';
import { IconKey, IconPlus, IconSearch } from '@tabler/icons-react';
import { keepPreviousData } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { KEY_ORDERS, PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { HEALTH_STATUSES } from '../../../contract/signals.ts';
import { addressOf, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { type ProviderName, useProviderName } from '../shell/provider-names.ts';
import { usePerson } from '../shell/session.ts';
import { type UrlState, useAdding, useUrlState } from '../shell/url-state.ts';
import { Time } from '../ui/money.tsx';
import { PageBody } from '../ui/page.tsx';
import { Empty, Outcome } from '../ui/states.tsx';
import { type Column, DataTable } from '../ui/tables/data-table.tsx';
import { ExportMenu } from '../ui/tables/export-menu.tsx';
import { FilterSelect } from '../ui/tables/filter-select.tsx';
import { RowPanel } from '../ui/tables/row-panel.tsx';
import { SearchField } from '../ui/tables/search-field.tsx';
import { useTableState } from '../ui/tables/table-state.ts';
import { ViewsMenu } from '../ui/tables/views-menu.tsx';
import { AddKeyDialog } from './add-key-dialog.tsx';
import { KeyActs, useFlip } from './key-acts.tsx';
import { KeyBalance, KeyName, KeyRunway, KeyState } from './key-cells.tsx';
import { KeyPanel } from './key-panel.tsx';
import type { Platform, ProviderKey } from './provider-key.ts';

export function KeysPage(): ReactNode {
  const { t } = useWords();
  const [isAdding, setAdding] = useAdding();
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
      <KeysTable />
      {isAdding && <AddKeyDialog close={() => setAdding(false)} />}
    </PageBody>
  );
}

const SORTS = KEY_ORDERS.flatMap((order) => [order, `-${order}`] as const);
const FILTERS = ['q', 'platform', 'status'] as const;

const idOf = ({ id }: ProviderKey): string => id;

/** How often the list is looked at while a check is awaited. */
const LOOK_MS = 3_000;

/** Its first check is a matter of seconds. */
function isAwaited({ is_active, purposes, last_checked_at }: ProviderKey): boolean {
  return is_active && purposes.includes('watch') && last_checked_at === null;
}

/** What the address asks the list for. What it says wrongly is left out. */
function queryOf(url: UrlState, sort: string | null) {
  return {
    q: url['q'],
    platform: url['platform'],
    status: HEALTH_STATUSES.find((status) => status === url['status']),
    sort: SORTS.find((known) => known === sort),
  };
}

function KeysTable(): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const isOperator = usePerson().role === 'admin';
  const control = useTableState();
  const query = queryOf(url, control.sort);
  const keys = useAsk(
    PROVIDER_KEYS_API.list,
    { query },
    {
      placeholderData: keepPreviousData,
      refetchInterval: ({ state }) => state.data?.data.some(isAwaited) === true && LOOK_MS,
    },
  );
  const platforms = useAsk(PROVIDER_KEYS_API.platforms).data ?? [];
  const providerName = useProviderName();
  const rows = keys.data?.data ?? [];
  const isFiltered = FILTERS.some((name) => url[name] !== undefined);
  return (
    <>
      <Outcome of={keys}>
        {({ data }) => (
          <DataTable
            label={t('nav.keys')}
            columns={columnsFor(providerName, isOperator)}
            rows={data}
            idOf={idOf}
            control={control}
            opensRows
            filters={<KeyFilters platforms={platforms} />}
            actions={
              <>
                <ViewsMenu />
                <ExportMenu
                  address={addressOf(PROVIDER_KEYS_API.list, { query })}
                  formats={['csv', 'json', 'jsonl']}
                />
              </>
            }
            empty={<NoKeys isFiltered={isFiltered} />}
          />
        )}
      </Outcome>
      <RowPanel
        title={rows.find(({ id }) => id === control.row)?.name ?? ''}
        rows={rows}
        idOf={idOf}
        control={control}
      >
        {control.row !== null && (
          <KeyPanel
            key={control.row}
            id={control.row}
            platforms={platforms}
            isOperator={isOperator}
            close={() => control.open(null)}
          />
        )}
      </RowPanel>
    </>
  );
}

function columnsFor(
  providerName: ProviderName,
  isOperator: boolean,
): readonly Column<ProviderKey>[] {
  return [
    {
      ...{ name: 'name', label: 'keys.name', isFixed: true, isSortable: true },
      cell: (key) => <KeyName of={key} platform={providerName(key.platform)} />,
    },
    {
      ...{ name: 'status', label: 'keys.state', isSortable: true },
      cell: (key) => <KeyState of={key} />,
    },
    {
      ...{ name: 'balance', label: 'keys.balance', isNumber: true, isSortable: true },
      cell: (key) => <KeyBalance of={key} />,
    },
    {
      ...{ name: 'runway', label: 'keys.runway', isNumber: true, isSortable: true },
      cell: (key) => <KeyRunway of={key} />,
    },
    {
      ...{ name: 'checked', label: 'keys.checked', isSortable: true },
      cell: (key) => <Time at={key.last_checked_at} />,
    },
    {
      ...{ name: 'used', label: 'keys.used', isSortable: true },
      cell: (key) => <Time at={key.last_used_at} />,
    },
    {
      ...{ name: 'active', label: 'keys.active', isFixed: true },
      cell: (key) => (
        <Group gap="xs" wrap="nowrap">
          <OnSwitch of={key} />
          <KeyActs of={key} isOperator={isOperator} look="menu" />
        </Group>
      ),
    },
  ];
}

function OnSwitch({ of }: { readonly of: ProviderKey }): ReactNode {
  const { t } = useWords();
  const flip = useFlip(of);
  const isStored = of.source === 'stored';
  return (
    <span title={isStored ? undefined : t('pk.switch.environment')}>
      <Switch
        aria-label={t('keys.switch', { name: of.name })}
        checked={of.is_active}
        disabled={!isStored}
        // Disabled meanwhile, it would lose the focus, and with it the place of whoever goes by keyboard.
        onChange={(event) => {
          if (!flip.isPending) flip.to(event.currentTarget.checked);
        }}
      />
    </span>
  );
}

function KeyFilters({ platforms }: { readonly platforms: readonly Platform[] }): ReactNode {
  const { t } = useWords();
  return (
    <>
      <SearchField label={t('pk.search')} />
      <FilterSelect
        name="platform"
        label={t('keys.platform')}
        any={t('pk.any.platform')}
        data={platforms.map(({ id, name }) => ({ value: id, label: name }))}
      />
      <FilterSelect
        name="status"
        label={t('keys.state')}
        any={t('pk.any.state')}
        data={HEALTH_STATUSES.map((value) => ({ value, label: t(`keys.state.${value}`) }))}
      />
    </>
  );
}

function NoKeys({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  const { t } = useWords();
  if (isFiltered) {
    return <Empty icon={IconSearch} title={t('pk.found.none')} text={t('pk.found.none.why')} />;
  }
  return <Empty icon={IconKey} title={t('keys.none')} text={t('keys.none.why')} />;
}
