import { Button, Card } from '@mantine/core';
import { IconReportMoney } from '@tabler/icons-react';
import { keepPreviousData } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { REPORTS_API } from '../../../contract/api/reports-api.ts';
import { addressOf, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { Chart, ChartFoot, type NamedSeries } from '../ui/charts/chart.tsx';
import { PageBody, Section } from '../ui/page.tsx';
import { Empty, Outcome } from '../ui/states.tsx';
import { ExportMenu } from '../ui/tables/export-menu.tsx';
import { type Report, UserCosts } from './user-costs.tsx';

/** So many users are told apart by eye; the table of the chart has the same. */
const TOP = 7;

export function ReportsPage(): ReactNode {
  const { t } = useWords();
  const { start, end } = usePeriod();
  const given = { query: { start, end } };
  const report = useAsk(REPORTS_API.costByUser, given, { placeholderData: keepPreviousData });
  return (
    <PageBody
      title={t('nav.reports')}
      about={t('reports.about')}
      actions={
        <ExportMenu
          address={addressOf(REPORTS_API.costByUser, given)}
          formats={['csv', 'json', 'jsonl']}
        />
      }
    >
      <Outcome of={report}>
        {(answer) => (answer.by_user.length === 0 ? <NoCosts /> : <Costs of={answer} />)}
      </Outcome>
    </PageBody>
  );
}

function NoCosts(): ReactNode {
  const { t } = useWords();
  return (
    <Card>
      <Empty
        icon={IconReportMoney}
        title={t('reports.none')}
        text={t('reports.none.why')}
        action={
          <Button component={Link} to="/virtual-keys" variant="default">
            {t('nav.virtual-keys')}
          </Button>
        }
      />
    </Card>
  );
}

function Costs({ of }: { readonly of: Report }): ReactNode {
  const { t } = useWords();
  const { isOpen } = usePeriod();
  const facts = {
    asOf: of.as_of,
    unpriced: of.by_user.reduce((sum, user) => sum + user.unpriced_requests, 0),
  };
  const buckets = of.daily.map(({ date }) => date);
  const shared = { ...facts, unit: 'money', buckets, isOpen } as const;
  return (
    <>
      <Section title={t('reports.user')}>
        <Card>
          <UserCosts of={of} foot={<ChartFoot unit="money" {...facts} />} />
        </Card>
      </Section>
      <Section title={t('reports.day')}>
        <Card>
          <Chart
            {...shared}
            label={t('reports.day')}
            series={[
              {
                name: 'day',
                label: t('reports.cost.day'),
                values: of.daily.map(({ cost_usd }) => cost_usd),
              },
            ]}
            overlay={{
              name: 'sum',
              label: t('reports.cost.sum'),
              values: of.daily.map(({ cumulative_cost_usd }) => cumulative_cost_usd),
            }}
          />
        </Card>
      </Section>
      <Section title={t('reports.both')}>
        <Card>
          <Chart {...shared} label={t('reports.both')} series={seriesOfUsers(of)} top={TOP} />
        </Card>
      </Section>
    </>
  );
}

/** Every day has a line for each user, in the order of the days. */
function seriesOfUsers({ by_user, daily_by_user }: Report): readonly NamedSeries[] {
  const lines = Map.groupBy(daily_by_user, ({ label }) => label);
  return by_user.map(({ label }) => ({
    name: label,
    label,
    values: (lines.get(label) ?? []).map(({ cost_usd }) => cost_usd),
  }));
}
