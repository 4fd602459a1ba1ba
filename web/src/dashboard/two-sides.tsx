import { Card, Skeleton, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { STATISTICS_API, type statisticsReply } from '../../../contract/api/statistics-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { Chart } from '../ui/charts/chart.tsx';
import { Money, Time, Tokens } from '../ui/money.tsx';
import { Section } from '../ui/page.tsx';
import { Failed } from '../ui/states.tsx';
import figures from '../ui/tables/figures-table.module.css';
import classes from './dashboard.module.css';
import { ExploreLink } from './explore-link.tsx';

type Side = z.output<typeof statisticsReply>;

/** What was metered here beside what the providers say. They cover different calls, so no sum is made of them. */
export function TwoSides(): ReactNode {
  const { t } = useWords();
  const { start, end } = usePeriod();
  const gateway = useAsk(STATISTICS_API.stats, { query: { start, end, source: 'gateway' } });
  const provider = useAsk(STATISTICS_API.stats, { query: { start, end, source: 'provider' } });
  const failed = [gateway, provider].find(({ isError, data }) => isError && data === undefined);
  const isQuiet = [gateway, provider].every(({ data }) => data?.data.total_requests === 0);
  // Where there is nothing on either side there is nothing to hold beside each other.
  if (isQuiet) return null;
  return (
    <Section
      title={t('sides.title')}
      about={t('sides.about')}
      aside={<ExploreLink of={{ source: 'provider', metric: 'spend' }} />}
    >
      <Card>
        {failed?.error != null ? (
          <Failed problem={failed.error} retry={failed.refetch} />
        ) : gateway.data === undefined || provider.data === undefined ? (
          <Skeleton height={300} radius="md" />
        ) : (
          <Sides gateway={gateway.data} provider={provider.data} />
        )}
      </Card>
    </Section>
  );
}

function Sides(props: { readonly gateway: Side; readonly provider: Side }): ReactNode {
  const { gateway, provider } = props;
  const { t } = useWords();
  const { isOpen } = usePeriod();
  const sides = [
    { name: 'gateway', label: t('sides.gateway'), side: gateway },
    { name: 'provider', label: t('sides.provider'), side: provider },
  ];
  return (
    <div className={classes['sides']}>
      <div>
        <SidesTable sides={sides} />
        <Text size="xs" c="dimmed" mt="sm">
          {provider.meta.as_of === null ? t('sides.never') : t('sides.read')}{' '}
          {provider.meta.as_of !== null && <Time at={provider.meta.as_of} />}
        </Text>
      </div>
      <Chart
        label={t('sides.chart')}
        kind="lines"
        unit="money"
        height={210}
        buckets={gateway.data.by_day.map(({ date }) => date)}
        series={sides.map(({ name, label, side }) => ({
          name,
          label,
          values: side.data.by_day.map(({ cost_usd }) => cost_usd),
        }))}
        isOpen={isOpen}
        asOf={gateway.meta.as_of}
      />
    </div>
  );
}

interface NamedSide {
  readonly name: string;
  readonly label: string;
  readonly side: Side;
}

function SidesTable({ sides }: { readonly sides: readonly NamedSide[] }): ReactNode {
  const { t } = useWords();
  const lines = [
    {
      label: t('sides.cost'),
      cell: ({ data }: Side) => <Money amount={data.total_cost_usd} />,
    },
    {
      label: t('sides.requests'),
      cell: ({ data }: Side) => <Tokens count={data.total_requests} />,
    },
    {
      label: t('sides.input'),
      cell: ({ data }: Side) => <Tokens count={data.total_tokens_input} />,
    },
    {
      label: t('sides.output'),
      cell: ({ data }: Side) => <Tokens count={data.total_tokens_output} />,
    },
    {
      label: t('sides.average.cost'),
      cell: ({ data }: Side) => <Money amount={data.average_cost_per_request_usd} />,
    },
    {
      label: t('sides.average.requests'),
      cell: ({ data }: Side) => <Tokens count={Math.round(data.average_requests_per_day)} />,
    },
  ];
  return (
    <table className={`${figures['table']} ${classes['table']}`}>
      <thead>
        <tr>
          <td />
          {sides.map(({ name, label }) => (
            <th key={name} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lines.map(({ label, cell }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            {sides.map(({ name, side }) => (
              <td key={name}>{cell(side)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
