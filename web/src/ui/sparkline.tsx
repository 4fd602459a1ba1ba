import type { ReactNode } from 'react';
import { numberOf, type Value } from './series.ts';

const WIDTH = 120;
const HEIGHT = 30;

interface SparklineProps {
  readonly values: readonly Value[];
  /** Whether the last value belongs to a stretch that has not ended: it is dashed. */
  readonly isOpen?: boolean;
}

/** The course of a figure, without scales. It repeats what a chart shows, so it is silent for software. */
export function Sparkline({ values, isOpen = false }: SparklineProps): ReactNode {
  const known = values.map((value) => numberOf(value) ?? 0);
  const most = Math.max(...known);
  if (known.length < 2 || !(most > 0)) return null;
  const points = known.map((value, at) => {
    const x = (at / (known.length - 1)) * WIDTH;
    const y = HEIGHT - 2 - (value / most) * (HEIGHT - 4);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const sure = isOpen ? points.slice(0, -1) : points;
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
        points={`0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`}
        fill="var(--tk-series-0)"
        opacity="0.1"
      />
      <polyline points={sure.join(' ')} {...line} />
      {isOpen && <polyline points={points.slice(-2).join(' ')} {...line} strokeDasharray="2 3" />}
    </svg>
  );
}
