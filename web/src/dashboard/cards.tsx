import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { type balances, MONITORING_API } from '../../../contract/api/monitoring-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { bucketsIn, unitOf } from '../ui/figures-series.ts';
import { Money } from '../ui/money.tsx';
import { numberOf } from '../ui/series.ts';
import { StatCard } from '../ui/stat-card.tsx';
import { unitWords } from '../ui/unit-text.ts';
import classes from './dashboard.module.css';
import type { Overview } from './dashboard-page.tsx';
import { type Subject, useSubject } from './subject.ts';

/** The cards with the metric of the answer that each shows. Less is better where a rise is bad. */
const CARDS = [
  { subject: 'spend', metric: 'spend', rise: 'bad' },
  { subject: 'requests', metric: 'requests', rise: 'neither' },
  { subject: 'tokens', metric: 'tokens', rise: 'neither' },
  { subject: 'errors', metric: 'error_rate', rise: 'bad' },
  { subject: 'ttft_p95', metric: 'ttft_p95', rise: 'bad' },
] as const;

export function Cards({ of }: { readonly of: Overview }): ReactNode {
  const [chosen, choose] = useSubject();
  return (
    <div className={classes['cards']}>
      <FigureCards of={of} chosen={chosen} choose={choose} />
      <KeyCards />
    </div>
  );
}

interface FigureCardsProps {
  readonly of: Overview;
  /** The card that the chart below speaks of, where there is one. */
  readonly chosen?: Subject;
  readonly choose?: (subject: Subject) => void;
}

/** The figures of the requests, a card each. */
export function FigureCards({ of, chosen, choose }: FigureCardsProps): ReactNode {
  const { t } = useWords();
  const { cards, buckets } = of.data;
  const { isOpen } = bucketsIn(buckets);
  return (
    <>
      {CARDS.map(({ subject, metric, rise }) => {
        const card = cards.find((one) => one.metric === metric);
        if (card === undefined) return null;
        const words = unitWords(unitOf(card));
        return (
          <StatCard
            key={subject}
            label={t(`subject.${subject}`)}
            value={<span title={words.exact(card.value)}>{words.short(card.value)}</span>}
            now={numberOf(card.value)}
            before={numberOf(card.previous)}
            beforeText={words.short(card.previous)}
            rise={rise}
            series={card.values}
            isOpen={isOpen}
            {...(choose !== undefined && {
              isChosen: chosen === subject,
              choose: () => choose(subject),
            })}
          />
        );
      })}
    </>
  );
}

type Balances = z.output<typeof balances>;

/** What is left at the providers. Currencies stand side by side: there is no rate by which to add them up. */
function KeyCards(): ReactNode {
  const { t } = useWords();
  const [chosen, choose] = useSubject();
  const asked = useAsk(MONITORING_API.balances);
  const known = asked.data;
  return (
    <>
      <StatCard
        label={t('subject.runway')}
        value={<Runway of={known} />}
        note={known?.lowest_runway?.name ?? t('dashboard.runway.none')}
        isChosen={chosen === 'runway'}
        choose={() => choose('runway')}
      />
      <StatCard
        label={t('subject.balance')}
        isWide
        value={<Totals of={known} />}
        note={<BalanceNote of={known} />}
        isChosen={chosen === 'balance'}
        choose={() => choose('balance')}
      />
    </>
  );
}

function Runway({ of }: { readonly of: Balances | undefined }): ReactNode {
  const { t } = useWords();
  const days = of?.lowest_runway?.runway?.days;
  return days === undefined ? '–' : t('dashboard.days', { count: Math.floor(days) });
}

function Totals({ of }: { readonly of: Balances | undefined }): ReactNode {
  if (of === undefined || of.totals.length === 0) return '–';
  return (
    <span className={classes['totals']}>
      {of.totals.map(({ currency, balance }) => (
        <Money key={currency} amount={balance} currency={currency} />
      ))}
    </span>
  );
}

const WORRYING = ['low', 'exhausted', 'invalid'];

function BalanceNote({ of }: { readonly of: Balances | undefined }): ReactNode {
  const { t } = useWords();
  if (of === undefined) return null;
  const keys = of.totals.reduce((sum, total) => sum + total.keys, 0);
  if (keys === 0) return t('dashboard.balance.none');
  const low = of.data.filter(({ status }) => WORRYING.includes(status)).length;
  return (
    <>
      {t('dashboard.balance.keys', { count: keys })}
      {low > 0 && (
        <Text span inherit c="var(--tk-bad)">
          {` · ${t('dashboard.balance.low', { count: low })}`}
        </Text>
      )}
    </>
  );
}
