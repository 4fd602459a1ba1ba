/** Draws series over time: stacked bars, stacked areas or lines. Loaded when a chart is seen. */
import { useElementSize, useId } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import classes from './chart.module.css';
import { axisMarks, type Series } from './series.ts';

export type ChartKind = 'bars' | 'areas' | 'lines';

export interface DrawnSeries extends Series {
  readonly label: string;
  readonly color: string;
}

interface DrawingProps {
  readonly kind: ChartKind;
  readonly buckets: readonly string[];
  readonly series: readonly DrawnSeries[];
  /** What the chart shows, for those who do not see it; its table has the figures. */
  readonly label: string;
  readonly bucketText: (bucket: string) => string;
  readonly axisText: (value: number) => string;
  readonly valueText: (value: number | null) => string;
  /** Whether the last bucket has not ended. */
  readonly isOpen: boolean;
  readonly height?: number;
}

interface Plane {
  readonly left: number;
  readonly width: number;
  readonly height: number;
  readonly top: number;
  readonly step: number;
  readonly y: (value: number) => number;
}

const TOP = 8;
const BELOW = 24;

/** Where each series of a bucket begins and ends, one upon the other. */
function stackAt(series: readonly DrawnSeries[], bucket: number): readonly [number, number][] {
  let base = 0;
  return series.map(({ values }) => {
    const from = base;
    base += Math.max(0, values[bucket] ?? 0);
    return [from, base];
  });
}

function largestOf({ kind, series, buckets }: DrawingProps): number {
  const tops = buckets.map((_, at) =>
    kind === 'lines'
      ? Math.max(0, ...series.map(({ values }) => values[at] ?? 0))
      : (stackAt(series, at).at(-1)?.[1] ?? 0),
  );
  return Math.max(0, ...tops);
}

export function ChartDrawing(props: DrawingProps): ReactNode {
  const { kind, buckets, label, axisText, height = 240 } = props;
  const { ref, width } = useElementSize();
  const [pointed, setPointed] = useState<number | null>(null);
  const marks = axisMarks(largestOf(props));
  const most = marks.at(-1) ?? 1;
  const left = 10 + Math.max(...marks.map((mark) => axisText(mark).length)) * 6.4;
  const inner = Math.max(0, width - left);
  const plane: Plane = {
    left,
    top: TOP,
    width: inner,
    height: height - TOP - BELOW,
    step: inner / Math.max(1, buckets.length),
    y: (value) => TOP + (height - TOP - BELOW) * (1 - value / most),
  };
  const Shape = kind === 'bars' ? Bars : Paths;
  return (
    <div ref={ref} className={classes['drawing']} style={{ height }}>
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={label}
          onPointerLeave={() => setPointed(null)}
          onPointerMove={({ nativeEvent }) => {
            const at = Math.floor((nativeEvent.offsetX - left) / plane.step);
            setPointed(at >= 0 && at < buckets.length ? at : null);
          }}
        >
          <Axes {...props} plane={plane} marks={marks} />
          {pointed !== null && (
            <rect
              x={left + pointed * plane.step}
              y={TOP}
              width={plane.step}
              height={plane.height}
              fill="var(--tk-text)"
              opacity={0.05}
            />
          )}
          <Shape {...props} plane={plane} />
        </svg>
      )}
      {pointed !== null && <Tip {...props} plane={plane} at={pointed} width={width} />}
    </div>
  );
}

type PartProps = DrawingProps & { readonly plane: Plane };

function Axes(props: PartProps & { readonly marks: readonly number[] }): ReactNode {
  const { plane, marks, buckets, axisText, bucketText } = props;
  const every = Math.max(1, Math.ceil(56 / Math.max(1, plane.step)));
  const lastFit = plane.left + plane.width - 16;
  return (
    <g>
      {marks.map((mark) => (
        <g key={mark}>
          <line
            className={classes['grid']}
            x1={plane.left}
            x2={plane.left + plane.width}
            y1={plane.y(mark)}
            y2={plane.y(mark)}
          />
          <text
            className={classes['axis']}
            x={plane.left - 8}
            y={plane.y(mark) + 4}
            textAnchor="end"
          >
            {axisText(mark)}
          </text>
        </g>
      ))}
      {buckets.map((bucket, at) => {
        const x = plane.left + (at + 0.5) * plane.step;
        return at % every === 0 && x < lastFit ? (
          <text
            key={bucket}
            className={classes['axis']}
            x={x}
            y={plane.top + plane.height + 17}
            textAnchor="middle"
          >
            {bucketText(bucket)}
          </text>
        ) : null;
      })}
    </g>
  );
}

