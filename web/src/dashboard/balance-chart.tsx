import { Card, Skeleton, Stack } from '@mantine/core';
import { IconWallet } from '@tabler/icons-react';
import { useQueries } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import {
  type balances,
  MONITORING_API,
  READINGS_MAX,
} from '../../../contract/api/monitoring-api.ts';
import { ask, keyOf, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { addDays, dayOf, type Period } from '../shell/period.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { namesApart, useProviderName } from '../shell/provider-names.ts';
import { Chart } from '../ui/charts/chart.tsx';
import { closings } from '../ui/charts/closings.ts';
import { Section } from '../ui/page.tsx';
import { Empty, Failed, Outcome } from '../ui/states.tsx';

type Balances = z.output<typeof balances>;
type KeyState = Balances['data'][number];

/** What was left on each key at the end of each day. */
export function BalanceChart(): ReactNode {
  const { t } = useWords();
  const asked = useAsk(MONITORING_API.balances);
  return (
    <Section title={t('subject.balance')} about={t('dashboard.balance.about')}>
      <Outcome of={asked}>
        {(known) =>
          known.totals.length === 0 ? (
            <Card>
              <Empty
                icon={IconWallet}
                title={t('dashboard.balance.none')}
                text={t('dashboard.balance.why')}
              />
            </Card>
          ) : (
            <Stack gap="md">
              {known.totals.map(({ currency }) => (
                <CurrencyChart
                  key={currency}
                  currency={currency}
                  keys={known.data.filter((key) => key.currency === currency)}
                />
              ))}
            </Stack>
          )
        }
      </Outcome>
    </Section>
  );
}

function CurrencyChart(props: {
  readonly currency: string;
  readonly keys: readonly KeyState[];
}): ReactNode {
  const { currency, keys } = props;
  const { t } = useWords();
  const period = usePeriod();
  const histories = useHistories(keys, period);
  const failed = histories.find(({ isError, data }) => isError && data === undefined);
  const days = Array.from({ length: period.days }, (_, at) => addDays(period.start, at));
  const today = dayOf(Date.now());
  const names = namesApart(keys, useProviderName());
  const newest = keys.map(({ balance_at }) => balance_at ?? '').sort();
  return (
    <Card>
      {failed?.error != null ? (
        <Failed problem={failed.error} retry={failed.refetch} />
      ) : histories.some(({ data }) => data === undefined) ? (
        <Skeleton height={330} radius="md" />
      ) : (
        <Chart
          label={t('dashboard.balance.chart', { currency })}
          kind="lines"
          unit="money"
          currency={currency}
          buckets={days}
          series={keys.map(({ key_id }, index) => ({
            name: key_id,
            label: names[index] ?? '',
            values: closings(histories[index]?.data?.data ?? [], days, today),
          }))}
          asOf={newest.at(-1) || null}
        />
      )}
    </Card>
  );
}

function useHistories(keys: readonly KeyState[], { start, end }: Period) {
  return useQueries({
    queries: keys.map(({ key_id }) => {
      const given = { params: { id: key_id }, query: { start, end, limit: READINGS_MAX } };
      return {
        queryKey: keyOf(MONITORING_API.history, given),
        queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
          ask(MONITORING_API.history, given, signal),
      };
    }),
  });
}
