import { Button, Skeleton, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { MONITORING_API, READINGS_MAX } from '../../../contract/api/monitoring-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { addDays, dayOf } from '../shell/period.ts';
import { Chart } from '../ui/charts/chart.tsx';
import { closings } from '../ui/charts/closings.ts';
import { countText } from '../ui/figures.ts';
import { Money, Time } from '../ui/money.tsx';
import { Section } from '../ui/page.tsx';
import { Failed } from '../ui/states.tsx';
import { DAYS_BACK, daysAround } from './forecast.ts';
import classes from './keys.module.css';
import type { ProviderKey } from './provider-key.ts';

interface BalanceProps {
  readonly of: ProviderKey;
  /** Absent where the provider itself says what is left, or where nobody may say it in its place. */
  readonly setAnchor?: (() => void) | undefined;
}

/** What is left, who says so, for how long it lasts, and how it came there. */
export function BalanceSection({ of, setAnchor }: BalanceProps): ReactNode {
  const { t } = useWords();
  const { balance, balance_source: source } = of;
  const anchor = setAnchor !== undefined && (
    <Button variant="default" size="compact-sm" onClick={setAnchor}>
      {t('pk.anchor')}
    </Button>
  );
  return (
    <Section title={t('pk.history')} aside={anchor}>
      {balance === null || source === null ? (
        <Text size="sm" c="dimmed">
          {t('pk.balance.none')}
        </Text>
      ) : (
        <>
          <div className={classes['head']}>
            <span className={classes['balance']}>
              <Money amount={balance} currency={of.currency} />
            </span>
            <span className={classes['soft']}>
              <Time at={of.balance_at} /> · {t(`pk.source.${source}`)}
            </span>
          </div>
          <RunwayText of={of} />
          <History of={of} />
        </>
      )}
    </Section>
  );
}

function RunwayText({ of }: { readonly of: ProviderKey }): ReactNode {
  const { t } = useWords();
  const { runway_low_days: low, runway_high_days: high } = of;
  const said = (days: number | null): string => countText(Math.floor(days ?? 0));
  const text =
    low === null
      ? t('pk.runway.none')
      : high === null
        ? t('pk.runway.open', { low: said(low) })
        : t('pk.runway.band', { low: said(low), high: countText(Math.ceil(high)) });
  return (
    <Text size="sm" mt={2}>
      {text}
    </Text>
  );
}

function History({ of }: { readonly of: ProviderKey }): ReactNode {
  const { t } = useWords();
  const today = dayOf(Date.now());
  const start = addDays(today, 1 - DAYS_BACK);
  const history = useAsk(MONITORING_API.history, {
    params: { id: of.id },
    query: { start, limit: READINGS_MAX },
  });
  if (history.data === undefined) {
    if (history.isError) return <Failed problem={history.error} retry={history.refetch} />;
    return <Skeleton height={200} mt={12} radius="md" />;
  }
  const { days, low, high, isFalling } = daysAround(of, today);
  const { threshold_usd: threshold } = of;
  return (
    <div className={classes['chart']}>
      <Chart
        label={t('pk.history.chart', { name: of.name })}
        kind="lines"
        unit="money"
        currency={of.currency ?? 'USD'}
        height={200}
        buckets={days}
        series={[
          {
            name: of.id,
            label: t('pk.history'),
            values: closings(history.data.data, days, today),
          },
        ]}
        {...(isFalling && { band: { label: t('pk.forecast'), low, high } })}
        {...(threshold !== null && { mark: { label: t('keys.threshold'), value: threshold } })}
        asOf={of.balance_at}
      />
    </div>
  );
}
