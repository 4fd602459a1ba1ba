import type { ReactNode } from 'react';

const WIDTH = 96;
const HEIGHT = 26;

/** The course of a figure, without scales. It repeats what a chart shows, so it is silent for software. */
export function Sparkline({ values }: { readonly values: readonly (number | null)[] }): ReactNode {
  const known = values.map((value) => value ?? 0);
  const most = Math.max(...known);
  if (known.length < 2 || !(most > 0)) return null;
  const points = known.map((value, at) => {
    const x = (at / (known.length - 1)) * WIDTH;
    const y = HEIGHT - 2 - (value / most) * (HEIGHT - 4);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg width={WIDTH} height={HEIGHT} aria-hidden="true">
      <polygon
        points={`0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`}
        fill="var(--tk-series-0)"
        opacity="0.12"
      />
      <polyline
        points={points.join(' ')}
        fill="none"
        stroke="var(--tk-series-0)"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
    </svg>
  );
}
