import { Card, Group, SegmentedControl, Skeleton } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { FIGURES_API, type Group as Split } from '../../../contract/api/figures-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { figuresOf } from '../shell/period.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { useUrlState } from '../shell/url-state.ts';
import { Chart } from '../ui/charts/chart.tsx';
import { bucketsIn, seriesIn, unitOf } from '../ui/charts/figures-series.ts';
import { Section } from '../ui/page.tsx';
import { Failed } from '../ui/states.tsx';
import { ExploreLink } from './explore-link.tsx';
import { type Subject, useSubject } from './subject.ts';

const BalanceChart = lazy(async () => ({
  default: (await import('./balance-chart.tsx')).BalanceChart,
}));
const RunwayList = lazy(async () => ({ default: (await import('./runway-list.tsx')).RunwayList }));

interface ChosenProps {
  readonly isOperator: boolean;
  readonly unpriced: number;
}

/** The chart of the card that was chosen. */
export function ChosenChart(props: ChosenProps): ReactNode {
  const [subject] = useSubject();
  if (subject === 'balance' || subject === 'runway') {
    const OfKeys = subject === 'balance' ? BalanceChart : RunwayList;
    return (
      <Suspense fallback={<Skeleton height={330} radius="md" />}>
        <OfKeys />
      </Suspense>
    );
  }
  return <UsageChart {...props} subject={subject} />;
}

const MEMBER_GROUPS = ['model', 'provider', 'key'] as const satisfies readonly Split[];
const OPERATOR_GROUPS = ['model', 'user', 'provider', 'key'] as const satisfies readonly Split[];
const WHOLE = 'all';

/** So many series are told apart by eye. */
const TOP = 7;

interface UsageProps extends ChosenProps {
  readonly subject: Exclude<Subject, 'runway' | 'balance'>;
}

function UsageChart({ subject, isOperator, unpriced }: UsageProps): ReactNode {
  const { t } = useWords();
  const period = usePeriod();
  const [state, change] = useUrlState();
  const groups = isOperator ? OPERATOR_GROUPS : MEMBER_GROUPS;
  const by =
    state['by'] === WHOLE ? null : (groups.find((name) => name === state['by']) ?? 'model');
  const query = { ...figuresOf(period), metric: subject, group: by ?? undefined, top: TOP };
  const asked = useAsk(FIGURES_API.figures, { query });
  const choices = [...groups.map((name) => ({ value: name, label: t(`by.${name}`) }))];
  return (
    <Section
      title={t(`subject.${subject}`)}
      aside={
        <Group gap="sm">
          <ExploreLink of={{ metric: subject, group: by ?? WHOLE }} />
          <SegmentedControl
            aria-label={t('by.title')}
            value={by ?? WHOLE}
            onChange={(value) => change({ by: value === 'model' ? null : value })}
            data={[...choices, { value: WHOLE, label: t('by.all') }]}
          />
        </Group>
      }
    >
      <Card>
        {asked.data === undefined ? (
          asked.isError ? (
            <Failed problem={asked.error} retry={asked.refetch} />
          ) : (
            <Skeleton height={330} radius="md" />
          )
        ) : (
          <Chart
            label={t(`subject.${subject}`)}
            kind={subject === 'ttft_p95' ? 'lines' : 'bars'}
            unit={unitOf(asked.data.data)}
            {...bucketsIn(asked.data.data.buckets)}
            series={seriesIn(asked.data, by === null ? t('by.all') : null)}
            asOf={asked.data.meta.as_of}
            unpriced={unpriced}
          />
        )}
      </Card>
    </Section>
  );
}
