/** Draws series over time: stacked bars, stacked areas or lines. Loaded when a chart is seen. */
import { useId } from '@mantine/hooks';
import type { ReactNode } from 'react';
import {
  Area,
  Bar,
  BarStack,
  CartesianGrid,
  ComposedChart,
  Line,
  Rectangle,
  type RectangleProps,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { axisTicks } from './axis-ticks.ts';
import { axisWords } from './bucket-text.ts';
import classes from './chart.module.css';
import type { Band, DrawingProps } from './chart-parts.ts';
import { ChartTip } from './chart-tip.tsx';
import { type Ends, isAtEnd, numberOf } from './series.ts';

/** One bucket as the library takes it. Series are read by their place: a name may hold anything. */
interface Row {
  readonly bucket: string;
  readonly at: number;
  readonly values: readonly (number | null)[];
  readonly over: number | null;
  readonly between: readonly [number, number] | null;
}

function rowsOf({ buckets, series, overlay, band }: DrawingProps): Row[] {
  return buckets.map((bucket, at) => ({
    bucket,
    at,
    values: series.map(({ values }) => numberOf(values[at])),
    over: numberOf(overlay?.values[at]),
    between: betweenAt(band, at),
  }));
}

function betweenAt(band: Band | undefined, at: number): Row['between'] {
  const [low, high] = [numberOf(band?.low[at]), numberOf(band?.high[at])];
  return low === null || high === null ? null : [low, high];
}

/** How low and how high it goes, with what is drawn beside the series. Bars and areas stand on each other. */
function reachOf({ kind, buckets, series, band, mark }: DrawingProps) {
  const tops = buckets.map((_, at) => {
    const values = series.map((one) => numberOf(one.values[at]) ?? 0);
    return kind === 'lines' ? values : [values.reduce((sum, value) => sum + value, 0)];
  });
  const edges = [...(band?.low ?? []), ...(band?.high ?? [])].map((edge) => numberOf(edge) ?? 0);
  const all = [...tops.flat(), ...edges, mark?.value ?? 0];
  return {
    lowest: all.reduce((low, value) => Math.min(low, value), 0),
    highest: all.reduce((high, value) => Math.max(high, value), 0),
  };
}

function endsOf(ticks: readonly number[]): [number, number] {
  return [ticks[0] ?? 0, ticks.at(-1) ?? 1];
}

const TICK = { fontSize: 11, fill: 'var(--tk-text-soft)' };
/** Lines and areas end at the edge, where half of the last word of the axis needs its place. */
const marginOf = (kind: DrawingProps['kind']) => ({
  ...{ top: 8, bottom: 0, left: 0 },
  right: kind === 'bars' ? 4 : 28,
});
const SHAPES = { bars: Bars, areas: Areas, lines: Lines } as const;

export function ChartDrawing(props: DrawingProps): ReactNode {
  const { kind, buckets, label, height, overlay, band, mark } = props;
  const id = useId();
  const axis = axisWords(buckets);
  const Shapes = SHAPES[kind];
  return (
    <div className={classes['drawing']} style={{ height }}>
      <ResponsiveContainer width="100%" height={height}>
        <ComposedChart
          data={rowsOf(props)}
          margin={marginOf(kind)}
          aria-label={label}
          // A pixel of its own for each gap would leave hardly one for the bar of a day of a year.
          barCategoryGap={buckets.length > 60 ? '8%' : '18%'}
        >
          <CartesianGrid vertical={false} stroke="var(--tk-line)" />
          <XAxis
            dataKey="bucket"
            ticks={[...axis.ticks]}
            tickFormatter={axis.text}
            tick={TICK}
            tickLine={false}
            axisLine={{ stroke: 'var(--tk-line-strong)' }}
            tickMargin={8}
            minTickGap={18}
            interval="equidistantPreserveStart"
          />
          <ValueAxes {...props} />
          <Tooltip
            isAnimationActive={false}
            cursor={{ fill: 'var(--tk-text)', fillOpacity: 0.06, stroke: 'var(--tk-line-strong)' }}
            content={({ active, label: bucket }) =>
              active === true ? <ChartTip {...props} at={buckets.indexOf(String(bucket))} /> : null
            }
          />
          <BandAndMark band={band} mark={mark} />
          <Shapes {...props} id={id} />
          {overlay !== undefined && (
            <Line
              yAxisId="over"
              dataKey="over"
              stroke={overlay.color}
              strokeWidth={2}
              dot={buckets.length < 2}
              isAnimationActive={false}
            />
          )}
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}

/** An axis at the left, and one at the right for what has a scale of its own, with lines in common. */
function ValueAxes(props: DrawingProps): ReactNode {
  const { overlay, words, isWhole } = props;
  const ticks = axisTicks({ ...reachOf(props), isWhole });
  const over = overlay?.values.map((value) => numberOf(value) ?? 0) ?? [];
  const overTicks = axisTicks({
    lowest: Math.min(0, ...over),
    highest: Math.max(0, ...over),
    isWhole,
    intervals: ticks.length - 1,
  });
  const look = {
    width: 'auto',
    tick: TICK,
    tickFormatter: words.axis,
    tickLine: false,
    axisLine: false,
  } as const;
  return (
    <>
      <YAxis {...look} ticks={[...ticks]} domain={endsOf(ticks)} />
      {overlay !== undefined && (
        <YAxis
          {...look}
          yAxisId="over"
          orientation="right"
          ticks={[...overTicks]}
          domain={endsOf(overTicks)}
        />
      )}
    </>
  );
}

function BandAndMark({ band, mark }: Pick<DrawingProps, 'band' | 'mark'>): ReactNode {
  return (
    <>
      {band !== undefined && (
        <Area
          dataKey="between"
          stroke="var(--tk-series-other)"
          strokeDasharray="3 4"
          fill="var(--tk-series-other)"
          fillOpacity={0.25}
          activeDot={false}
          isAnimationActive={false}
        />
      )}
      {mark !== undefined && (
        <ReferenceLine y={mark.value} stroke="var(--tk-warn)" strokeDasharray="6 4" />
      )}
    </>
  );
}

type ShapesProps = DrawingProps & { readonly id: string };

/** Which ends are not whole, for whatever reason. */
function partsOf({ isOpen, cut }: DrawingProps): Ends {
  return { first: cut.first, last: cut.last || isOpen };
}

/** The hatching says "not the whole" without a colour of its own. */
function Hatching({ id, color }: { readonly id: string; readonly color: string }): ReactNode {
  return (
    <pattern
      id={id}
      width="6"
      height="6"
      patternUnits="userSpaceOnUse"
      patternTransform="rotate(45)"
    >
      <rect width="6" height="6" fill={color} opacity="0.3" />
      <rect width="3" height="6" fill={color} />
    </pattern>
  );
}

function Bars(props: ShapesProps): ReactNode {
  const { id, series, buckets } = props;
  const parts = partsOf(props);
  const isPart = (shape: unknown): boolean =>
    isAtEnd(parts, (shape as { readonly payload: Row }).payload.at, buckets.length);
  return (
    <>
      <defs>
        {series.map(({ name, color }, index) => (
          <Hatching key={name} id={`${id}-${index}`} color={color} />
        ))}
      </defs>
      <BarStack radius={[3, 3, 0, 0]}>
        {series.map(({ name, color }, index) => (
          <Bar
            key={name}
            dataKey={({ values }: Row) => values[index]}
            fill={color}
            maxBarSize={48}
            isAnimationActive={false}
            shape={(shape: RectangleProps) => (
              <Rectangle {...shape} fill={isPart(shape) ? `url(#${id}-${index})` : color} />
            )}
          />
        ))}
      </BarStack>
    </>
  );
}

function Areas(props: ShapesProps): ReactNode {
  const { id, series, buckets } = props;
  const parts = partsOf(props);
  const hatched = [
    ...(parts.first ? [buckets.slice(0, 2)] : []),
    ...(parts.last ? [buckets.slice(-2)] : []),
  ];
  return (
    <>
      <defs>
        <Hatching id={id} color="var(--tk-surface)" />
      </defs>
      {series.map(({ name, color }, index) => (
        <Area
          key={name}
          dataKey={({ values }: Row) => values[index]}
          stackId="all"
          stroke={color}
          strokeWidth={1.5}
          fill={color}
          fillOpacity={0.3}
          dot={buckets.length < 2}
          isAnimationActive={false}
        />
      ))}
      {hatched
        .filter(({ length }) => length === 2)
        .map(([from, to]) => (
          <ReferenceArea key={from} x1={from} x2={to} fill={`url(#${id})`} fillOpacity={0.9} />
        ))}
    </>
  );
}

/** What is not whole is dashed. */
function Lines(props: ShapesProps): ReactNode {
  const { series, buckets } = props;
  const parts = partsOf(props);
  const from = parts.first ? 1 : 0;
  const sure = parts.last ? buckets.length - 1 : buckets.length;
  return series.flatMap(({ name, color, values: all }, index) => {
    // A line needs two points; a single one would not be seen.
    const isLone = all.slice(from, sure).filter((value) => value !== null).length < 2;
    const line = { stroke: color, strokeWidth: 2, isAnimationActive: false } as const;
    const known = ({ at, values }: Row) => (at >= from && at < sure ? values[index] : null);
    const begun = ({ at, values }: Row) => (at <= from ? values[index] : null);
    const open = ({ at, values }: Row) => (at >= sure - 1 ? values[index] : null);
    const dashed = {
      ...line,
      strokeDasharray: '3 4',
      activeDot: false,
      // A point that stands alone is drawn whole: of dashes it would be a blur.
      dot: sure <= from && { strokeDasharray: 'none' },
    };
    return [
      <Line key={name} dataKey={known} dot={isLone} {...line} />,
      parts.first && <Line key={`${name} begun`} dataKey={begun} {...dashed} />,
      parts.last && <Line key={`${name} open`} dataKey={open} {...dashed} />,
    ];
  });
}
