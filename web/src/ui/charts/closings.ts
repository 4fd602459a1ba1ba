import type { z } from 'zod';
import type { balanceHistory } from '../../../../contract/api/monitoring-api.ts';

type Readings = z.output<typeof balanceHistory>['data'];

/** The last balance that was read by the end of each day; before the first reading nothing is known, nor after today. */
export function closings(
  history: Readings,
  days: readonly string[],
  today: string,
): readonly (number | null)[] {
  const readings = history.filter(({ balance }) => balance !== null);
  let at = 0;
  let last: number | null = null;
  return days.map((day) => {
    for (let next = readings[at]; next !== undefined && next.at.slice(0, 10) <= day; ) {
      last = next.balance;
      at += 1;
      next = readings[at];
    }
    return day > today ? null : last;
  });
}
