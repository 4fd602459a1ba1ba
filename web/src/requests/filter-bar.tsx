import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { type MessageId, useWords } from '../language/language.ts';
import { type UrlState, useUrlState } from '../shell/url-state.ts';
import { FilterChip, FilterMenu } from '../ui/tables/filter-menu.tsx';
import { GROUP_FILTERS, type GroupFilter } from '../ui/tables/group-filters.ts';
import { GroupSelect } from '../ui/tables/group-select.tsx';
import { SearchField } from '../ui/tables/search-field.tsx';
import type { UsageRecord } from './columns.tsx';
import {
  CHOICES,
  type ChoiceFilter,
  chosenIn,
  type Filter,
  filtered,
  isWholeId,
} from './filters.ts';

interface BarProps {
  /** Of the page that is seen: they know what the ids in the address are called. */
  readonly rows: readonly UsageRecord[];
  readonly isOperator: boolean;
}

export function FilterBar({ rows, isOperator }: BarProps): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const chosen = chosenIn(url).filter((name) => name !== 'q');
  return (
    <>
      <Search />
      <FilterMenu label={t('requests.filters')}>
        <Choice name="outcome" />
        <Choice name="failure" />
        <Choice name="provenance" />
        {(Object.keys(GROUP_FILTERS) as GroupFilter[])
          .filter((name) => isOperator || name !== 'user_id')
          .map((name) => (
            <Group key={name} name={name} />
          ))}
      </FilterMenu>
      {chosen.map((name) => (
        <Chip key={name} name={name} url={url} rows={rows} />
      ))}
    </>
  );
}

/** A whole id opens the story of its request at once. */
function Search(): ReactNode {
  const { t } = useWords();
  return (
    <SearchField label={t('requests.search')} also={(q) => ({ row: isWholeId(q) ? q : null })} />
  );
}

function Choice({ name }: { readonly name: ChoiceFilter }): ReactNode {
  const { t } = useWords();
  const [url, change] = useUrlState();
  const label = (value: string): string =>
    name === 'failure' ? value : t(`requests.${name}.${value}` as MessageId);
  return (
    <Select
      size="xs"
      label={t(`requests.${name}`)}
      placeholder={t('requests.any')}
      data={CHOICES[name].map((value) => ({ value, label: label(value) }))}
      value={url[name] ?? null}
      onChange={(value) => change(filtered({ [name]: value }))}
      searchable={name === 'failure'}
      clearable
      comboboxProps={{ withinPortal: false }}
    />
  );
}

function Group({ name }: { readonly name: GroupFilter }): ReactNode {
  const { t } = useWords();
  const [url, change] = useUrlState();
  const group = GROUP_FILTERS[name];
  return (
    <GroupSelect
      group={group}
      label={t(`requests.${group}`)}
      any={t('requests.any')}
      nothing={t('requests.nomatch')}
      value={url[name] ?? null}
      onChange={(value) => change(filtered({ [name]: value }))}
    />
  );
}

const RECORD_FIELD = {
  user_id: 'user',
  key_id: 'key',
  provider: 'provider',
  provider_key_id: 'provider_key',
} as const;

/** A filter that is on, with the way to take it off. */
function Chip(props: {
  readonly name: Exclude<Filter, 'q'>;
  readonly url: UrlState;
  readonly rows: readonly UsageRecord[];
}): ReactNode {
  const { name, url, rows } = props;
  const { t } = useWords();
  const [, change] = useUrlState();
  const value = url[name] ?? '';
  const label = t(
    `requests.${name in GROUP_FILTERS ? GROUP_FILTERS[name as GroupFilter] : name}` as MessageId,
  );
  const said = valueText({ name, value, rows }, t);
  return (
    <FilterChip
      name={label}
      value={said}
      offLabel={t('requests.filter.off', { name: label })}
      off={() => change(filtered({ [name]: null }))}
    />
  );
}

function valueText(
  of: { readonly name: string; readonly value: string; readonly rows: readonly UsageRecord[] },
  t: ReturnType<typeof useWords>['t'],
): string {
  const { name, value, rows } = of;
  if (name === 'outcome' || name === 'provenance') {
    const isKnown = (CHOICES[name] as readonly string[]).includes(value);
    return isKnown ? t(`requests.${name}.${value}` as MessageId) : value;
  }
  if (!(name in RECORD_FIELD)) return value;
  const field = RECORD_FIELD[name as keyof typeof RECORD_FIELD];
  return rows.find((row) => row[field]?.id === value)?.[field]?.label ?? value;
}
