import { Card, Skeleton } from '@mantine/core';
import { IconChartDots3 } from '@tabler/icons-react';
import { keepPreviousData } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { FIGURES_API } from '../../../contract/api/figures-api.ts';
import { addressOf, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { usePerson } from '../shell/session.ts';
import { useUrlState } from '../shell/url-state.ts';
import { Chart, ChartFoot } from '../ui/charts/chart.tsx';
import { bucketsIn, type FiguresReply, seriesIn, unitOf } from '../ui/charts/figures-series.ts';
import { PageBody, Section } from '../ui/page.tsx';
import { Empty, Failed } from '../ui/states.tsx';
import { ExportMenu } from '../ui/tables/export-menu.tsx';
import { Controls } from './controls.tsx';
import { FilterRow } from './filter-row.tsx';
import { type Question, queryOf, questionOf } from './question.ts';
import { SeriesTable } from './series-table.tsx';

export function StatsPage(): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const period = usePeriod();
  const isOperator = usePerson().role === 'admin';
  const question = questionOf(url, { period, isOperator });
  const given = { query: queryOf(question, period) };
  const asked = useAsk(FIGURES_API.figures, given, { placeholderData: keepPreviousData });
  return (
    <PageBody
      title={t('nav.stats')}
      about={t(`stats.about.${question.source}`)}
      actions={
        <ExportMenu
          address={addressOf(FIGURES_API.figures, given)}
          formats={['csv', 'json', 'jsonl']}
        />
      }
    >
      <Card>
        <Controls question={question} isOperator={isOperator}>
          <FilterRow question={question} isOperator={isOperator} />
        </Controls>
      </Card>
      {asked.data !== undefined ? (
        <Answer of={asked.data} question={question} />
      ) : asked.isError ? (
        <Failed problem={asked.error} retry={asked.refetch} />
      ) : (
        <Skeleton height={420} radius="md" />
      )}
    </PageBody>
  );
}

interface AnswerProps {
  readonly of: FiguresReply;
  readonly question: Question;
}

function Answer({ of, question }: AnswerProps): ReactNode {
  const { t } = useWords();
  const { group, subgroup, metric, source } = question;
  const isNothing = group !== null && of.data.series.length === 0;
  const title = t(`stats.metric.${metric}`);
  const parts = [group, subgroup].flatMap((one) => (one === null ? [] : [t(`by.${one}`)]));
  if (isNothing) {
    return (
      <Card>
        <Empty
          icon={IconChartDots3}
          title={t('stats.none')}
          text={t(source === 'provider' ? 'stats.none.provider' : 'stats.none.gateway')}
        />
      </Card>
    );
  }
  return (
    <>
      {question.bucket !== 'none' && (
        <Section title={title}>
          <Card>
            <Course of={of} question={question} label={title} />
          </Card>
        </Section>
      )}
      <Section
        title={parts.length === 0 ? t('stats.whole') : t('stats.by', { parts: parts.join(' · ') })}
      >
        <Card>
          <SeriesTable of={of} question={question} />
          {question.bucket === 'none' && <ChartFoot {...factsOf(of)} />}
        </Card>
      </Section>
    </>
  );
}

function factsOf({ data, meta }: FiguresReply) {
  return { unit: unitOf(data), asOf: meta.as_of, unpriced: data.figures.unpriced_requests };
}

function Course(props: AnswerProps & { readonly label: string }): ReactNode {
  const { of, question, label } = props;
  const { t } = useWords();
  const { view, group } = question;
  const series = seriesIn(of, group === null ? t('by.all') : null);
  return (
    <Chart
      label={label}
      kind={view === 'sum' ? 'areas' : view}
      {...factsOf(of)}
      {...bucketsIn(of.data.buckets)}
      series={series}
      height={320}
    />
  );
}
