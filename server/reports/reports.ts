/**
 * The door of `reports`: what did it cost. Figures of the metered requests, read in the reader thread.
 * A request that nothing was owed for counts in none of them: one that was refused, that failed before anything
 * was served, or that is free at every provider. One without a known price counts with its tokens and a cost of 0,
 * and is counted apart as unpriced. All costs are the providers', in nano-dollars; charges are what callers paid.
 */
import type { Database } from '../storage/storage.ts';
import { type CostByUser, costByUser, type DayRange } from './cost-by-user.ts';
import { dailyUsage, dailyUsageBy, syncedAt, type UsageFilter } from './daily-usage.ts';
import { type Chart, chartOf, type FiguresOrder, type Series, totalOf } from './figures.ts';
import { type ReportedOrder, reportedChartOf } from './reported-figures.ts';
import {
  type RecordPage,
  type RequestFilter,
  type RequestStory,
  requestPage,
  requestStory,
} from './request-log.ts';
import { createSumsSource, type SumsSourceDeps } from './sums-source.ts';
import {
  type LoggedUse,
  type UsageLogFilter,
  type UsageLogTotals,
  usageLog,
  usageLogTotals,
} from './usage-log.ts';
import { type Activity, activity, type UsageOfUser, usageOfUser } from './usage-of-callers.ts';
import { type KeyUsage, usageOfKey } from './usage-of-key.ts';

export type { CostByUser, DayRange } from './cost-by-user.ts';
export type { DailyUsage, UsageFilter, UsageSource } from './daily-usage.ts';
export { type Chart, type FiguresOrder, runningChart, type Series } from './figures.ts';
export { errorRate, type Figures, named, readerOf, ttftQuantile, type Value } from './measures.ts';
export {
  type CostLine,
  costLines,
  exactCost,
  type StoredRates,
} from './price-terms.ts';
export type { ReportedOrder } from './reported-figures.ts';
export type { RecordPage, RecordRow, RequestFilter, RequestStory } from './request-log.ts';
export { type Bucket, type Span, spanOf } from './span.ts';
export type { Selection } from './sums.ts';
export type { Activity, CallerFigures, UsageOfUser } from './usage-of-callers.ts';
export type { KeyUsage, UsageFigures } from './usage-of-key.ts';

export interface Reports {
  usageOfKey(keyId: string): Promise<KeyUsage>;
  /** @param userId of this user only; null: of everybody */
  costByUser(range: DayRange, userId: string | null): Promise<CostByUser>;
  /** @param now in milliseconds since the epoch: which day and month is meant */
  usageOfUser(userId: string, now: number): Promise<UsageOfUser>;
  /** What everybody did on the UTC day of that instant. */
  activity(now: number): Promise<Activity>;
  /** One metric over time, split by groups. */
  chart(order: FiguresOrder): Promise<Chart>;
  /** The same of what providers report of their keys. */
  reportedChart(order: ReportedOrder): Promise<Chart>;
  /** Every measure of a selection, over time and of the range before. */
  total(order: Pick<FiguresOrder, 'span' | 'selection'>): Promise<Series>;
  /** Usage records, the newest first, from below the id `before`. */
  requests(
    filter: RequestFilter,
    page: { readonly before: string | null; readonly limit: number },
  ): Promise<RecordPage>;
  /** One usage record with its price and the entries of its money; null if there is none. */
  request(id: string): Promise<RequestStory | null>;
  /** Usage by day, provider key and model, of one source. */
  dailyUsage(
    filter: UsageFilter,
    page: { readonly after: readonly string[] | null; readonly limit: number },
  ): ReturnType<typeof dailyUsage>;
  dailyUsageBy(
    filter: UsageFilter,
    column: 'date' | 'key' | 'model',
  ): ReturnType<typeof dailyUsageBy>;
  /** Single uses of provider keys, the newest first, from below the id `before`. */
  usageLog(
    filter: UsageLogFilter,
    page: { readonly before: string | null; readonly limit: number },
  ): Promise<readonly LoggedUse[]>;
  usageLogTotals(filter: UsageLogFilter): Promise<UsageLogTotals>;
  /** When providers last told something of these keys; null: of any. */
  syncedAt(keyIds: readonly string[] | null): Promise<number | null>;
  /** Every price that a request was priced with, the newest first. */
  prices(): Promise<readonly Database['prices'][]>;
}

export function createReports(deps: SumsSourceDeps): Reports {
  const source = createSumsSource(deps);
  const { db } = source;
  return {
    usageOfKey: (keyId) => usageOfKey(source, keyId),
    costByUser: (range, userId) => costByUser(source, range, userId),
    usageOfUser: (userId, now) => usageOfUser(source, userId, now),
    activity: (now) => activity(source, now),
    chart: (order) => chartOf(source, order),
    reportedChart: (order) => reportedChartOf(db, order),
    total: (order) => totalOf(source, order),
    requests: (filter, page) => requestPage(db, filter, page),
    request: (id) => requestStory(db, id),
    dailyUsage: (filter, page) => dailyUsage(db, filter, page),
    dailyUsageBy: (filter, column) => dailyUsageBy(source, filter, column),
    usageLog: (filter, page) => usageLog(db, filter, page),
    usageLogTotals: (filter) => usageLogTotals(db, filter),
    syncedAt: (keyIds) => syncedAt(db, keyIds),
    prices: () => db.selectFrom('prices').selectAll().orderBy('first_used_at', 'desc').execute(),
  };
}
