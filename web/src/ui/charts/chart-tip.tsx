import type { ReactNode } from 'react';
import { useWords } from '../../language/language.ts';
import { bucketText } from './bucket-text.ts';
import classes from './chart.module.css';
import type { DrawingProps, DrawnSeries } from './chart-parts.ts';
import { isAtEnd, plus, type Value } from './series.ts';

/** So many lines fit beside a pointer; the table has the others. */
const LINES_MAX = 12;

/** What stands in the bucket under the pointer, as the stack has it from top to bottom. */
export function ChartTip(props: DrawingProps & { readonly at: number }): ReactNode {
  const { kind, buckets, series, overlay, band, words, isOpen, cut, at } = props;
  const [low = null, high = null] = [band?.low[at], band?.high[at]];
  const isAhead = low !== null && high !== null;
  const { t } = useWords();
  const isStack = kind !== 'lines' && series.length > 1;
  const lines = (isStack ? series.toReversed() : series).filter(({ values }) => {
    const value = values[at] ?? null;
    // Where a band says what may come, nothing is known yet.
    return isStack ? Number(value ?? 0) !== 0 : value !== null || !isAhead;
  });
  const total = series.reduce<Value>((sum, { values }) => plus(sum, values[at] ?? null), null);
  return (
    <div className={classes['tip']}>
      <div className={classes['tipHead']}>
        <strong>{bucketText(buckets[at] ?? '')}</strong>
        {isOpen && at === buckets.length - 1 && <span>{t('chart.open.short')}</span>}
        {isAtEnd(cut, at, buckets.length) && <span>{t('chart.cut.short')}</span>}
      </div>
      {(isStack ? lines.slice(-LINES_MAX) : lines.slice(0, LINES_MAX)).map((one) => (
        <TipLine key={one.name} of={one} text={words.short(one.values[at] ?? null)} />
      ))}
      {isStack && (
        <div className={classes['tipTotal']}>
          <span>{t('chart.total')}</span>
          <span className={classes['tipValue']}>{words.short(total)}</span>
        </div>
      )}
      {band !== undefined && isAhead && (
        <TipLine
          of={{ label: band.label, color: 'var(--tk-series-other)' }}
          text={`${words.short(low)} – ${words.short(high)}`}
        />
      )}
      {overlay !== undefined && (
        <TipLine of={overlay} text={words.short(overlay.values[at] ?? null)} />
      )}
    </div>
  );
}

interface TipLineProps {
  readonly of: Pick<DrawnSeries, 'label' | 'color'>;
  readonly text: string;
}

function TipLine({ of, text }: TipLineProps): ReactNode {
  return (
    <div className={classes['tipLine']}>
      <span className={classes['dot']} style={{ background: of.color }} />
      <span className={classes['keyName']}>{of.label}</span>
      <span className={classes['tipValue']}>{text}</span>
    </div>
  );
}
