import type { ReactNode } from 'react';
import { percentText } from './figures.ts';
import classes from './rank-list.module.css';

export interface Ranked {
  readonly name: string;
  readonly label: ReactNode;
  /** For the length of its bar. */
  readonly size: number;
  readonly value: ReactNode;
}

/** A distribution as lines with bars, largest first, each with its share of the whole. */
export function RankList({
  items,
  total,
}: {
  readonly items: readonly Ranked[];
  readonly total?: number;
}) {
  const whole = total ?? items.reduce((sum, { size }) => sum + size, 0);
  const largest = Math.max(0, ...items.map(({ size }) => size));
  return (
    <ol className={classes['list']}>
      {items.map(({ name, label, size, value }) => (
        <li key={name} className={classes['item']}>
          <span
            className={classes['bar']}
            style={{ width: `${largest === 0 ? 0 : (size / largest) * 100}%` }}
          />
          <span className={classes['name']}>{label}</span>
          <span className={classes['value']}>{value}</span>
          <span className={classes['share']}>{percentText(whole === 0 ? null : size / whole)}</span>
        </li>
      ))}
    </ol>
  );
}
