import type { ReactNode } from 'react';
import type { z } from 'zod';
import type { overviewReply } from '../../../contract/api/figures-api.ts';
import { useWords } from '../language/language.ts';
import { bucketsIn, unitOf } from '../ui/charts/figures-series.ts';
import { numberOf } from '../ui/charts/series.ts';
import { StatCard } from '../ui/charts/stat-card.tsx';
import { unitWords } from '../ui/charts/unit-text.ts';
import classes from './dashboard.module.css';
import { KeyCards } from './key-cards.tsx';
import { type Subject, useSubject } from './subject.ts';

export type Overview = z.output<typeof overviewReply>;

/** The cards with the metric of the answer that each shows. Less is better where a rise is bad. */
const CARDS = [
  { subject: 'spend', metric: 'spend', rise: 'bad' },
  { subject: 'requests', metric: 'requests', rise: 'neither' },
  { subject: 'tokens', metric: 'tokens', rise: 'neither' },
  { subject: 'errors', metric: 'error_rate', rise: 'bad' },
  { subject: 'ttft_p95', metric: 'ttft_p95', rise: 'bad' },
] as const;

/** Whether the period before has anything to compare with. Where it has not, that is said once and not on each card. */
export function hasBefore(of: Overview): boolean {
  return of.data.cards.some(({ previous }) => (numberOf(previous) ?? 0) !== 0);
}

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
  const isCompared = hasBefore(of);
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
            {...(!isCompared && { note: '' })}
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
