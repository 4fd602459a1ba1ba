import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { useUrlState } from '../shell/url-state.ts';
import { FilterChip, FilterMenu } from '../ui/tables/filter-menu.tsx';
import { GROUP_FILTERS, type GroupFilter } from '../ui/tables/group-filters.ts';
import { GroupSelect, useNames } from '../ui/tables/group-select.tsx';
import { groupsOf, type Question } from './question.ts';
import classes from './stats.module.css';

interface FilterRowProps {
  readonly question: Question;
  readonly isOperator: boolean;
}

/** Which requests are meant: what is chosen stands beside the button, and is taken off there. */
export function FilterRow({ question, isOperator }: FilterRowProps): ReactNode {
  const { t } = useWords();
  const [, change] = useUrlState();
  const { source, filters } = question;
  const groups = groupsOf(source, isOperator);
  const names = (Object.keys(GROUP_FILTERS) as GroupFilter[]).filter((name) =>
    groups.includes(GROUP_FILTERS[name]),
  );
  return (
    <div className={classes['filters']}>
      <FilterMenu label={t('stats.filter')}>
        {names.map((name) => (
          <GroupSelect
            key={name}
            group={GROUP_FILTERS[name]}
            source={source}
            label={t(`by.${GROUP_FILTERS[name]}`)}
            any={t('stats.any')}
            nothing={t('stats.nothing')}
            value={filters[name] ?? null}
            onChange={(value) => change({ [name]: value })}
          />
        ))}
      </FilterMenu>
      {names
        .filter((name) => filters[name] !== undefined)
        .map((name) => (
          <Chosen key={name} name={name} question={question} />
        ))}
    </div>
  );
}

function Chosen(props: { readonly name: GroupFilter; readonly question: Question }): ReactNode {
  const { name, question } = props;
  const { t } = useWords();
  const [, change] = useUrlState();
  const known = useNames(GROUP_FILTERS[name], question.source);
  const id = question.filters[name] ?? '';
  const label = t(`by.${GROUP_FILTERS[name]}`);
  const said = known.find((one) => one.id === id)?.label ?? id;
  return (
    <FilterChip
      name={label}
      value={said}
      offLabel={t('stats.filter.off', { name: label })}
      off={() => change({ [name]: null })}
    />
  );
}
