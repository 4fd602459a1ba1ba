import type { z } from 'zod';
import { RANGE_MAX_DAYS } from '../../../contract/api/fields.ts';
import type { costByUser, REPORTS_API, reportRange } from '../../../contract/api/reports-api.ts';
import { toDollars } from '../../../contract/money.ts';
import { type Clock, DAY_MS, isoTime, utcDay } from '../../clock.ts';
import { wrongField } from '../../failure.ts';
import type { CostByUser, DayRange, Reports } from '../../reports/reports.ts';
import type { AskedFor } from '../answering.ts';
import { ownerOf } from '../callers.ts';
import { inPortions, sendDocument, sendExport } from '../formats/export.ts';

export interface ReportsDeps {
  readonly reports: Pick<Reports, 'costByUser'>;
  readonly clock: Pick<Clock, 'now'>;
}

export function reportsHandlers({ reports, clock }: ReportsDeps) {
  return {
    async costByUser({
      query,
      caller,
      reply,
    }: AskedFor<typeof REPORTS_API.costByUser>): Promise<z.output<typeof costByUser>> {
      const now = clock.now();
      const range = rangeOf(query, now);
      const report = await reports.costByUser(range, ownerOf(caller));
      const pages = inPortions(report.dailyByUser, costOfDay);
      // What is written in portions goes past the schema of the reply; a file is no such reply at all.
      if (query.format !== undefined) {
        return sendExport(reply, query.format, { name: 'costs', columns: COLUMNS, pages });
      }
      const head = {
        ...range,
        by_user: report.byUser.map((user) => ({
          label: user.label,
          requests: user.requests,
          unpriced_requests: user.unpricedRequests,
          tokens: user.tokens,
          cost_usd: toDollars(user.cost),
        })),
        daily: report.daily.map((day) => ({
          date: day.date,
          cost_usd: toDollars(day.cost),
          cumulative_cost_usd: toDollars(day.cumulativeCost),
        })),
        as_of: isoTime(now),
      } satisfies Omit<z.output<typeof costByUser>, 'daily_by_user'>;
      return sendDocument(reply, head, { name: 'daily_by_user', pages });
    },
  };
}

const COLUMNS = ['date', 'label', 'cost_usd'];

const costOfDay = ({ date, label, cost }: CostByUser['dailyByUser'][number]) => ({
  ...{ date, label, cost_usd: toDollars(cost) },
});

const DEFAULT_RANGE_DAYS = 30;

/** The days that were asked for, the gaps filled in. @throws Failure `validation_failed` */
export function rangeOf(query: z.output<typeof reportRange>, nowMs: number): DayRange {
  const end = query.end ?? utcDay(nowMs);
  const endMs = Date.parse(`${end}T00:00:00Z`);
  const start =
    query.start ?? utcDay(Math.max(endMs - (DEFAULT_RANGE_DAYS - 1) * DAY_MS, FIRST_DAY_MS));
  const days = (endMs - Date.parse(`${start}T00:00:00Z`)) / DAY_MS + 1;
  if (days < 1) throw wrongField('start', 'The start lies after the end.');
  if (days > RANGE_MAX_DAYS) {
    throw wrongField('start', `A report covers at most ${RANGE_MAX_DAYS} days.`);
  }
  return { start, end };
}

/** Years have four digits on the wire, so nothing may be counted back beyond the year 0. */
const FIRST_DAY_MS = Date.parse('0000-01-01T00:00:00Z');
