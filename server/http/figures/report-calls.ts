/** The calls that answer what was used and what it cost, in one list for the table of routes. */
import { FIGURES_API } from '../../../contract/api/figures-api.ts';
import { REPORTS_API } from '../../../contract/api/reports-api.ts';
import { REQUESTS_API } from '../../../contract/api/requests-api.ts';
import { STATISTICS_API } from '../../../contract/api/statistics-api.ts';
import { USAGE_LOG_API } from '../../../contract/api/usage-log-api.ts';
import { type BoundCall, bind, bindJoint } from '../answering.ts';
import { type FiguresDeps, figuresHandlers } from './figures-routes.ts';
import { type ReportsDeps, reportsHandlers } from './reports-routes.ts';
import { type RequestsDeps, requestsHandlers } from './requests-routes.ts';
import { type StatisticsDeps, statisticsHandlers } from './statistics-routes.ts';
import { type UsageLogDeps, usageLogHandlers } from './usage-log-routes.ts';

export type ReportCallsDeps = FiguresDeps &
  ReportsDeps &
  RequestsDeps &
  StatisticsDeps &
  UsageLogDeps;

export function reportCalls(deps: ReportCallsDeps): readonly BoundCall[] {
  const reports = reportsHandlers(deps);
  const figures = figuresHandlers(deps);
  const requests = requestsHandlers(deps);
  const statistics = statisticsHandlers(deps);
  return [
    bindJoint(REPORTS_API.costByUser, reports.costByUser),
    bindJoint(FIGURES_API.figures, figures.figures),
    bindJoint(FIGURES_API.overview, figures.overview),
    bindJoint(REQUESTS_API.list, requests.list),
    bind(REQUESTS_API.story, requests.story),
    bind(REQUESTS_API.prices, requests.prices),
    bindJoint(STATISTICS_API.stats, statistics.stats),
    bindJoint(STATISTICS_API.usage, statistics.usage),
    bind(STATISTICS_API.keys, statistics.keys),
    bindJoint(USAGE_LOG_API.list, usageLogHandlers(deps).list),
  ];
}
