import type { z } from 'zod';
import { day } from '../../../contract/api/fields.ts';
import type { STATISTICS_API, statisticsReply } from '../../../contract/api/statistics-api.ts';
import { formatDollars, shown } from '../../../contract/money.ts';
import { type Clock, DAY_MS, utcDay } from '../../clock.ts';
import type { DailyUsage, Reports, UsageFilter } from '../../reports/reports.ts';
import type { AskedFor } from '../answering.ts';
import { type Caller, ownerOf } from '../callers.ts';
import { cursorOf, readCursor } from '../formats/cursor.ts';
import { type ExportRow, pageByPage, sendExport } from '../formats/export.ts';
import { type LabelDeps, providerKeyNames } from '../formats/labels.ts';
import { momentOf } from '../formats/moments.ts';
import { scopeOf, type Watcher, withStatus } from '../provider-keys/provider-key-replies.ts';
import { seenKeys } from './figures-routes.ts';
import { rangeOf } from './reports-routes.ts';

export interface StatisticsDeps extends LabelDeps {
  readonly reports: Pick<Reports, 'dailyUsage' | 'dailyUsageBy' | 'syncedAt'>;
  readonly monitoring: Watcher;
  readonly clock: Pick<Clock, 'now'>;
}

type Page<C> = C extends { readonly reply?: z.ZodType<infer Reply> } ? Reply : never;

export function statisticsHandlers(deps: StatisticsDeps) {
  const { reports, clock } = deps;
  const filterOf = (query: Filters, caller: Caller, range: UsageFilter['range']) =>
    usageFilter(deps, query, caller, range);
  return {
    async stats({
      query,
      caller,
    }: AskedFor<typeof STATISTICS_API.stats>): Promise<z.output<typeof statisticsReply>> {
      const range = rangeOf(query, clock.now());
      const filter = filterOf(query, caller, range);
      const [models, days, synced] = await Promise.all([
        reports.dailyUsageBy(filter, 'model'),
        reports.dailyUsageBy(filter, 'date'),
        reports.syncedAt(filter.keyIds),
      ]);
      const asOf = query.source === 'gateway' ? clock.now() : synced;
      return {
        data: statisticsOf(models, days, range),
        meta: { ...range, source: query.source, as_of: momentOf(asOf) },
      };
    },

    async usage({
      query,
      caller,
      reply,
    }: AskedFor<typeof STATISTICS_API.usage>): Promise<Page<typeof STATISTICS_API.usage>> {
      const { limit, format, source } = query;
      const filter = filterOf(query, caller, rangeOf(query, clock.now()));
      const onTheWire = rowWriter(source, providerKeyNames(deps, caller));
      if (format !== undefined) {
        const pages = exportedPages(reports, filter, onTheWire);
        return sendExport(reply, format, { name: 'usage', columns: COLUMNS, pages });
      }
      const after = readCursor(query.cursor, 3, ([date]) => day.safeParse(date).success);
      const rows = await reports.dailyUsage(filter, { after, limit: limit + 1 });
      const data = rows.slice(0, limit);
      const last = rows.length > limit ? data.at(-1) : undefined;
      return {
        data: data.map(onTheWire),
        pagination: {
          limit,
          has_more: last !== undefined,
          next_cursor: last === undefined ? null : cursorOf(last.date, last.key, last.model),
        },
      };
    },

    keys: ({ query, caller }: AskedFor<typeof STATISTICS_API.keys>) =>
      keysPage(deps, query, caller),
  };
}

type KeysQuery = AskedFor<typeof STATISTICS_API.keys>['query'];

