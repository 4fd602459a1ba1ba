import { UnstyledButton } from '@mantine/core';
import { IconArrowDownRight, IconArrowRight, IconArrowUpRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useWords } from '../../language/language.ts';
import { percentText } from '../figures.ts';
import { changeBetween, type Value } from './series.ts';
import { Sparkline } from './sparkline.tsx';
import classes from './stat-card.module.css';

/** A figure and that of the period before; null: not known. */
export interface Comparison {
  readonly now?: number | null;
  readonly before?: number | null;
  /** The figure of the period before in words. */
  readonly beforeText?: string;
  /** What a rise means: more errors are worse, more requests are neither. */
  readonly rise?: 'good' | 'bad' | 'neither';
}

interface StatCardProps extends Comparison {
  readonly label: string;
  readonly value: ReactNode;
  readonly series?: readonly Value[] | undefined;
  /** In place of the series, where there are several. */
  readonly course?: ReactNode;
  /** Whether the last bucket of the series has not ended. */
  readonly isOpen?: boolean;
  /** In place of the change. */
  readonly note?: ReactNode;
  readonly isChosen?: boolean;
  readonly choose?: () => void;
  /** Twice as wide as the others. */
  readonly isWide?: boolean;
}

/** A figure with its change and its course; a click makes it the subject of the chart below. */
export function StatCard(props: StatCardProps): ReactNode {
  const { label, value, series, note, isChosen, choose, isOpen, isWide } = props;
  const line = series !== undefined && <Sparkline values={series} isOpen={isOpen} />;
  const course = props.course ?? (line || undefined);
  const body = (
    <span className={classes['body']}>
      <span className={classes['label']}>{label}</span>
      <span className={classes['value']}>{value}</span>
      <span className={classes['note']}>{note ?? <Change {...props} />}</span>
      {course !== undefined && <span className={classes['course']}>{course}</span>}
    </span>
  );
  const wide = isWide === true || undefined;
  if (choose === undefined) {
    return (
      <div className={classes['card']} data-wide={wide}>
        {body}
      </div>
    );
  }
  return (
    <UnstyledButton
      className={classes['card']}
      data-wide={wide}
      onClick={choose}
      aria-pressed={isChosen === true}
    >
      {body}
    </UnstyledButton>
  );
}

const ARROWS = { up: IconArrowUpRight, down: IconArrowDownRight, flat: IconArrowRight } as const;

/** Less than this share is no change: it would be shown as 0.0 %. */
const FLAT = 0.0005;

/** Arrow, share and words: the colour alone would say it to some people only. */
export function Change({ now, before, beforeText, rise = 'neither' }: Comparison): ReactNode {
  const { t } = useWords();
  const change = changeBetween(now, before);
  if (change === null) return <span className={classes['change']}>{t('change.none')}</span>;
  const way = Math.abs(change) < FLAT ? 'flat' : change > 0 ? 'up' : 'down';
  const isGood = (way === 'up') === (rise === 'good');
  const tone = rise === 'neither' || way === 'flat' ? 'quiet' : isGood ? 'good' : 'bad';
  const Arrow = ARROWS[way];
  const hint = [
    beforeText === undefined ? null : t('change.before', { value: beforeText }),
    rise === 'bad' ? t('change.lower') : rise === 'good' ? t('change.higher') : null,
  ].filter((text) => text !== null);
  return (
    <span className={classes['change']} data-tone={tone} title={hint.join(' · ')}>
      <Arrow size={14} stroke={2} aria-hidden="true" />
      {t(`change.${way}`, { share: percentText(Math.abs(change)) })}
    </span>
  );
}
