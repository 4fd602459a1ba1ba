import { Anchor, Text } from '@mantine/core';
import { IconShieldSearch } from '@tabler/icons-react';
import { keepPreviousData } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { AUDIT_API, type auditPage } from '../../../contract/api/audit-api.ts';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { placeOf } from '../shell/places.ts';
import { FIRST_PAGE, useUrlState } from '../shell/url-state.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Facts, Mono } from '../ui/facts.tsx';
import { FilterSelect } from '../ui/filter-select.tsx';
import { Time } from '../ui/money.tsx';
import { PageBody } from '../ui/page.tsx';
import { RowPanel } from '../ui/row-panel.tsx';
import { Empty, Outcome } from '../ui/states.tsx';
import { StatusBadge } from '../ui/status-badge.tsx';
import { useTableState } from '../ui/table-state.ts';

type Entry = z.output<typeof auditPage>['data'][number];

export function AuditPage(): ReactNode {
  const { t } = useWords();
  return (
    <PageBody title={t('nav.audit')} about={t('audit.about')}>
      <AuditTable />
    </PageBody>
  );
}

const idOf = ({ id }: Entry): string => id;

/** Those who signed in at some time; an id whose user is gone stays an id. */
function useNames(): ReadonlyMap<string, string> {
  const users = useAsk(PEOPLE_API.users, { query: { limit: 500 } });
  return new Map(users.data?.data.map(({ id, name, username }) => [id, name ?? username]) ?? []);
}

function AuditTable(): ReactNode {
  const { t } = useWords();
  const [url, change] = useUrlState();
  const control = useTableState();
  const names = useNames();
  const query = { limit: 50, cursor: control.cursor ?? undefined, user_id: url['user_id'] };
  const entries = useAsk(AUDIT_API.list, { query }, { placeholderData: keepPreviousData });
  const open = entries.data?.data.find(({ id }) => id === control.row);
  return (
    <Outcome of={entries}>
      {({ data, pagination }) => (
        <>
          <DataTable
            label={t('nav.audit')}
            columns={columnsFor(names)}
            rows={data}
            idOf={idOf}
            control={control}
            paging={pagination}
            opensRows
            filters={
              <FilterSelect
                label={t('audit.who')}
                any={t('audit.anyone')}
                value={url['user_id']}
                data={[...names].map(([value, label]) => ({ value, label }))}
                choose={(user) => change({ ...FIRST_PAGE, user_id: user })}
              />
            }
            empty={
              <Empty icon={IconShieldSearch} title={t('audit.none')} text={t('audit.none.why')} />
            }
          />
          <RowPanel title={open?.action ?? ''} rows={data} idOf={idOf} control={control}>
            {open !== undefined && <EntryFacts of={open} names={names} />}
          </RowPanel>
        </>
      )}
    </Outcome>
  );
}

function columnsFor(names: ReadonlyMap<string, string>): readonly Column<Entry>[] {
  return [
    {
      ...{ name: 'at', label: 'audit.at', isFixed: true },
      cell: ({ at }) => <Time at={at} style="short" />,
    },
    { name: 'who', label: 'audit.who', cell: (entry) => <Who of={entry} names={names} /> },
    {
      ...{ name: 'action', label: 'audit.action', isFixed: true },
      cell: ({ action }) => <Mono text={action} />,
    },
    { name: 'subject', label: 'audit.subject', cell: ({ subject }) => <Subject id={subject} /> },
    { name: 'status', label: 'audit.status', cell: ({ status }) => <Status code={status} /> },
    { name: 'ip', label: 'audit.ip', cell: ({ ip }) => ip ?? '–' },
  ];
}

function Who(props: { readonly of: Entry; readonly names: ReadonlyMap<string, string> }) {
  const { of, names } = props;
  const { t } = useWords();
  const actor = t(`audit.actor.${of.actor}`);
  if (of.user_id === null) return actor;
  return (
    <>
      {names.get(of.user_id) ?? of.user_id}
      <Text size="xs" c="dimmed">
        {actor}
      </Text>
    </>
  );
}

/** What it was about, with the way there where it has a page. */
function Subject({ id }: { readonly id: string | null }): ReactNode {
  if (id === null) return '–';
  const place = placeOf(id);
  if (place === null) return <Mono text={id} />;
  return (
    <Anchor
      size="sm"
      className="tk-mono"
      renderRoot={(rest) => <Link {...rest} to={place.path} search={place.search as never} />}
    >
      {id}
    </Anchor>
  );
}

function Status({ code }: { readonly code: number }): ReactNode {
  return <StatusBadge tone={code < 400 ? 'good' : 'bad'} label={String(code)} />;
}

function EntryFacts(props: { readonly of: Entry; readonly names: ReadonlyMap<string, string> }) {
  const { of, names } = props;
  const { t } = useWords();
  return (
    <Facts
      facts={[
        [t('audit.at'), <Time key="at" at={of.at} style="full" />],
        [t('audit.who'), <Who key="who" of={of} names={names} />],
        [t('audit.action'), <Mono key="action" text={of.action} />],
        [t('audit.subject'), of.subject && <Subject key="subject" id={of.subject} />],
        [t('audit.status'), <Status key="status" code={of.status} />],
        [t('audit.ip'), of.ip],
        [
          t('audit.request'),
          <span key="request">
            <Mono text={of.request_id} />{' '}
            <CopyButton value={of.request_id} label={t('state.request.copy')} />
          </span>,
        ],
      ]}
    />
  );
}
