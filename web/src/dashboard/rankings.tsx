import { Card, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { FIGURES_API, type Group } from '../../../contract/api/figures-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { keptSearch, useUrlState } from '../shell/url-state.ts';
import { seriesIn } from '../ui/charts/figures-series.ts';
import { RankList } from '../ui/charts/rank-list.tsx';
import { numberOf, OTHER } from '../ui/charts/series.ts';
import { Money } from '../ui/money.tsx';
import { Section } from '../ui/page.tsx';
import { Failed } from '../ui/states.tsx';
import classes from './dashboard.module.css';
import { ExploreLink } from './explore-link.tsx';

/** So many lines; what is left is one more. */
const LINES = 7;

/** What models cost, and whose use that was. */
export function Rankings({ isOperator }: { readonly isOperator: boolean }): ReactNode {
  return (
    <div className={classes['pair']}>
      <Ranking group="model" />
      <Ranking group={isOperator ? 'user' : 'key'} />
    </div>
  );
}

/** The filter of the figures by which each group is told. */
const FILTERS = { model: 'model', user: 'user_id', key: 'key_id' } as const;

function Ranking({ group }: { readonly group: Extract<Group, 'model' | 'user' | 'key'> }) {
  const { t } = useWords();
  const { start, end } = usePeriod();
  const [state] = useUrlState();
  const query = { start, end, metric: 'spend', group, bucket: 'none', top: LINES } as const;
  const asked = useAsk(FIGURES_API.figures, { query });
  const title = t(`dashboard.cost.${group}`);
  return (
    <Section title={title} aside={<ExploreLink of={{ metric: 'spend', group }} />}>
      <Card p="xs">
        {asked.isError && asked.data === undefined ? (
          <Failed problem={asked.error} retry={asked.refetch} />
        ) : asked.data === undefined ? (
          <Skeleton height={240} radius="md" />
        ) : (
          <RankList
            label={title}
            total={numberOf(asked.data.data.total.value)}
            items={seriesIn(asked.data, null).map(({ name, label, value, group: id }) => ({
              name,
              label: name === OTHER ? t('chart.other') : label,
              size: numberOf(value),
              value: <Money amount={value} isUnpriced={value === null} />,
              ...(id === null || id === ''
                ? {}
                : {
                    to: {
                      path: '/requests',
                      search: { ...keptSearch(state), [FILTERS[group]]: id },
                    },
                  }),
            }))}
          />
        )}
      </Card>
    </Section>
  );
}
