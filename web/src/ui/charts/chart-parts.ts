/** What a chart is made of, as it is drawn, listed in its table and told beside the pointer. */
import type { Ends, Series, Value } from './series.ts';
import type { UnitWords } from './unit-text.ts';

export type ChartKind = 'bars' | 'areas' | 'lines';

export interface DrawnSeries extends Series {
  readonly label: string;
  readonly color: string;
}

/** Where something may lie: as values for each bucket, null where nothing is said. */
export interface Band {
  readonly label: string;
  readonly low: readonly Value[];
  readonly high: readonly Value[];
}

export interface Mark {
  readonly label: string;
  readonly value: number;
}

export interface DrawingProps {
  readonly kind: ChartKind;
  readonly buckets: readonly string[];
  readonly series: readonly DrawnSeries[];
  /** A line over the bars with a scale of its own at the right. */
  readonly overlay?: DrawnSeries | undefined;
  readonly band?: Band | undefined;
  readonly mark?: Mark | undefined;
  /** What the chart shows, for those who do not see it; its table has the figures. */
  readonly label: string;
  readonly words: UnitWords;
  /** Whether whole numbers only make sense on the axis. */
  readonly isWhole: boolean;
  /** Whether the last bucket has not ended. */
  readonly isOpen: boolean;
  /** Of which buckets the range has only a part. */
  readonly cut: Ends;
  readonly height: number;
}