async function keysPage(
  deps: StatisticsDeps,
  query: KeysQuery,
  caller: Caller,
): Promise<Page<typeof STATISTICS_API.keys>> {
  const { limit } = query;
  const scope = scopeOf(caller);
  const [after = ''] = readCursor(query.cursor, 1) ?? [];
  const held = deps.providerKeys
    .everHeld(scope)
    .filter((key) => key.deletedAt === null && key.id > after)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const page = held.slice(0, limit);
  const filter = usageFilter(deps, query, caller, null);
  const sums = await deps.reports.dailyUsageBy(filter, 'key');
  const sumOf = new Map(sums.map((sum) => [sum.name, sum]));
  const keys = await withStatus(page, deps.monitoring);
  const hasMore = held.length > limit;
  return {
    data: keys.map(({ key, status: { status, balance } }) => ({
      id: key.id,
      name: key.name,
      platform: key.platform,
      masked: key.masked,
      status,
      balance_usd: balance?.currency === 'USD' ? formatDollars(balance.amount) : null,
      total_requests: sumOf.get(key.id)?.requests ?? 0,
      total_cost_usd: formatDollars(shown(sumOf.get(key.id)?.cost ?? 0)),
      last_used_at: momentOf(key.lastUsedAt),
    })),
    pagination: {
      limit,
      has_more: hasMore,
      next_cursor: hasMore ? cursorOf(page.at(-1)?.id ?? '') : null,
    },
  };
}

interface Filters {
  readonly source: UsageFilter['source'];
  readonly key_id?: string | undefined;
  readonly model?: string | undefined;
}

/** Of providers a member sees their own keys; of the gateway, their own requests. */
function usageFilter(
  { providerKeys }: StatisticsDeps,
  { source, key_id, model }: Filters,
  caller: Caller,
  range: UsageFilter['range'],
): UsageFilter {
  const userId = ownerOf(caller);
  const keyIds = seenKeys(providerKeys, source === 'gateway' ? null : userId, key_id);
  return { source, range, keyIds, userId, model: model ?? null };
}

const COLUMNS = [
  ...['date', 'key_id', 'key_name', 'model', 'requests', 'tokens_input', 'tokens_output'],
  ...['cost_usd', 'source'],
];

const sumsOf = (row: Pick<DailyUsage, 'requests' | 'input' | 'output' | 'cost'>) => ({
  requests: row.requests,
  tokens_input: row.input,
  tokens_output: row.output,
  cost_usd: formatDollars(shown(row.cost)),
});

const rowWriter = (source: string, nameOf: (id: string) => string) => (row: DailyUsage) => ({
  date: row.date,
  key_id: row.key,
  key_name: nameOf(row.key),
  model: row.model,
  ...sumsOf(row),
  source,
});

function exportedPages(
  reports: StatisticsDeps['reports'],
  filter: UsageFilter,
  onTheWire: (row: DailyUsage) => ExportRow,
): AsyncGenerator<readonly ExportRow[]> {
  return pageByPage<readonly string[]>(async (after, limit) => {
    const found = await reports.dailyUsage(filter, { after, limit });
    const last = found.length < limit ? undefined : found.at(-1);
    const next = last === undefined ? null : [last.date, last.key, last.model];
    return { rows: found.map(onTheWire), next };
  });
}

type Sums = Awaited<ReturnType<Reports['dailyUsageBy']>>;

function statisticsOf(
  models: Sums,
  days: Sums,
  range: { readonly start: string; readonly end: string },
): z.output<typeof statisticsReply>['data'] {
  const add = (figure: (row: Sums[number]) => number): number =>
    models.reduce((sum, row) => sum + figure(row), 0);
  const [first, last] = [Date.parse(range.start), Date.parse(range.end)];
  const length = Math.round((last - first) / DAY_MS) + 1;
  const byDay = new Map(days.map((row) => [row.name, row]));
  const nothing = { requests: 0, input: 0, output: 0, cost: 0 };
  const requests = add((row) => row.requests);
  const cost = add((row) => row.cost);
  return {
    total_requests: requests,
    total_tokens_input: add((row) => row.input),
    total_tokens_output: add((row) => row.output),
    total_cost_usd: formatDollars(shown(cost)),
    average_cost_per_request_usd:
      requests === 0 ? null : formatDollars(shown(Math.round(cost / requests))),
    average_requests_per_day: requests / length,
    by_model: models.map((row) => ({ model: row.name, ...sumsOf(row) })),
    by_day: Array.from({ length }, (_, index) => {
      const date = utcDay(first + index * DAY_MS);
      return { date, ...sumsOf(byDay.get(date) ?? nothing) };
    }),
  };
}
