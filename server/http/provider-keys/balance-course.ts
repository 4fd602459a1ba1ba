/** What is left on provider keys over time, as the dashboard shows it: a sum for each currency, and the key that ends first. */
import type { z } from 'zod';
import type { balanceCourse, balanceCourseQuery } from '../../../contract/api/monitoring-api.ts';
import { dollarsTogether, type Nanos } from '../../../contract/money.ts';
import { type Clock, isoTime } from '../../clock.ts';
import type { BalanceCourse, Closing, KeyStatus, Monitoring } from '../../monitoring/monitoring.ts';
import type { ProviderKey } from '../../provider-keys/provider-keys.ts';
import { spanOf } from '../../reports/reports.ts';
import { bucketsOf } from '../formats/moments.ts';
import { daysIn, withStatus } from './provider-key-replies.ts';

export interface CourseDeps {
  readonly monitoring: Pick<Monitoring, 'statuses' | 'courses' | 'runwaysAt'>;
  readonly clock: Pick<Clock, 'now'>;
}

type Reply = z.output<typeof balanceCourse>;
type Currency = Reply['data']['currencies'][number];

/** @throws Failure `validation_failed` for a range that cannot be */
export async function courseOf(
  { monitoring, clock }: CourseDeps,
  keys: readonly ProviderKey[],
  query: z.output<typeof balanceCourseQuery>,
): Promise<Reply> {
  const now = clock.now();
  const span = spanOf({ ...query, zone: 'UTC' }, now);
  const begun = span.buckets.filter(({ start }) => start <= now);
  const ids = keys.map(({ id }) => id);
  const courses = await monitoring.courses(
    ids,
    begun.map(({ start, end }) => ({ from: start, to: end })),
  );
  const toCome = span.buckets.slice(begun.length).map(() => null);
  const ends = begun.map(({ end }) => Math.min(end, now + 1));
  return {
    data: {
      buckets: bucketsOf(span, now),
      currencies: currenciesOf([...courses.values()], begun.length).map((one) => ({
        ...one,
        values: [...one.values, ...toCome],
      })),
      runway: await runwayOf(monitoring, keys, [span.start, ...ends], toCome),
    },
    meta: { start: isoTime(span.start), end: isoTime(span.end) },
  };
}

function currenciesOf(courses: readonly BalanceCourse[], buckets: number): Currency[] {
  const seen = courses.flatMap(({ before, closings }) => [before, ...closings]);
  const names = [...new Set(seen.flatMap((closing) => closing?.currency ?? []))].sort();
  const steps = Array.from({ length: buckets }, (_, at) => at);
  return names.map((currency) => {
    const leftAt = (at: number) =>
      courses.map((course) => inCurrency(course.closings[at], currency));
    const atEnd = leftAt(buckets - 1);
    const atStart = courses.map(({ before }) => inCurrency(before, currency));
    const both = atStart.flatMap((from, at) => {
      const to = atEnd[at] ?? null;
      return from === null || to === null ? [] : [{ from, to }];
    });
    return {
      currency,
      keys: known(atEnd).length,
      balance: totalOf(atEnd),
      values: steps.map((at) => totalOf(leftAt(at))),
      change:
        both.length === 0
          ? null
          : {
              keys: both.length,
              from: dollarsTogether(both.map(({ from }) => from)),
              to: dollarsTogether(both.map(({ to }) => to)),
            },
    };
  });
}

function inCurrency(closing: Closing | null | undefined, currency: string): Nanos | null {
  return closing?.currency === currency ? closing.balance : null;
}

const known = (amounts: readonly (Nanos | null)[]): readonly Nanos[] =>
  amounts.filter((amount) => amount !== null);

function totalOf(amounts: readonly (Nanos | null)[]): number | null {
  const left = known(amounts);
  return left.length === 0 ? null : dollarsTogether(left);
}

/** @param ends the end of the range before, and then of each bucket that has begun */
async function runwayOf(
  monitoring: CourseDeps['monitoring'],
  keys: readonly ProviderKey[],
  ends: readonly number[],
  toCome: readonly null[],
): Promise<Reply['data']['runway']> {
  const first = endingFirst(await withStatus(keys, monitoring));
  if (first === null) return null;
  const { key } = first;
  const found = await monitoring.runwaysAt(key.id, ends);
  const [previous = null, ...values] = found.map((runway) => daysIn(runway?.hours));
  return {
    key_id: key.id,
    name: key.name,
    days: values.at(-1) ?? null,
    previous_days: previous,
    values: [...values, ...toCome],
  };
}

/** The key that may end first: by the near end of its band. */
export function endingFirst<One extends { readonly status: Pick<KeyStatus, 'runway'> }>(
  keys: readonly One[],
): One | null {
  const [first] = keys
    .flatMap((one) => {
      const hours = one.status.runway?.lowHours;
      return hours === undefined ? [] : [{ one, hours }];
    })
    .sort((a, b) => a.hours - b.hours);
  return first?.one ?? null;
}
