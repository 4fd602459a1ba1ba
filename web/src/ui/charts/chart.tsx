/** A chart with its legend, its table and the words that say what it does not know. */
import { ActionIcon, Skeleton, UnstyledButton } from '@mantine/core';
import { IconChartBar, IconTable } from '@tabler/icons-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useWords } from '../../language/language.ts';
import { instantText } from '../figures.ts';
import classes from './chart.module.css';
import type { Band, ChartKind, DrawnSeries, Mark } from './chart-parts.ts';
import { ChartTable } from './chart-table.tsx';
import { type Ends, NO_ENDS, OTHER, type Series, topSeries } from './series.ts';
import { type Unit, unitWords } from './unit-text.ts';

const Drawing = lazy(async () => ({ default: (await import('./chart-drawing.tsx')).ChartDrawing }));

/** A series with the name that people read. */
export interface NamedSeries extends Series {
  readonly label: string;
}

export interface ChartProps {
  /** What the chart shows, in words. */
  readonly label: string;
  readonly kind?: ChartKind;
  readonly unit: Unit;
  /** Of money; dollars unless it is named. */
  readonly currency?: string;
  /** UTC days, or the instants at which they begin. */
  readonly buckets: readonly string[];
  readonly series: readonly NamedSeries[];
  /** A line over the bars with a scale of its own: what they come to, say. */
  readonly overlay?: NamedSeries;
  /** Between which two values it may go on. */
  readonly band?: Band;
  /** A value that means something, as a line across. */
  readonly mark?: Mark;
  /** How many series are told apart, the rest being one; absent: the series are as few as they should be. */
  readonly top?: number;
  /** Whether the last bucket has not ended. */
  readonly isOpen?: boolean;
  /** Of which buckets the range has only a part. */
  readonly cut?: Ends;
  /** When the figures were true. */
  readonly asOf?: string | null;
  /** Requests without a known price, which are in no sum of money. */
  readonly unpriced?: number;
  readonly height?: number;
  /** At the left of the legend's line, in place of the legend of a single series. */
  readonly lead?: ReactNode;
}

const COLORS = 12;

export function seriesColor(index: number): string {
  return `var(--tk-series-${index % COLORS})`;
}

function drawn({ series, top }: ChartProps, other: string): readonly DrawnSeries[] {
  const labels = new Map(series.map(({ name, label }) => [name, label]));
  const shown = top === undefined ? series : topSeries(series, top);
  return shown.map(({ name, values }, index) => ({
    name,
    values,
    label: name === OTHER ? other : (labels.get(name) ?? name),
    color: name === OTHER ? 'var(--tk-series-other)' : seriesColor(index),
  }));
}

export function Chart(props: ChartProps): ReactNode {
  const { label, kind = 'bars', unit, currency, buckets, isOpen = false, height = 260 } = props;
  const { cut = NO_ENDS } = props;
  const { band, mark } = props;
  const { t } = useWords();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [isTable, setTable] = useState(false);
  const all = drawn(props, t('chart.other'));
  const overlay = props.overlay && { ...props.overlay, color: 'var(--tk-text-soft)' };
  const shown = all.filter(({ name }) => !hidden.has(name));
  const words = unitWords(unit, currency);
  const toggle = (name: string): void => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    setHidden(next);
  };
  return (
    <figure className={classes['figure']} aria-label={label}>
      <div className={classes['head']}>
        {props.lead}
        <Legend {...{ series: all, overlay, band, mark, hidden, toggle }} />
        <ActionIcon
          size={28}
          className="tk-screen"
          onClick={() => setTable(!isTable)}
          aria-label={t(isTable ? 'chart.draw' : 'chart.table')}
          title={t(isTable ? 'chart.draw' : 'chart.table')}
        >
          {isTable ? <IconChartBar size={17} stroke={1.6} /> : <IconTable size={17} stroke={1.6} />}
        </ActionIcon>
      </div>
      {isTable ? (
        <ChartTable
          label={label}
          buckets={buckets}
          series={[
            ...shown,
            ...(overlay === undefined ? [] : [overlay]),
            ...(band === undefined ? [] : edgesOf(band, [t('chart.least'), t('chart.most')])),
          ]}
          words={words}
          isOpen={isOpen}
          cut={cut}
        />
      ) : (
        <Suspense fallback={<Skeleton height={height} radius="md" />}>
          <Drawing
            kind={kind}
            buckets={buckets}
            series={shown}
            overlay={overlay}
            band={band}
            mark={mark}
            label={label}
            words={words}
            isWhole={unit === 'count'}
            isOpen={isOpen}
            cut={cut}
            height={height}
          />
        </Suspense>
      )}
      <ChartFoot {...props} />
    </figure>
  );
}

/** A band as two columns of the table. */
function edgesOf(band: Band, [least, most]: readonly [string, string]): readonly DrawnSeries[] {
  const edge = { label: band.label, color: 'var(--tk-series-other)' };
  return [
    { ...edge, name: 'least', label: `${band.label}, ${least}`, values: band.low },
    { ...edge, name: 'most', label: `${band.label}, ${most}`, values: band.high },
  ];
}

interface LegendProps {
  readonly series: readonly DrawnSeries[];
  readonly overlay: DrawnSeries | undefined;
  readonly band: Band | undefined;
  readonly mark: Mark | undefined;
  readonly hidden: ReadonlySet<string>;
  readonly toggle: (name: string) => void;
}

/** A single series needs no name beside the chart's own. */
function Legend({ series, overlay, band, mark, hidden, toggle }: LegendProps): ReactNode {
  const lines = [
    ...(overlay === undefined ? [] : [overlay]),
    ...(band === undefined ? [] : [{ label: band.label, color: 'var(--tk-series-other)' }]),
    ...(mark === undefined ? [] : [{ label: mark.label, color: 'var(--tk-warn)' }]),
  ];
  const isNamed = series.length + lines.length > 1;
  return (
    <div className={classes['legend']}>
      {isNamed &&
        series.map(({ name, label, color }) => (
          <UnstyledButton
            key={name}
            className={classes['key']}
            aria-pressed={!hidden.has(name)}
            onClick={() => toggle(name)}
            title={label}
          >
            <span className={classes['dot']} style={{ background: color }} />
            <span className={classes['keyName']}>{label}</span>
          </UnstyledButton>
        ))}
      {lines.map(({ label, color }) => (
        <span key={label} className={classes['key']}>
          <span className={classes['stroke']} style={{ background: color }} />
          <span className={classes['keyName']}>{label}</span>
        </span>
      ))}
    </div>
  );
}

/** What must be known to read the figures right: zone, how old they are, what is missing from them. */
export function ChartFoot(
  props: Pick<ChartProps, 'kind' | 'unit' | 'asOf' | 'unpriced' | 'isOpen' | 'cut'>,
): ReactNode {
  const { kind, unit, asOf, unpriced = 0, isOpen = false, cut = NO_ENDS } = props;
  const { t } = useWords();
  const isDashed = kind === 'lines';
  const said = [
    t('chart.utc'),
    asOf == null ? null : t('chart.asof', { at: instantText(asOf, 'UTC') }),
    isOpen ? t(isDashed ? 'chart.open.dashed' : 'chart.open') : null,
    cut.first || cut.last ? t('chart.cut') : null,
    (unit === 'money' || unit === 'cost') && unpriced > 0
      ? t('chart.unpriced', { count: unpriced })
      : null,
  ].filter((text) => text !== null);
  return <figcaption className={classes['foot']}>{said.join(' · ')}</figcaption>;
}
