/** A chart with its legend, its table and the words that say what it does not know. */
import { ActionIcon, Skeleton, UnstyledButton } from '@mantine/core';
import { IconChartBar, IconTable } from '@tabler/icons-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useWords } from '../language/language.ts';
import classes from './chart.module.css';
import type { ChartKind, DrawnSeries } from './chart-drawing.tsx';
import { ChartTable } from './chart-table.tsx';
import { dayText, instantText, moneyText, shortCountText, shortMoneyText } from './figures.ts';
import { OTHER, type Series, topSeries } from './series.ts';

const Drawing = lazy(async () => ({ default: (await import('./chart-drawing.tsx')).ChartDrawing }));

export type Unit = 'money' | 'count';

export interface ChartProps {
  /** What the chart shows, in words. */
  readonly label: string;
  readonly kind?: ChartKind;
  readonly unit: Unit;
  /** UTC days, or instants of hours. */
  readonly buckets: readonly string[];
  readonly series: readonly Series[];
  /** How a series is called; by default by its name. */
  readonly nameOf?: (name: string) => string;
  /** How many series are told apart; the rest is one. */
  readonly top?: number;
  /** Whether the last bucket has not ended. */
  readonly isOpen?: boolean;
  /** When the figures were true. */
  readonly asOf?: string | null;
  /** Requests without a known price, which are in no sum of money. */
  readonly unpriced?: number;
  readonly height?: number;
}

const COLORS = 8;

function drawn(props: ChartProps, other: string): readonly DrawnSeries[] {
  const { series, nameOf = (name: string) => name, top = 7 } = props;
  return topSeries(series, top).map((one, index) => ({
    ...one,
    label: one.name === OTHER ? other : nameOf(one.name),
    color: `var(--tk-series-${one.name === OTHER ? 'other' : index % COLORS})`,
  }));
}

export function bucketLabel(bucket: string): string {
  return bucket.length > 10 ? `${bucket.slice(11, 16)}` : dayText(bucket);
}

export function Chart(props: ChartProps): ReactNode {
  const { label, kind = 'bars', unit, buckets, isOpen = false, height = 240 } = props;
  const { t } = useWords();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [isTable, setTable] = useState(false);
  const all = drawn(props, t('chart.other'));
  const shown = all.filter(({ name }) => !hidden.has(name));
  const valueText = unit === 'money' ? moneyText : shortCountText;
  const toggle = (name: string): void => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    setHidden(next);
  };
  return (
    <div>
      <div className={classes['head']}>
        <Legend series={all} hidden={hidden} toggle={toggle} />
        <ActionIcon
          size={28}
          onClick={() => setTable(!isTable)}
          aria-label={t(isTable ? 'chart.draw' : 'chart.table')}
          title={t(isTable ? 'chart.draw' : 'chart.table')}
        >
          {isTable ? <IconChartBar size={17} stroke={1.6} /> : <IconTable size={17} stroke={1.6} />}
        </ActionIcon>
      </div>
      {isTable ? (
        <ChartTable label={label} buckets={buckets} series={shown} unit={unit} />
      ) : (
        <Suspense fallback={<Skeleton height={height} radius="md" />}>
          <Drawing
            kind={kind}
            buckets={buckets}
            series={shown}
            label={label}
            bucketText={bucketLabel}
            axisText={unit === 'money' ? shortMoneyText : shortCountText}
            valueText={valueText}
            isOpen={isOpen}
            height={height}
          />
        </Suspense>
      )}
      <Foot {...props} />
    </div>
  );
}

interface LegendProps {
  readonly series: readonly DrawnSeries[];
  readonly hidden: ReadonlySet<string>;
  readonly toggle: (name: string) => void;
}

/** A single series needs no name beside the chart's own. */
function Legend({ series, hidden, toggle }: LegendProps): ReactNode {
  return (
    <div className={classes['legend']}>
      {series.length > 1 &&
        series.map(({ name, label, color }) => (
          <UnstyledButton
            key={name}
            className={classes['key']}
            aria-pressed={!hidden.has(name)}
            onClick={() => toggle(name)}
          >
            <span className={classes['dot']} style={{ background: color }} />
            <span className={classes['keyName']}>{label}</span>
          </UnstyledButton>
        ))}
    </div>
  );
}

/** What must be known to read the figures right: zone, how old they are, what is missing from them. */
function Foot({ asOf, unpriced = 0, isOpen = false }: ChartProps): ReactNode {
  const { t } = useWords();
  const said = [
    t('chart.utc'),
    asOf == null ? null : t('chart.asof', { at: instantText(asOf, 'UTC') }),
    isOpen ? t('chart.open') : null,
    unpriced > 0 ? t('chart.unpriced', { count: unpriced }) : null,
  ].filter((text) => text !== null);
  return <div className={classes['foot']}>{said.join(' · ')}</div>;
}
