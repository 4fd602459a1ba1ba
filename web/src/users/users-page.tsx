import { Button } from '@mantine/core';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import { keepPreviousData } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { PEOPLE_API, USER_ORDERS } from '../../../contract/api/people-api.ts';
import { addressOf, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { useAdding, useUrlState } from '../shell/url-state.ts';
import { countText } from '../ui/figures.ts';
import { Money, Time } from '../ui/money.tsx';
import { PageBody } from '../ui/page.tsx';
import { Empty, Outcome } from '../ui/states.tsx';
import { type Column, DataTable } from '../ui/tables/data-table.tsx';
import { ExportMenu } from '../ui/tables/export-menu.tsx';
import { FilterSelect } from '../ui/tables/filter-select.tsx';
import { MissingRow, RowPanel } from '../ui/tables/row-panel.tsx';
import { SearchField } from '../ui/tables/search-field.tsx';
import { useTableState } from '../ui/tables/table-state.ts';
import { ViewsMenu } from '../ui/tables/views-menu.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { Balance, type ListedUser, Role, UserName, UserState } from './user-cells.tsx';
import { UserPanel } from './user-panel.tsx';

export function UsersPage(): ReactNode {
  const { t } = useWords();
  const [isInviting, setInviting] = useAdding();
  const invite = (
    <Button
      leftSection={<IconPlus size={16} stroke={1.8} />}
      onClick={() => setInviting(true)}
      data-shortcut="n"
    >
      {t('people.invite')}
    </Button>
  );
  return (
    <PageBody title={t('nav.users')} about={t('people.about')} actions={invite}>
      <UsersTable />
      {isInviting && <InviteDialog close={() => setInviting(false)} />}
    </PageBody>
  );
}

const SORTS = USER_ORDERS.flatMap((order) => [order, `-${order}`] as const);
const ROLES = ['admin', 'member'] as const;
const STATES = ['active', 'off'] as const;
const COLUMNS: readonly Column<ListedUser>[] = [
  {
    name: 'name',
    label: 'people.name',
    isFixed: true,
    isSortable: true,
    cell: (user) => <UserName of={user} />,
  },
  { name: 'role', label: 'people.role', cell: (user) => <Role of={user} /> },
  { name: 'state', label: 'people.state', cell: (user) => <UserState of={user} /> },
  {
    name: 'keys',
    label: 'people.keys',
    isNumber: true,
    isSortable: true,
    cell: ({ keys }) => countText(keys),
  },
  {
    name: 'balance',
    label: 'people.balance',
    isNumber: true,
    isSortable: true,
    cell: (user) => <Balance of={user} />,
  },
  {
    name: 'spend',
    label: 'people.spend',
    isNumber: true,
    isSortable: true,
    cell: ({ spend_usd }) => <Money amount={spend_usd} />,
  },
  {
    name: 'seen',
    label: 'people.seen',
    isSortable: true,
    cell: ({ last_seen_at }) => <Time at={last_seen_at} />,
  },
];

const idOf = ({ id }: ListedUser): string => id;

function UsersTable(): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const { start, end } = usePeriod();
  const control = useTableState();
  const query = {
    q: url['q'],
    role: ROLES.find((role) => role === url['role']),
    state: STATES.find((state) => state === url['state']),
    sort: SORTS.find((sort) => sort === control.sort),
    ...{ start, end },
  };
  const users = useAsk(
    PEOPLE_API.users,
    { query: { ...query, limit: 50, cursor: control.cursor ?? undefined } },
    { placeholderData: keepPreviousData },
  );
  const open = users.data?.data.find(({ id }) => id === control.row);
  return (
    <Outcome of={users}>
      {({ data, pagination }) => (
        <>
          <DataTable
            label={t('nav.users')}
            columns={COLUMNS}
            rows={data}
            idOf={idOf}
            control={control}
            paging={pagination}
            filters={<UserFilters />}
            actions={
              <>
                <ViewsMenu />
                <ExportMenu
                  address={addressOf(PEOPLE_API.users, { query })}
                  formats={['csv', 'json', 'jsonl']}
                />
              </>
            }
            opensRows
            empty={<Empty icon={IconUsers} title={t('people.none')} text={t('people.none.why')} />}
          />
          <RowPanel title={open?.name ?? open?.username} rows={data} idOf={idOf} control={control}>
            {open !== undefined ? (
              <UserPanel key={open.id} of={open} close={() => control.open(null)} />
            ) : (
              control.row !== null && <MissingRow />
            )}
          </RowPanel>
        </>
      )}
    </Outcome>
  );
}

function UserFilters(): ReactNode {
  const { t } = useWords();
  return (
    <>
      <SearchField label={t('people.search')} />
      <FilterSelect
        name="role"
        label={t('people.role')}
        any={t('people.any.role')}
        data={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
      />
      <FilterSelect
        name="state"
        label={t('people.state')}
        any={t('people.any.state')}
        data={STATES.map((value) => ({ value, label: t(`people.state.${value}`) }))}
      />
    </>
  );
}
