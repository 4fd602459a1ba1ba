import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { keptSearch, useUrlState } from '../shell/url-state.ts';
import { seriesColor } from '../ui/charts/chart.tsx';
import {
  type FiguresReply,
  type FiguresSeries,
  seriesIn,
  unitOf,
} from '../ui/charts/figures-series.ts';
import { changeBetween, numberOf, OTHER, type Value } from '../ui/charts/series.ts';
import { type UnitWords, unitWords } from '../ui/charts/unit-text.ts';
import { percentText, UNKNOWN } from '../ui/figures.ts';
import figures from '../ui/tables/figures-table.module.css';
import { GROUP_FILTERS, type GroupFilter } from '../ui/tables/group-filters.ts';
import { isSum, type Question } from './question.ts';
import classes from './stats.module.css';

interface SeriesTableProps {
  readonly of: FiguresReply;
  readonly question: Question;
}

/** What each series comes to, its share and how it changed; a name leads to its requests. */
export function SeriesTable({ of, question }: SeriesTableProps): ReactNode {
  const { t } = useWords();
  const { total } = of.data;
  const hasShare = isSum(question.metric) && question.group !== null;
  const words = unitWords(unitOf(of.data));
  const series = question.group === null ? [] : seriesIn(of, null);
  const line = { words, whole: hasShare ? numberOf(total.value) : null, hasShare, question };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse.
    <section className={figures['scroll']} tabIndex={0} aria-label={t('stats.table')}>
      <table className={`${figures['table']} ${classes['table']}`}>
        <thead>
          <tr>
            <th scope="col">{t('stats.name')}</th>
            <th scope="col">{t(`stats.metric.${question.metric}`)}</th>
            {hasShare && <th scope="col">{t('stats.share')}</th>}
            <th scope="col">{t('stats.before')}</th>
            <th scope="col">{t('stats.change')}</th>
          </tr>
        </thead>
        <tbody>
          {series.map((one, index) => (
            <tr key={one.name}>
              <th scope="row">
                <span className={classes['name']}>
                  <span
                    className={classes['dot']}
                    style={{
                      background:
                        one.name === OTHER ? 'var(--tk-series-other)' : seriesColor(index),
                    }}
                  />
                  <Name of={one} question={question} />
                </span>
              </th>
              <Values {...line} value={one.value} previous={one.previous} />
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t(hasShare ? 'chart.total' : 'by.all')}</th>
            <Values {...line} value={total.value} previous={total.previous} />
          </tr>
        </tfoot>
      </table>
      {of.data.groups_total > series.length && series.some(({ name }) => name === OTHER) && (
        <p className={classes['note']}>
          {t('stats.more', { count: of.data.groups_total - series.length + 1 })}
        </p>
      )}
    </section>
  );
}

function Values(props: {
  readonly words: UnitWords;
  readonly whole: number | null;
  readonly hasShare: boolean;
  readonly value: Value;
  readonly previous: Value;
}): ReactNode {
  const { words, whole, hasShare, value, previous } = props;
  const now = numberOf(value);
  const change = changeBetween(now, numberOf(previous));
  return (
    <>
      <td title={words.exact(value)}>{words.short(value)}</td>
      {hasShare && <td>{percentText(now === null || !whole ? null : now / whole)}</td>}
      <td title={words.exact(previous)}>{words.short(previous)}</td>
      <td>{change === null ? UNKNOWN : `${change > 0 ? '+' : ''}${percentText(change)}`}</td>
    </>
  );
}

const FILTER_OF = Object.fromEntries(
  Object.entries(GROUP_FILTERS).map(([filter, group]) => [group, filter]),
) as Readonly<Record<(typeof GROUP_FILTERS)[GroupFilter], GroupFilter>>;

/** Providers report sums only: there are no requests behind them. */
function Name(props: { readonly of: FiguresSeries; readonly question: Question }): ReactNode {
  const { of, question } = props;
  const { t } = useWords();
  const [url] = useUrlState();
  const label = of.name === OTHER ? t('chart.other') : of.label;
  const ids = [of.group, of.subgroup];
  const chosen = [question.group, question.subgroup].flatMap((group, at) =>
    group === null ? [] : [[FILTER_OF[group], ids[at] ?? '']],
  );
  if (question.source === 'provider' || chosen.some(([, id]) => id === '')) {
    return (
      <span className={classes['text']} title={label}>
        {label}
      </span>
    );
  }
  const search = { ...keptSearch(url), ...question.filters, ...Object.fromEntries(chosen) };
  return (
    <Link className={classes['text']} title={label} to="/requests" search={search as never}>
      {label}
    </Link>
  );
}
