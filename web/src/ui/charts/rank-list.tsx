import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { percentText } from '../figures.ts';
import { useAlignedAmounts } from '../tables/aligned-amounts.ts';
import classes from './rank-list.module.css';

export interface Ranked {
  readonly name: string;
  readonly label: string;
  /** For the length of its bar; null: not known. */
  readonly size: number | null;
  readonly value: ReactNode;
  /** The colour that it has in the chart beside. */
  readonly color?: string;
  /** Where more is said about it. */
  readonly to?: { readonly path: string; readonly search: Readonly<Record<string, string>> };
}

interface RankListProps {
  /** What is put in order, for those who do not see the heading. */
  readonly label: string;
  readonly items: readonly Ranked[];
  /** What the shares are parts of; null: these values have no sum. */
  readonly total?: number | null;
}

/** A distribution as lines with bars, each with its share of the whole. */
export function RankList({ label, items, total }: RankListProps): ReactNode {
  const sum = items.reduce((all, { size }) => all + (size ?? 0), 0);
  const whole = total === undefined ? sum : total;
  const largest = Math.max(0, ...items.map(({ size }) => size ?? 0));
  // The longest ends before the figures: one that ended among them could not be read, nor could they.
  const room = whole === null ? 100 : 136;
  const list = useAlignedAmounts<HTMLOListElement>(() => 0);
  return (
    <ol className={classes['list']} aria-label={label} ref={list}>
      {items.map((item) => {
        const size = item.size ?? 0;
        return (
          <li key={item.name} className={classes['item']}>
            <span
              className={classes['bar']}
              style={{ width: `calc((100% - ${room}px) * ${largest === 0 ? 0 : size / largest})` }}
            />
            {item.color !== undefined && (
              <span className={classes['dot']} style={{ background: item.color }} />
            )}
            <Name of={item} />
            <span className={classes['value']}>{item.value}</span>
            {whole !== null && (
              <span className={classes['share']}>
                {percentText(whole === 0 || item.size === null ? null : size / whole)}
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function Name({ of }: { readonly of: Ranked }): ReactNode {
  if (of.to === undefined) {
    return (
      <span className={classes['name']} title={of.label}>
        {of.label}
      </span>
    );
  }
  return (
    <Link
      className={classes['name']}
      title={of.label}
      to={of.to.path}
      search={of.to.search as never}
    >
      {of.label}
    </Link>
  );
}
