import type { ReactNode } from 'react';
import { useWords } from '../../language/language.ts';
import { bucketText } from './bucket-text.ts';
import classes from './chart.module.css';
import type { DrawnSeries } from './chart-parts.ts';
import { type Ends, isAtEnd } from './series.ts';
import type { UnitWords } from './unit-text.ts';

interface ChartTableProps {
  readonly label: string;
  readonly buckets: readonly string[];
  readonly series: readonly DrawnSeries[];
  readonly words: UnitWords;
  readonly isOpen: boolean;
  readonly cut: Ends;
}

/** The same figures as the chart, exact and readable by everybody. */
export function ChartTable(props: ChartTableProps): ReactNode {
  const { label, buckets, series, words, isOpen, cut } = props;
  const { t } = useWords();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse.
    <section className={classes['twin']} tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('chart.when')}</th>
            {series.map(({ name, label: head, color }) => (
              <th key={name} scope="col">
                <span className={classes['headName']} title={head}>
                  <span className={classes['dot']} style={{ background: color }} />
                  <span className={classes['keyName']}>{head}</span>
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {buckets.map((bucket, at) => (
            <tr key={bucket}>
              <th scope="row">
                {bucketText(bucket)}
                {isOpen && at === buckets.length - 1 && (
                  <span className={classes['openMark']}>{t('chart.open.short')}</span>
                )}
                {isAtEnd(cut, at, buckets.length) && (
                  <span className={classes['openMark']}>{t('chart.cut.short')}</span>
                )}
              </th>
              {series.map(({ name, values }) => (
                <td key={name}>{words.exact(values[at] ?? null)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
