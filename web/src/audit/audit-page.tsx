import { Anchor, Text } from '@mantine/core';
import { IconSearch, IconShieldSearch } from '@tabler/icons-react';
import { keepPreviousData } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import {
  AUDIT_API,
  type auditPage,
  SUBJECT_KINDS,
  type SubjectKind,
} from '../../../contract/api/audit-api.ts';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { addressOf, useAsk } from '../client.ts';
import { type MessageId, useWords } from '../language/language.ts';
import type { Period } from '../shell/period.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { placeOf } from '../shell/places.ts';
import { type UrlState, useUrlState } from '../shell/url-state.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Facts, Mono } from '../ui/facts.tsx';
import { Time } from '../ui/money.tsx';
import { PageBody } from '../ui/page.tsx';
import { Empty, Outcome } from '../ui/states.tsx';
import { StatusBadge } from '../ui/status-badge.tsx';
import { type Column, DataTable } from '../ui/tables/data-table.tsx';
import { ExportMenu } from '../ui/tables/export-menu.tsx';
import { FilterSelect } from '../ui/tables/filter-select.tsx';
import { MissingRow, RowPanel } from '../ui/tables/row-panel.tsx';
import { SearchField } from '../ui/tables/search-field.tsx';
import { useTableState } from '../ui/tables/table-state.ts';
import { ViewsMenu } from '../ui/tables/views-menu.tsx';

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

const KINDS = Object.keys(SUBJECT_KINDS) as SubjectKind[];
const FILTERS = ['q', 'user_id', 'action', 'kind'] as const;

/** What the address asks the list for. What it says wrongly is left out. */
function queryOf(url: UrlState, { start, end }: Period) {
  return {
    ...{ start, end, user_id: url['user_id'], action: url['action'], subject: url['q'] },
    kind: KINDS.find((kind) => kind === url['kind']),
  };
}

function AuditTable(): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const control = useTableState();
  const query = queryOf(url, usePeriod());
  const entries = useAsk(
    AUDIT_API.list,
    { query: { ...query, limit: 50, cursor: control.cursor ?? undefined } },
    { placeholderData: keepPreviousData },
  );
  const open = entries.data?.data.find(({ id }) => id === control.row);
  return (
    <Outcome of={entries}>
      {({ data, pagination }) => (
        <>
          <DataTable
            label={t('nav.audit')}
            columns={COLUMNS}
            rows={data}
            idOf={idOf}
            control={control}
            paging={pagination}
            opensRows
            filters={<AuditFilters />}
            actions={
              <>
                <ViewsMenu />
                <ExportMenu
                  address={addressOf(AUDIT_API.list, { query })}
                  formats={['csv', 'json', 'jsonl']}
                />
              </>
            }
            empty={<NoEntries isFiltered={FILTERS.some((name) => url[name] !== undefined)} />}
          />
          <RowPanel
            title={open === undefined ? '' : (wordsFor(open, t) ?? open.action)}
            rows={data}
            idOf={idOf}
            control={control}
          >
            {open !== undefined ? <EntryFacts of={open} /> : control.row !== null && <MissingRow />}
          </RowPanel>
        </>
      )}
    </Outcome>
  );
}

function AuditFilters(): ReactNode {
  const { t } = useWords();
  const users = useAsk(PEOPLE_API.users, { query: { limit: 500 } }).data?.data ?? [];
  const actions = useAsk(AUDIT_API.actions).data?.data ?? [];
  return (
    <>
      <SearchField label={t('audit.search')} />
      <FilterSelect
        name="user_id"
        label={t('audit.who')}
        any={t('audit.anyone')}
        data={users.map(({ id, username }) => ({ value: id, label: username }))}
      />
      <FilterSelect
        name="action"
        label={t('audit.action')}
        any={t('audit.any.action')}
        data={actions.map((value) => ({ value, label: value }))}
        isWide
      />
      <FilterSelect
        name="kind"
        label={t('audit.kind')}
        any={t('audit.any.kind')}
        data={KINDS.map((value) => ({ value, label: t(`audit.kind.${value}`) }))}
      />
    </>
  );
}

function NoEntries({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  const { t } = useWords();
  if (isFiltered) {
    return (
      <Empty icon={IconSearch} title={t('audit.none.found')} text={t('audit.none.found.why')} />
    );
  }
  return <Empty icon={IconShieldSearch} title={t('audit.none')} text={t('audit.none.why')} />;
}

const COLUMNS: readonly Column<Entry>[] = [
  {
    ...{ name: 'at', label: 'audit.at', isFixed: true },
    cell: ({ at }) => <Time at={at} style="short" />,
  },
  { name: 'who', label: 'audit.who', cell: (entry) => <Who of={entry} /> },
  {
    ...{ name: 'action', label: 'audit.action', isFixed: true },
    cell: (entry) => <What of={entry} />,
  },
  { name: 'subject', label: 'audit.subject', cell: ({ subject }) => <Subject id={subject} /> },
  { name: 'status', label: 'audit.status', cell: ({ status }) => <Status code={status} /> },
  { name: 'ip', label: 'audit.ip', cell: ({ ip }) => ip ?? '–' },
];

function Who({ of }: { readonly of: Entry }): ReactNode {
  const { t } = useWords();
  const actor = t(`audit.actor.${of.actor}`);
  if (of.user_id === null) return actor;
  return (
    <>
      {of.user ?? of.user_id}
      <Text size="xs" c="dimmed">
        {actor}
      </Text>
    </>
  );
}

/** As much as most calls take that stand below it, so that the answer is still seen beside it. */
const WORDS_WIDTH = 240;

/** In words, and as the call that it was. */
function What({ of }: { readonly of: Entry }): ReactNode {
  const { t } = useWords();
  const { action } = of;
  const words = wordsFor(of, t);
  if (words === null) return <Mono text={action} />;
  return (
    <>
      <Text inherit maw={WORDS_WIDTH} style={{ whiteSpace: 'normal' }}>
        {words}
      </Text>
      <Text size="xs" c="dimmed">
        <Mono text={action} />
      </Text>
    </>
  );
}

/** What the call did; null: it is there no more. For each that is there every language has words, see its test. */
function wordsFor({ action, summary }: Entry, t: (id: MessageId) => string): string | null {
  return summary === null ? null : t(`audit.did.${action}` as MessageId);
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

function EntryFacts({ of }: { readonly of: Entry }): ReactNode {
  const { t } = useWords();
  return (
    <Facts
      facts={[
        [t('audit.at'), <Time key="at" at={of.at} style="full" />],
        [t('audit.who'), <Who key="who" of={of} />],
        [t('audit.action'), <What key="action" of={of} />],
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
