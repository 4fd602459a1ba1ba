import { Text } from '@mantine/core';
import { keepPreviousData } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { type balanceCourse, MONITORING_API } from '../../../contract/api/monitoring-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { figuresOf } from '../shell/period.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { bucketsIn } from '../ui/charts/figures-series.ts';
import { Sparkline } from '../ui/charts/sparkline.tsx';
import { Change, StatCard } from '../ui/charts/stat-card.tsx';
import { unitWords } from '../ui/charts/unit-text.ts';
import { Money } from '../ui/money.tsx';
import classes from './dashboard.module.css';
import { useSubject } from './subject.ts';

type Course = z.output<typeof balanceCourse>['data'];

/** What is left at the providers. Currencies stand side by side: there is no rate by which to add them up. */
export function KeyCards(): ReactNode {
  const { t } = useWords();
  const period = usePeriod();
  const [chosen, choose] = useSubject();
  const course = useAsk(
    MONITORING_API.balanceCourse,
    { query: figuresOf(period) },
    { placeholderData: keepPreviousData },
  ).data?.data;
  return (
    <>
      <RunwayCard of={course} isChosen={chosen === 'runway'} choose={() => choose('runway')} />
      <StatCard
        label={t('subject.balance')}
        isWide
        value={<Totals of={course} />}
        note={course && <BalanceNote of={course} isNow={period.isOpen} />}
        course={course && <Courses of={course} />}
        isChosen={chosen === 'balance'}
        choose={() => choose('balance')}
      />
    </>
  );
}

interface RunwayProps {
  readonly of: Course | undefined;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

/** Of the key that lasts the shortest, as it was said at the end of the period and of the one before. */
function RunwayCard({ of, isChosen, choose }: RunwayProps): ReactNode {
  const { t } = useWords();
  const runway = of?.runway ?? null;
  const inDays = (days: number | null): string =>
    days === null ? '–' : t('dashboard.days', { count: Math.floor(days) });
  const note = (
    <span className={classes['notes']}>
      {runway === null ? (
        t('dashboard.runway.none')
      ) : (
        <>
          <span>{runway.name}</span>
          {runway.previous_days !== null && (
            <Change
              now={runway.days}
              before={runway.previous_days}
              beforeText={inDays(runway.previous_days)}
              rise="good"
            />
          )}
        </>
      )}
    </span>
  );
  return (
    <StatCard
      label={t('subject.runway')}
      value={inDays(runway?.days ?? null)}
      note={of && note}
      series={runway?.values}
      isOpen={of !== undefined && bucketsIn(of.buckets).isOpen}
      isChosen={isChosen}
      choose={choose}
    />
  );
}

/** Those of which something is left to say at the end of the period. */
function known(of: Course | undefined): Course['currencies'] {
  return of?.currencies.filter(({ keys }) => keys > 0) ?? [];
}

function Totals({ of }: { readonly of: Course | undefined }): ReactNode {
  const currencies = known(of);
  if (currencies.length === 0) return '–';
  return (
    <span className={classes['totals']}>
      {currencies.map(({ currency, balance }) => (
        <Money key={currency} amount={balance} currency={currency} />
      ))}
    </span>
  );
}

/** So many courses stand beside the figures without taking their place. */
const COURSES_MAX = 2;

function Courses({ of }: { readonly of: Course }): ReactNode {
  const { isOpen } = bucketsIn(of.buckets);
  return (
    <span className={classes['courses']}>
      {known(of)
        .slice(0, COURSES_MAX)
        .map(({ currency, values }) => (
          <span key={currency} title={currency}>
            <Sparkline values={values} isOpen={isOpen} />
          </span>
        ))}
    </span>
  );
}

const WORRYING = ['low', 'exhausted', 'invalid'];

function BalanceNote({ of, isNow }: { readonly of: Course; readonly isNow: boolean }): ReactNode {
  const { t } = useWords();
  const states = useAsk(MONITORING_API.balances).data?.data ?? [];
  const currencies = known(of);
  const keys = currencies.reduce((sum, total) => sum + total.keys, 0);
  if (keys === 0) return t('dashboard.balance.none');
  const low = isNow ? states.filter(({ status }) => WORRYING.includes(status)).length : 0;
  return (
    <span className={classes['notes']}>
      {currencies.map(({ currency, change }) => (
        <span key={currency} className={classes['change']}>
          {currencies.length > 1 && <span>{currency}</span>}
          <Change
            now={change?.to}
            before={change?.from}
            beforeText={unitWords('money', currency).short(change?.from ?? null)}
          />
        </span>
      ))}
      <span>{t('dashboard.balance.keys', { count: keys })}</span>
      {low > 0 && (
        <Text span inherit c="var(--tk-bad)">
          {t('dashboard.balance.low', { count: low })}
        </Text>
      )}
    </span>
  );
}