/** The hatching says "not over yet" without a colour of its own. */
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

function Bars({ plane, buckets, series, isOpen }: PartProps): ReactNode {
  const id = useId();
  const gap = plane.step > 12 ? Math.min(8, plane.step * 0.24) : 1;
  return (
    <g>
      <defs>
        {series.map(({ color }, index) => (
          <Hatching key={color} id={`${id}-${index}`} color={color} />
        ))}
      </defs>
      {buckets.map((bucket, at) =>
        stackAt(series, at).map(([from, to], index) => {
          const one = series[index];
          if (one === undefined || to <= from) return null;
          const isLast = isOpen && at === buckets.length - 1;
          return (
            <rect
              key={`${bucket} ${one.name}`}
              x={plane.left + at * plane.step + gap / 2}
              y={plane.y(to)}
              width={Math.max(1, plane.step - gap)}
              height={Math.max(1, plane.y(from) - plane.y(to))}
              fill={isLast ? `url(#${id}-${index})` : one.color}
            />
          );
        }),
      )}
    </g>
  );
}

function Paths({ kind, plane, buckets, series, isOpen }: PartProps): ReactNode {
  const x = (at: number): number => plane.left + (at + 0.5) * plane.step;
  const stacks = buckets.map((_, at) => stackAt(series, at));
  const sure = isOpen ? buckets.length - 1 : buckets.length;
  return (
    <g fill="none">
      {series.map((one, index) => {
        const tops = one.values.map((value, at) =>
          kind === 'lines' ? value : (stacks[at]?.[index]?.[1] ?? null),
        );
        const line = (from: number, to: number): string =>
          pathThrough(tops, plane, { x, from, to });
        return (
          <g key={one.name} stroke={one.color} strokeWidth="1.8" strokeLinejoin="round">
            {kind === 'areas' && (
              <path
                d={areaBetween(stacks, index, plane, x)}
                fill={one.color}
                stroke="none"
                opacity="0.22"
              />
            )}
            <path d={line(0, sure)} />
            {isOpen && <path d={line(sure - 1, buckets.length)} strokeDasharray="3 4" />}
          </g>
        );
      })}
    </g>
  );
}

/** A line through what is known; where nothing is known there is a gap. */
function pathThrough(
  values: readonly (number | null)[],
  plane: Plane,
  span: { readonly x: (at: number) => number; readonly from: number; readonly to: number },
): string {
  let isDown = false;
  return values
    .map((value, at) => {
      if (value === null || at < span.from || at >= span.to) {
        isDown = false;
        return '';
      }
      const command = isDown ? 'L' : 'M';
      isDown = true;
      return `${command}${span.x(at).toFixed(1)},${plane.y(value).toFixed(1)}`;
    })
    .join('');
}

function areaBetween(
  stacks: readonly (readonly [number, number][])[],
  index: number,
  plane: Plane,
  x: (at: number) => number,
): string {
  const edge = (side: 0 | 1): string[] =>
    stacks.map(
      (stack, at) => `${x(at).toFixed(1)},${plane.y(stack[index]?.[side] ?? 0).toFixed(1)}`,
    );
  return `M${edge(1).join('L')}L${edge(0).reverse().join('L')}Z`;
}

function Tip(props: PartProps & { readonly at: number; readonly width: number }): ReactNode {
  const { plane, at, width, buckets, series, bucketText, valueText } = props;
  const x = plane.left + (at + 0.5) * plane.step;
  const isRight = x > width / 2;
  const style = isRight
    ? { right: width - x + plane.step / 2 + 8 }
    : { left: x + plane.step / 2 + 8 };
  return (
    <div className={classes['tip']} style={style} aria-hidden="true">
      <strong>{bucketText(buckets[at] ?? '')}</strong>
      {series.map(({ name, label, color, values }) => (
        <div key={name} className={classes['tipLine']}>
          <span className={classes['dot']} style={{ background: color }} />
          <span className={classes['keyName']}>{label}</span>
          <span className={classes['tipValue']}>{valueText(values[at] ?? null)}</span>
        </div>
      ))}
    </div>
  );
}
