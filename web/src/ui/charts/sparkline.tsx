import type { ReactNode } from 'react';
import { numberOf, type Value } from './series.ts';

const WIDTH = 120;
const HEIGHT = 30;

interface SparklineProps {
  readonly values: readonly Value[];
  /** Whether the last value belongs to a stretch that has not ended: it is dashed. */
  readonly isOpen?: boolean;
}

/** The course of a figure, without scales; what is not known is left out. It repeats what a chart shows, so it is silent for software. */
export function Sparkline({ values, isOpen = false }: SparklineProps): ReactNode {
  const known = values.flatMap((value, at) => {
    const size = numberOf(value);
    return size === null ? [] : [{ at, size }];
  });
  const most = Math.max(...known.map(({ size }) => size));
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined || known.length < 2 || !(most > 0)) return null;
  const xOf = (at: number): string => ((at / (values.length - 1)) * WIDTH).toFixed(1);
  const points = known.map(({ at, size }) => {
    const y = HEIGHT - 2 - (Math.max(size, 0) / most) * (HEIGHT - 4);
    return `${xOf(at)},${y.toFixed(1)}`;
  });
  const isDashed = isOpen && last.at === values.length - 1;
  const sure = isDashed ? points.slice(0, -1) : points;
  const line = {
    fill: 'none',
    stroke: 'var(--tk-series-0)',
    strokeWidth: 1.5,
    strokeLinejoin: 'round',
    vectorEffect: 'non-scaling-stroke',
  } as const;
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width="100%"
      height={HEIGHT}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon
        points={`${xOf(first.at)},${HEIGHT} ${points.join(' ')} ${xOf(last.at)},${HEIGHT}`}
        fill="var(--tk-series-0)"
        opacity="0.1"
      />
      <polyline points={sure.join(' ')} {...line} />
      {isDashed && <polyline points={points.slice(-2).join(' ')} {...line} strokeDasharray="2 3" />}
    </svg>
  );
}
