/** What is asked of the figures, as the address says it: by the names that the API has for it. */
import {
  GROUPS,
  type Group,
  HOURLY_RANGE_MAX,
  METRICS,
  type Metric,
  REPORTED_GROUPS,
  REPORTED_METRICS,
} from '../../../contract/api/figures-api.ts';
import { figuresOf, type Period } from '../shell/period.ts';
import type { UrlState } from '../shell/url-state.ts';
import { GROUP_FILTERS, type GroupFilter, type Source } from '../ui/tables/group-filters.ts';

export const SOURCES = ['gateway', 'provider'] as const satisfies readonly Source[];
/** `sum` adds up what came before. */
export const VIEWS = ['bars', 'areas', 'lines', 'sum'] as const;
export type View = (typeof VIEWS)[number];
export const STEPS = ['hour', 'day', 'week', 'month', 'none'] as const;
export const TOPS = [5, 7, 10, 20] as const;
const USUAL_TOP = 7;
/** In the address: nothing is told apart. */
export const WHOLE = 'all';

export interface Question {
  readonly source: Source;
  readonly metric: Metric;
  readonly group: Group | null;
  readonly subgroup: Group | null;
  readonly bucket: (typeof STEPS)[number];
  readonly top: number;
  readonly view: View;
  readonly filters: Readonly<Partial<Record<GroupFilter, string>>>;
}

/** Rates and times have no sum: one cannot stand on the other. */
export function isSum(metric: Metric): boolean {
  return !/^(average|error_rate|ttft)/.test(metric);
}

export function metricsOf(source: Source): readonly Metric[] {
  return source === 'provider' ? REPORTED_METRICS : (Object.keys(METRICS) as Metric[]);
}

/** A member is the only user that they see. */
export function groupsOf(source: Source, isOperator: boolean): readonly Group[] {
  if (source === 'provider') return REPORTED_GROUPS;
  return GROUPS.filter((group) => isOperator || group !== 'user');
}

export function stepsOf(source: Source, { days }: Period): readonly Question['bucket'][] {
  const isHourly = source === 'gateway' && days * 24 <= HOURLY_RANGE_MAX;
  const fits = { hour: isHourly, day: true, week: days > 7, month: days > 28, none: true };
  return STEPS.filter((step) => fits[step]);
}

export function viewsOf(metric: Metric): readonly View[] {
  return isSum(metric) ? VIEWS : ['lines', 'bars'];
}

interface Asker {
  readonly period: Period;
  readonly isOperator: boolean;
}

/** What the address says wrongly, or what the source does not tell, is as if it were not said. */
export function questionOf(url: UrlState, { period, isOperator }: Asker): Question {
  const pick = <One extends string>(name: string, list: readonly One[]): One | undefined =>
    list.find((one) => one === url[name]);
  const source = pick('source', SOURCES) ?? 'gateway';
  const metric = pick('metric', metricsOf(source)) ?? 'spend';
  const groups = groupsOf(source, isOperator);
  const group = url['group'] === WHOLE ? null : (pick('group', groups) ?? 'model');
  const subgroup = group === null ? null : (pick('subgroup', groups) ?? null);
  const views = viewsOf(metric);
  return {
    source,
    metric,
    group,
    subgroup: subgroup === group ? null : subgroup,
    bucket: pick('bucket', stepsOf(source, period)) ?? usualStep(source, period),
    top: TOPS.find((top) => String(top) === url['top']) ?? USUAL_TOP,
    view: pick('view', views) ?? views[0] ?? 'bars',
    filters: filtersIn(url, groups),
  };
}

/** More days than these beside each other are a comb; weeks show how it went. */
const DAYS_MAX = 120;

function usualStep(source: Source, period: Period): Question['bucket'] {
  if (period.days > DAYS_MAX) return 'week';
  return source === 'provider' ? 'day' : figuresOf(period).bucket;
}

function filtersIn(url: UrlState, groups: readonly Group[]): Question['filters'] {
  const names = (Object.keys(GROUP_FILTERS) as GroupFilter[]).filter(
    (name) => groups.includes(GROUP_FILTERS[name]) && (url[name] ?? '') !== '',
  );
  return Object.fromEntries(names.map((name) => [name, url[name]]));
}

export function queryOf(question: Question, { start, end }: Period) {
  const { source, metric, group, subgroup, bucket, top, view, filters } = question;
  return {
    ...{ start, end, source, metric, bucket, top, ...filters },
    // What is added up is added up by the server: the file is to have what is seen.
    cumulative: view === 'sum' ? ('true' as const) : undefined,
    group: group ?? undefined,
    subgroup: subgroup ?? undefined,
  };
}
