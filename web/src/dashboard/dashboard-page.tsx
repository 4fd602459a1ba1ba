import { Skeleton } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { FIGURES_API } from '../../../contract/api/figures-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { askAhead } from '../shell/ahead.ts';
import { figuresOf, type Period } from '../shell/period.ts';
import { periodNow, usePeriod } from '../shell/period-picker.tsx';
import { usePerson } from '../shell/session.ts';
import type { UrlState } from '../shell/url-state.ts';
import { PageBody } from '../ui/page.tsx';
import { Outcome } from '../ui/states.tsx';
import { Cards, hasBefore, type Overview } from './cards.tsx';
import { isOfKeys, useSubject } from './subject.ts';

/** What not everybody sees, or not at once, comes after the figures. */
const ChosenChart = lazy(async () => ({
  default: (await import('./chosen-chart.tsx')).ChosenChart,
}));
const FirstCall = lazy(async () => ({ default: (await import('./first-call.tsx')).FirstCall }));
const Rankings = lazy(async () => ({ default: (await import('./rankings.tsx')).Rankings }));
const TwoSides = lazy(async () => ({ default: (await import('./two-sides.tsx')).TwoSides }));

const overviewOf = (period: Period) => ({ query: figuresOf(period) });

export function ahead(state: UrlState): Promise<void> {
  return askAhead(FIGURES_API.overview, overviewOf(periodNow(state)));
}

export function DashboardPage(): ReactNode {
  const { t } = useWords();
  const period = usePeriod();
  const overview = useAsk(FIGURES_API.overview, overviewOf(period));
  const isAlone = overview.data !== undefined && !hasBefore(overview.data);
  const about = t(isAlone ? 'dashboard.about.alone' : 'dashboard.about', { days: period.days });
  return (
    <PageBody title={t('nav.dashboard')} about={about}>
      <Outcome of={overview}>{(answer) => <Figures of={answer} />}</Outcome>
    </PageBody>
  );
}

function Figures({ of }: { readonly of: Overview }): ReactNode {
  const isOperator = usePerson().role === 'admin';
  const [subject] = useSubject();
  const { requests, unowed_requests, refused_requests } = of.data.figures;
  const isEmpty = requests + unowed_requests + refused_requests === 0;
  return (
    <>
      <Cards of={of} />
      {isEmpty && !isOfKeys(subject) ? (
        <Suspense>
          <FirstCall />
        </Suspense>
      ) : (
        <Suspense fallback={<Skeleton height={370} radius="md" />}>
          <ChosenChart isOperator={isOperator} unpriced={of.data.figures.unpriced_requests} />
        </Suspense>
      )}
      <Suspense>
        {!isEmpty && <Rankings isOperator={isOperator} />}
        <TwoSides />
      </Suspense>
    </>
  );
}
