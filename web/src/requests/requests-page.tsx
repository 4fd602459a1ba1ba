import { Button } from '@mantine/core';
import { IconListSearch, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { keepPreviousData } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { REQUESTS_API, type requestPage } from '../../../contract/api/requests-api.ts';
import { addressOf, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { usePerson } from '../shell/session.ts';
import { useUrlState } from '../shell/url-state.ts';
import { PageBody } from '../ui/page.tsx';
import { Empty, Outcome } from '../ui/states.tsx';
import { DataTable } from '../ui/tables/data-table.tsx';
import { ExportMenu } from '../ui/tables/export-menu.tsx';
import { RowPanel } from '../ui/tables/row-panel.tsx';
import { type TableControl, useTableState } from '../ui/tables/table-state.ts';
import { ViewsMenu } from '../ui/tables/views-menu.tsx';
import { ToolButton } from '../ui/tool-button.tsx';
import { hiddenAtFirst, requestColumns } from './columns.tsx';
import { FilterBar } from './filter-bar.tsx';
import { chosenIn, FILTERS, filtered, queryOf } from './filters.ts';
import { Story } from './story.tsx';

type Page = z.output<typeof requestPage>;

const ROWS = 50;
/** How often the newest page is asked for again while it is looked at. */
const LIVE_MS = 5_000;

const idOf = ({ id }: { readonly id: string }): string => id;

export function RequestsPage(): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const period = usePeriod();
  const isOperator = usePerson().role === 'admin';
  const control = useTableState({ hiddenAtFirst: hiddenAtFirst(isOperator) });
  const query = queryOf(url, period);
  const isLive = url['live'] !== 'off' && control.cursor === null && period.isOpen;
  const page = useAsk(
    REQUESTS_API.list,
    { query: { ...query, limit: ROWS, cursor: control.cursor ?? undefined } },
    {
      placeholderData: keepPreviousData,
      // What could not be had at all waits for whoever reads why: asking anew would put the sign of waiting in its place.
      refetchInterval: ({ state }) =>
        isLive && (state.data !== undefined || state.error === null) && LIVE_MS,
    },
  );
  const rows = page.data?.data ?? [];
  return (
    <PageBody
      title={t('nav.requests')}
      about={t('requests.about')}
      actions={period.isOpen && <LiveSwitch />}
    >
      <Outcome of={page}>
        {(data) => (
          <RequestsTable
            page={data}
            control={control}
            isOperator={isOperator}
            address={addressOf(REQUESTS_API.list, { query })}
          />
        )}
      </Outcome>
      <RowPanel title={t('requests.one')} rows={rows} idOf={idOf} control={control}>
        {control.row !== null && <Story id={control.row} />}
      </RowPanel>
    </PageBody>
  );
}

interface TableProps {
  readonly page: Page;
  readonly control: TableControl;
  readonly isOperator: boolean;
  readonly address: string;
}

function RequestsTable({ page, control, isOperator, address }: TableProps): ReactNode {
  const { t } = useWords();
  return (
    <DataTable
      label={t('nav.requests')}
      columns={requestColumns(isOperator)}
      rows={page.data}
      idOf={idOf}
      control={control}
      paging={page.pagination}
      opensRows
      filters={<FilterBar rows={page.data} isOperator={isOperator} />}
      actions={
        <>
          <ViewsMenu />
          <ExportMenu address={address} formats={['csv', 'json', 'jsonl']} />
        </>
      }
      empty={<NoRows next={page.pagination.next_cursor} control={control} />}
    />
  );
}

/** Nothing here may mean: nothing on this stretch, nothing of these filters, or nothing yet. */
function NoRows(props: { readonly next: string | null; readonly control: TableControl }) {
  const { next, control } = props;
  const { t } = useWords();
  const [url, change] = useUrlState();
  if (next !== null) {
    return (
      <Empty
        icon={IconListSearch}
        title={t('requests.further')}
        text={t('requests.further.why')}
        action={<Button onClick={() => control.goOn(next)}>{t('requests.further.action')}</Button>}
      />
    );
  }
  if (chosenIn(url).length > 0) {
    const none = Object.fromEntries(FILTERS.map((name) => [name, null]));
    return (
      <Empty
        icon={IconListSearch}
        title={t('requests.nomatch')}
        text={t('requests.nomatch.why')}
        action={
          <Button variant="default" onClick={() => change(filtered(none))}>
            {t('requests.clear')}
          </Button>
        }
      />
    );
  }
  return (
    <Empty
      icon={IconListSearch}
      title={t('requests.none')}
      text={t('requests.none.why')}
      action={
        <Button component={Link} to="/virtual-keys" variant="default">
          {t('nav.virtual-keys')}
        </Button>
      }
    />
  );
}

/** The newest page is asked for again and again; whoever reads it may want it to stand still. */
function LiveSwitch(): ReactNode {
  const { t } = useWords();
  const [url, change] = useUrlState();
  const isOff = url['live'] === 'off';
  return (
    <ToolButton
      icon={isOff ? IconPlayerPlay : IconPlayerPause}
      onClick={() => change({ live: isOff ? null : 'off' })}
    >
      {t(isOff ? 'requests.live.on' : 'requests.live.off')}
    </ToolButton>
  );
}
