import type { z } from 'zod';
import {
  type FIGURES_API,
  type figuresMeta,
  type figuresReply,
  type figures as figuresShape,
  GROUPS,
  type Group,
  METRICS,
  type Metric,
  type overviewReply,
  REPORTED_GROUPS,
  REPORTED_METRICS,
} from '../../../contract/api/figures-api.ts';
import { formatDollars, shown } from '../../../contract/money.ts';
import { type Clock, DAY_MS, isoTime } from '../../clock.ts';
import { Failure, wrongField } from '../../failure.ts';
import {
  type Chart,
  errorRate,
  type Figures,
  named,
  type ReportedOrder,
  type Reports,
  readerOf,
  runningChart,
  type Selection,
  type Series,
  type Span,
  spanOf,
  ttftQuantile,
} from '../../reports/reports.ts';
import type { AskedFor } from '../answering.ts';
import { type Caller, ownerOf } from '../callers.ts';
import { type ExportRow, sendExport } from '../formats/export.ts';
import { type LabelDeps, type LabelOf, labelsFor } from '../formats/labels.ts';
import { bucketsOf, momentOf } from '../formats/moments.ts';

export interface FiguresDeps extends LabelDeps {
  readonly reports: Pick<Reports, 'chart' | 'reportedChart' | 'syncedAt' | 'total'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** The cards of the dashboard, in the order in which they are shown. */
const CARDS: readonly Metric[] = [
  'spend',
  'charge',
  'requests',
  'tokens',
  'error_rate',
  'ttft_p95',
];

type Query = AskedFor<typeof FIGURES_API.figures>['query'];
type Answer = z.output<typeof figuresReply>;

export function figuresHandlers(deps: FiguresDeps) {
  const { reports, clock } = deps;
  return {
    async figures({ query, caller, reply }: AskedFor<typeof FIGURES_API.figures>): Promise<Answer> {
      const { metric } = query;
      const groups = groupsOf(query.group, query.subgroup);
      const now = clock.now();
      const span = spanOf(query, now);
      const reported =
        query.source === 'provider' ? reportedOrder(deps, { query, groups, span }, caller) : null;
      const told =
        reported === null
          ? await reports.chart({
              ...{ span, metric, groups, top: query.top },
              selection: selectionOf(query, caller),
            })
          : await reports.reportedChart(reported);
      const chart = query.cumulative === 'true' ? runningChart(told) : told;
      const answer: Answer = {
        data: {
          ...{ metric, unit: METRICS[metric], buckets: bucketsOf(span, now) },
          ...seriesOf(chart, metric, groups, labelsFor(deps, caller)),
        },
        meta: metaOf(span, reported === null ? now : await reports.syncedAt(reported.keyIds)),
      };
      if (query.format === undefined) return answer;
      const file = { name: metric, columns: COLUMNS, pages: exportedPages(answer) };
      // The file goes past the schema of the reply, which describes the chart.
      return sendExport(reply, query.format, file);
    },

    async overview({
      query,
      caller,
    }: AskedFor<typeof FIGURES_API.overview>): Promise<z.output<typeof overviewReply>> {
      const now = clock.now();
      const span = spanOf(query, now);
      const series = await reports.total({ span, selection: overviewSelection(query, caller) });
      return {
        data: {
          buckets: bucketsOf(span, now),
          cards: CARDS.map((metric) => ({
            metric,
            unit: METRICS[metric],
            ...valuesOf(series, metric),
          })),
          ...figuresOfBoth(series),
        },
        meta: metaOf(span, now),
      };
    },
  };
}

function seriesOf(
  chart: Chart,
  metric: Metric,
  groups: readonly Group[],
  labelOf: LabelOf,
): Pick<Answer['data'], 'series' | 'groups_total' | 'total' | 'figures' | 'previous_figures'> {
  const name = (names: Series['names'], index: number) =>
    nameOf(groups[index], names?.[index], labelOf);
  return {
    series: chart.series.map((one) => ({
      kind: one.names === null ? 'other' : 'group',
      group: name(one.names, 0),
      subgroup: name(one.names, 1),
      ...valuesOf(one, metric),
    })),
    groups_total: chart.groupsTotal,
    total: valuesOf(chart.total, metric),
    ...figuresOfBoth(chart.total),
  };
}

const COLUMNS = [
  ...['bucket', 'kind', 'group_id', 'group', 'subgroup_id', 'subgroup'],
  ...['metric', 'unit', 'value'],
];

/** A page for each series, as a chart shows them; the whole where nothing is told apart. */
async function* exportedPages({ data }: Answer): AsyncGenerator<readonly ExportRow[]> {
  const { metric, unit, buckets, series, total } = data;
  const whole = { kind: 'total', group: null, subgroup: null, ...total };
  for (const { kind, group, subgroup, values } of series.length === 0 ? [whole] : series) {
    yield buckets.map(({ label }, at) => ({
      ...{ bucket: label, kind, group_id: group?.id ?? null, group: group?.label ?? null },
      ...{ subgroup_id: subgroup?.id ?? null, subgroup: subgroup?.label ?? null },
      ...{ metric, unit, value: values[at] ?? null },
    }));
  }
}

interface Asked {
  readonly query: Query;
  readonly groups: readonly Group[];
  readonly span: Span;
}

/** @throws Failure `validation_failed` for what providers do not tell */
function reportedOrder(
  { providerKeys }: Pick<FiguresDeps, 'providerKeys'>,
  { query, groups, span }: Asked,
  caller: Caller,
): ReportedOrder {
  const { metric, bucket, user_id, key_id, provider } = query;
  const isTold = <One extends string>(list: readonly One[], one: string): one is One =>
    (list as readonly string[]).includes(one);
  const told = groups.filter((group) => isTold(REPORTED_GROUPS, group));
  const isWholeDays = span.start % DAY_MS === 0 && span.end % DAY_MS === 0 && bucket !== 'hour';
  const wrong = [
    ...(isTold(REPORTED_METRICS, metric) ? [] : ['metric']),
    ...(told.length === groups.length ? [] : ['group']),
    ...(isWholeDays ? [] : ['bucket']),
    ...Object.entries({ user_id, key_id, provider }).flatMap(([name, given]) =>
      given === undefined ? [] : [name],
    ),
  ];
  const [param] = wrong;
  if (param !== undefined) {
    const sentence =
      'Providers report whole UTC days by model and provider key, without users, errors or times.';
    throw wrongField(param, sentence);
  }
  const keyIds = seenKeys(providerKeys, ownerOf(caller), query.provider_key_id);
  return { span, metric, top: query.top, groups: told, keyIds, model: query.model ?? null };
}

/** The provider keys whose reports are meant: of a member, their own; null: all. */
export function seenKeys(
  providerKeys: FiguresDeps['providerKeys'],
  userId: string | null,
  asked: string | undefined,
): readonly string[] | null {
  const own = userId === null ? null : providerKeys.everHeld(userId).map(({ id }) => id);
  return asked === undefined ? own : [asked].filter((id) => own === null || own.includes(id));
}

/** @throws Failure `validation_failed` for a subgroup alone */
function groupsOf(group: Group | undefined, subgroup: Group | undefined): readonly Group[] {
  if (subgroup !== undefined && (group === undefined || group === subgroup)) {
    const sentence = 'A subgroup needs a group, and another one.';
    throw wrongField('subgroup', sentence);
  }
  return [group, subgroup].filter((one) => one !== undefined);
}

function valuesOf({ measures, total, previous, buckets }: Series, metric: Metric) {
  const value = readerOf(metric, measures);
  return { value: value(total), previous: value(previous), values: buckets.map(value) };
}

function figuresOfBoth({ measures, total, previous }: Series) {
  return {
    figures: figuresOf(named(measures, total)),
    previous_figures: figuresOf(named(measures, previous)),
  };
}

interface Filters {
  readonly user_id?: string | undefined;
  readonly key_id?: string | undefined;
  readonly provider?: string | undefined;
  readonly provider_key_id?: string | undefined;
  readonly model?: string | undefined;
}

export function selectionOf(query: Filters, caller: Caller): Selection {
  const { user_id: user, key_id: key, provider, provider_key_id, model } = query;
  const given = { user, key, provider, provider_key: provider_key_id, model };
  const names = Object.fromEntries(
    GROUPS.map((group) => [group, given[group]] as const).filter(([, name]) => name !== undefined),
  );
  return { userId: ownerOf(caller), names };
}

/**
 * Where the dashboard is public, somebody who is not signed in sees everything in one sum.
 *
 * @throws Failure `authentication_required` where they ask for a part of it
 */
function overviewSelection(query: Filters, caller: Caller): Selection {
  if (caller.kind !== 'nobody') return selectionOf(query, caller);
  const { user_id, key_id, provider, provider_key_id, model } = query;
  if ([user_id, key_id, provider, provider_key_id, model].some((given) => given !== undefined)) {
    const sentence =
      'Only totals are public here: sign in to see the figures of somebody or something.';
    throw new Failure('authentication_required', { sentence });
  }
  return { userId: null, names: {} };
}

function nameOf(
  group: Group | undefined,
  id: string | undefined,
  labelOf: LabelOf,
): { id: string; label: string } | null {
  return group === undefined || id === undefined ? null : { id, label: labelOf(group, id) };
}

/** @param asOf when the figures were true; null: nobody has told any */
function metaOf(span: Span, asOf: number | null): z.output<typeof figuresMeta> {
  return {
    start: isoTime(span.start),
    end: isoTime(span.end),
    zone: span.zone,
    zone_note: span.isMoved
      ? 'Days of this time zone begin within an hour of UTC; they are shown from the beginning of that hour.'
      : null,
    as_of: momentOf(asOf),
    previous_start: isoTime(span.previous.start),
    previous_end: isoTime(span.previous.end),
  };
}

function figuresOf(figures: Figures): z.output<typeof figuresShape> {
  return {
    requests: figures.requests,
    unowed_requests: figures.unowed,
    refused_requests: figures.refused,
    errors: figures.errors,
    unpriced_requests: figures.unpriced,
    tokens_input: figures.input_tokens,
    tokens_cached: figures.cached_tokens,
    tokens_cache_write: figures.cache_write_tokens,
    tokens_output: figures.output_tokens,
    tokens_reasoning: figures.reasoning_tokens,
    spend_usd: formatDollars(shown(figures.cost_nanos)),
    charge_usd: formatDollars(shown(figures.charge_nanos)),
    error_rate: errorRate(figures),
    ttft_p50_ms: ttftQuantile(figures, 0.5),
    ttft_p95_ms: ttftQuantile(figures, 0.95),
  };
}
