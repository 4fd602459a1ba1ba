import { Button, CloseButton } from '@mantine/core';
import { IconCircleKey, IconPlus, IconSearch } from '@tabler/icons-react';
import { keepPreviousData } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { KEY_SORTS, VIRTUAL_KEYS_API } from '../../../contract/api/virtual-keys-api.ts';
import { addressOf, useAsk } from '../client.ts';
import { KeyHandOff } from '../hand-off/key-hand-off.tsx';
import { useWords } from '../language/language.ts';
import { type Person, usePerson } from '../shell/session.ts';
import { FIRST_PAGE, useAdding, useUrlState } from '../shell/url-state.ts';
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
import { KeyActs } from './key-acts.tsx';
import { BudgetUse, KeyName, KeyState, LimitUse, Spend } from './key-cells.tsx';
import { IssueKeyDialog } from './key-dialog.tsx';
import type { Issued, VirtualKey } from './key-draft.ts';
import { KeyPanel } from './key-panel.tsx';
import { type KeySpend, useKeySpend } from './key-spend.ts';

export function VirtualKeysPage(): ReactNode {
  const person = usePerson();
  const { t } = useWords();
  const [isAdding, setAdding] = useAdding();
  const [issued, setIssued] = useState<Issued | null>(null);
  const issue = (
    <Button
      leftSection={<IconPlus size={16} stroke={1.8} />}
      onClick={() => setAdding(true)}
      data-shortcut="n"
    >
      {t('vk.issue')}
    </Button>
  );
  return (
    <PageBody title={t('nav.virtual-keys')} about={t('vk.about')} actions={issue}>
      <KeysTable person={person} />
      {isAdding && (
        <IssueKeyDialog
          person={person}
          close={() => setAdding(false)}
          handOver={(key) => {
            setAdding(false);
            setIssued(key);
          }}
        />
      )}
      {issued !== null && <KeyHandOff issued={issued} isNew close={() => setIssued(null)} />}
    </PageBody>
  );
}

const STATES = ['active', 'disabled', 'expired', 'revoked', 'all'] as const;

const idOf = ({ id }: VirtualKey): string => id;

function KeysTable({ person }: { readonly person: Person }): ReactNode {
  const { t } = useWords();
  const [{ q, state, user_id }] = useUrlState();
  const control = useTableState();
  const isFiltered = [q, state, user_id].some((filter) => filter !== undefined);
  const query = {
    ...{ q, user_id },
    state: STATES.find((known) => known === state),
    sort: KEY_SORTS.find((known) => known === control.sort),
  };
  const keys = useAsk(
    VIRTUAL_KEYS_API.list,
    { query: { ...query, limit: 25, cursor: control.cursor ?? undefined } },
    { placeholderData: keepPreviousData },
  );
  const spend = useKeySpend(user_id);
  const open = keys.data?.data.find(({ id }) => id === control.row);
  return (
    <Outcome of={keys}>
      {({ data, pagination }) => (
        <>
          <DataTable
            label={t('nav.virtual-keys')}
            columns={columnsFor(person, spend)}
            rows={data}
            idOf={idOf}
            control={control}
            paging={pagination}
            filters={<KeyFilters />}
            actions={
              <>
                <ViewsMenu />
                <ExportMenu
                  address={addressOf(VIRTUAL_KEYS_API.list, { query })}
                  formats={['csv', 'json', 'jsonl']}
                />
              </>
            }
            opensRows
            empty={<NoKeys isFiltered={isFiltered} />}
          />
          <RowPanel title={open?.name ?? ''} rows={data} idOf={idOf} control={control}>
            {control.row !== null && (
              <KeyPanel
                key={control.row}
                id={control.row}
                person={person}
                close={() => control.open(null)}
              />
            )}
          </RowPanel>
        </>
      )}
    </Outcome>
  );
}

function columnsFor(person: Person, spend: KeySpend | null): readonly Column<VirtualKey>[] {
  return [
    {
      name: 'name',
      label: 'vk.name',
      isFixed: true,
      isSortable: true,
      cell: (key) => <KeyName of={key} showsOwner={person.role === 'admin'} />,
    },
    { name: 'state', label: 'vk.state', cell: (key) => <KeyState of={key} /> },
    { name: 'budget', label: 'vk.budget', cell: (key) => <BudgetUse of={key} /> },
    { name: 'limits', label: 'vk.limits', cell: (key) => <LimitUse of={key} /> },
    {
      name: 'spend',
      label: 'vk.spend.recent',
      isNumber: true,
      cell: (key) => <Spend of={key} spend={spend} />,
    },
    {
      name: 'used',
      label: 'vk.used',
      isSortable: true,
      cell: (key) => <Time at={key.last_used_at} />,
    },
    {
      name: 'acts',
      label: 'vk.acts',
      isFixed: true,
      isActs: true,
      cell: (key) => <KeyActs of={key} person={person} look="menu" />,
    },
  ];
}

function KeyFilters(): ReactNode {
  const { t } = useWords();
  const [url, change] = useUrlState();
  return (
    <>
      <SearchField label={t('vk.search')} />
      <FilterSelect
        name="state"
        label={t('vk.state')}
        any={t('vk.filter.open')}
        data={STATES.map((value) => ({ value, label: t(`vk.filter.${value}`) }))}
      />
      {url['user_id'] !== undefined && (
        <Button
          variant="default"
          component="div"
          rightSection={
            <CloseButton
              size="xs"
              aria-label={t('vk.filter.anyone')}
              onClick={() => change({ ...FIRST_PAGE, user_id: null })}
            />
          }
        >
          {t('vk.filter.one')}
        </Button>
      )}
    </>
  );
}

function NoKeys({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  const { t } = useWords();
  if (isFiltered) {
    return <Empty icon={IconSearch} title={t('vk.found.none')} text={t('vk.found.none.why')} />;
  }
  return <Empty icon={IconCircleKey} title={t('vk.none')} text={t('vk.none.why')} />;
}
