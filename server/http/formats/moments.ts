/** Instants and ranges of time, as calls name them and as replies do. */
import { DAY_MS, isoTime } from '../../clock.ts';
import { Failure } from '../../failure.ts';
import type { Span } from '../../reports/reports.ts';

/**
 * Instants, half-open. A day given as the end is included, an instant is not; what is not given has no bound.
 *
 * @throws Failure `validation_failed` for an end before the start
 */
export function spanIn({
  start,
  end,
}: {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
}): { readonly from: number; readonly to: number } {
  const isDay = end !== undefined && end.length === 'YYYY-MM-DD'.length;
  const from = start === undefined ? 0 : Date.parse(start);
  const to = end === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(end) + (isDay ? DAY_MS : 0);
  // A day that is the end holds one instant at least, so that it cannot begin where it ends.
  if (isDay ? from >= to : from > to) {
    throw new Failure('validation_failed', {
      param: 'start',
      sentence: 'The start lies after the end.',
    });
  }
  return { from, to };
}

/** An instant as replies state it; null where there is none. */
export function momentOf(epochMs: number | null): string | null {
  return epochMs === null ? null : isoTime(epochMs);
}

/** The hours, days or months of a chart's axis; those that still go on at `now` are marked. */
export function bucketsOf(span: Span, now: number) {
  return span.buckets.map(({ label, startsAt, endsAt, end, isWhole }) => ({
    label,
    start: startsAt,
    end: endsAt,
    complete: end <= now,
    whole: isWhole,
  }));
}
