/** An answer of the figures as series of a chart. What the server put under one roof stays there. */
import type { z } from 'zod';
import type { figuresReply } from '../../../../contract/api/figures-api.ts';
import type { NamedSeries } from './chart.tsx';
import { type Ends, OTHER, type Value } from './series.ts';
import type { Unit } from './unit-text.ts';

export type FiguresReply = z.output<typeof figuresReply>;

export interface FiguresSeries extends NamedSeries {
  readonly value: Value;
  readonly previous: Value;
  /** The ids that it is filtered by; null for what is left. */
  readonly group: string | null;
  readonly subgroup: string | null;
}

/** @param whole how the only series of figures is called that nothing splits; null where they are split */
export function seriesIn({ data }: FiguresReply, whole: string | null): readonly FiguresSeries[] {
  const undivided = { kind: 'group', group: null, subgroup: null, ...data.total } as const;
  return (whole === null ? data.series : [undivided]).map(
    ({ kind, group, subgroup, value, previous, values }) => {
      const parts = [group, subgroup].filter((part) => part !== null);
      return {
        name: kind === 'other' ? OTHER : parts.map(({ id }) => id).join('\u0000'),
        label: parts.length === 0 ? (whole ?? '') : parts.map(({ label }) => label).join(' · '),
        value,
        previous,
        values,
        group: group?.id ?? null,
        subgroup: subgroup?.id ?? null,
      };
    },
  );
}

const UNITS: Readonly<Record<FiguresReply['data']['unit'], Unit>> = {
  usd: 'money',
  count: 'count',
  ms: 'ms',
  ratio: 'ratio',
};

/** Spend that is not known is that of requests without a price. */
export function unitOf({
  metric,
  unit,
}: {
  readonly metric: string;
  readonly unit: keyof typeof UNITS;
}): Unit {
  return metric === 'spend' ? 'cost' : UNITS[unit];
}

type Buckets = FiguresReply['data']['buckets'];

/** What a chart needs to know of the buckets. */
export function bucketsIn(buckets: Buckets): {
  readonly buckets: readonly string[];
  readonly isOpen: boolean;
  readonly cut: Ends;
} {
  const last = buckets.at(-1);
  const isOpen = last?.complete === false;
  return {
    buckets: buckets.map(({ label }) => label),
    isOpen,
    // A week that is not over yet is no part of a week for another reason.
    cut: { first: buckets[0]?.whole === false, last: last?.whole === false && !isOpen },
  };
}
