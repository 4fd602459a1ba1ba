import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import classes from './chart.module.css';
import type { DrawnSeries } from './chart-drawing.tsx';
import { countText, dayText, exactMoneyText } from './figures.ts';

interface ChartTableProps {
  readonly label: string;
  readonly buckets: readonly string[];
  readonly series: readonly DrawnSeries[];
  readonly unit: 'money' | 'count';
}

/** The same figures as the chart, exact and readable by everybody. */
export function ChartTable({ label, buckets, series, unit }: ChartTableProps): ReactNode {
  const { t } = useWords();
  const text = unit === 'money' ? exactMoneyText : countText;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse.
    <section className={classes['twin']} tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('chart.when')}</th>
            {series.map(({ name, label: head }) => (
              <th key={name} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {buckets.map((bucket, at) => (
            <tr key={bucket}>
              <th scope="row">
                {bucket.length > 10
                  ? `${bucket.slice(0, 16).replace('T', ' ')}`
                  : dayText(bucket, 'long')}
              </th>
              {series.map(({ name, values }) => (
                <td key={name}>{text(values[at] ?? null)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
