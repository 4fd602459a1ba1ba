/** Where an axis of values has its lines: at round figures, and no higher than the values need. */

/** More lines than these are read no better. */
const INTERVALS = 5;

const ROUND = [1, 2, 2.5, 5, 10] as const;

/** The least round figure that is not below what is asked. */
function roundUp(least: number, isWhole: boolean): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ROUND.map((round) => round * power).find(
    (one) => one >= least && (!isWhole || Number.isInteger(one)),
  );
  return step ?? 10 * power;
}

interface Span {
  readonly lowest: number;
  readonly highest: number;
  /** Whether only whole numbers make sense. */
  readonly isWhole: boolean;
  /** Of an axis beside another one, whose lines it shares. */
  readonly intervals?: number;
}

/** From zero, or from below it, to the first line that no value is above. */
export function axisTicks({ lowest, highest, isWhole, intervals }: Span): readonly number[] {
  const height = Math.max(highest, 0) - Math.min(lowest, 0);
  if (height === 0) return [0, 1];
  const rough = height / (intervals ?? INTERVALS);
  const step = roundUp(isWhole ? Math.max(rough, 1) : rough, isWhole);
  const first = Math.floor(Math.min(lowest, 0) / step);
  const last = intervals === undefined ? Math.ceil(Math.max(highest, 0) / step) : first + intervals;
  // Multiplied and not added up, so that no error grows from line to line.
  return Array.from({ length: last - first + 1 }, (_, at) =>
    Number(((first + at) * step).toPrecision(12)),
  );
}
