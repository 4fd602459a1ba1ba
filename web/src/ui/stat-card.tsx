import { UnstyledButton } from '@mantine/core';
import { IconArrowDownRight, IconArrowUpRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { percentText } from './figures.ts';
import { changeBetween } from './series.ts';
import { Sparkline } from './sparkline.tsx';
import classes from './stat-card.module.css';

interface StatCardProps {
  readonly label: string;
  readonly value: ReactNode;
  /** The figure and that of the period before, for the change; null: not known. */
  readonly now?: number | null;
  readonly before?: number | null;
  /** What a rise means: more errors are worse, more requests are neither. */
  readonly rise?: 'good' | 'bad' | 'neither';
  readonly series?: readonly (number | null)[];
  readonly note?: ReactNode;
  readonly isChosen?: boolean;
  readonly choose?: () => void;
}

/** A figure with its change and its course; a click makes it the subject of the chart below. */
export function StatCard(props: StatCardProps): ReactNode {
  const { label, value, series, note, isChosen, choose } = props;
  const body = (
    <>
      <div className={classes['label']}>{label}</div>
      <div className={classes['value']}>{value}</div>
      <div className={classes['bottom']}>
        {note ?? <Change {...props} />}
        {series !== undefined && <Sparkline values={series} />}
      </div>
    </>
  );
  if (choose === undefined) return <div className={classes['card']}>{body}</div>;
  return (
    <UnstyledButton className={classes['card']} onClick={choose} aria-pressed={isChosen === true}>
      {body}
    </UnstyledButton>
  );
}

/** Arrow, share and words: the colour alone would say it to some people only. */
function Change({ now, before, rise = 'neither' }: StatCardProps): ReactNode {
  const { t } = useWords();
  const change = changeBetween(now, before);
  if (change === null) return <span className={classes['change']}>{t('change.none')}</span>;
  const isUp = change > 0;
  const isFlat = Math.abs(change) < 0.0005;
  const tone = rise === 'neither' || isFlat ? 'quiet' : isUp === (rise === 'good') ? 'good' : 'bad';
  const Arrow = isUp ? IconArrowUpRight : IconArrowDownRight;
  return (
    <span className={classes['change']} data-tone={tone}>
      {!isFlat && <Arrow size={14} stroke={1.8} aria-hidden="true" />}
      {isFlat
        ? t('change.flat')
        : t(isUp ? 'change.up' : 'change.down', { share: percentText(Math.abs(change)) })}
    </span>
  );
}
