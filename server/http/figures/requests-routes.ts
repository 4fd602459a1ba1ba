import type { z } from 'zod';
import type {
  priceList,
  REQUESTS_API,
  requestPage,
  requestStory,
  requestsQuery,
  usageRecord,
} from '../../../contract/api/requests-api.ts';
import { FAILURES } from '../../../contract/failures.ts';
import { formatDollars, nanos } from '../../../contract/money.ts';
import type { CostSource, Outcome, Provenance } from '../../../contract/usage.ts';
import { type Clock, isoTime } from '../../clock.ts';
import { Failure } from '../../failure.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { isBelievedPrice } from '../../metering/metering.ts';
import type { Records, RefusalNote } from '../../records/records.ts';
import {
  costLines,
  exactCost,
  type RecordRow,
  type Reports,
  type RequestFilter,
  type StoredRates,
  spanOf,
} from '../../reports/reports.ts';
import type { AskedFor } from '../answering.ts';
import { type Caller, ownerOf } from '../callers.ts';
import { cursorOf, readCursor } from '../formats/cursor.ts';
import { dollarsOf } from '../formats/dollars.ts';
import { type ExportRow, pageByPage, sendExport } from '../formats/export.ts';
import { type LabelDeps, type LabelOf, labelsFor } from '../formats/labels.ts';
import { selectionOf } from './figures-routes.ts';
import { pricedModels, priceFile, usesOf } from './price-list.ts';

export interface RequestsDeps extends LabelDeps {
  readonly reports: Pick<Reports, 'chart' | 'requests' | 'request' | 'prices'>;
  readonly records: Pick<Records, 'refusalOf'>;
  readonly gateway: Pick<Gateway, 'models'>;
  readonly clock: Pick<Clock, 'now'>;
}

export function requestsHandlers(deps: RequestsDeps) {
  const { reports, clock } = deps;
  return {
    async list({
      query,
      caller,
      reply,
    }: AskedFor<typeof REQUESTS_API.list>): Promise<z.output<typeof requestPage>> {
      const { limit, format } = query;
      const filter = filterOf(query, caller, clock.now());
      if (format !== undefined) {
        const pages = exportedPages(reports, filter, labelsFor(deps, caller));
        // The file goes past the schema of the reply, which describes a page.
        return sendExport(reply, format, { name: 'requests', columns: COLUMNS, pages });
      }
      const [before = null] = readCursor(query.cursor, 1) ?? [];
      const page = await reports.requests(filter, { before, limit });
      const labelOf = labelsFor(deps, caller);
      return {
        data: page.rows.map((row) => recordOf(row, labelOf)),
        pagination: {
          limit,
          has_more: page.next !== null,
          next_cursor: page.next === null ? null : cursorOf(page.next),
        },
      };
    },

    async story({
      params,
      caller,
    }: AskedFor<typeof REQUESTS_API.story>): Promise<z.output<typeof requestStory>> {
      const found = await reports.request(params.id);
      const scope = ownerOf(caller);
      // Another's request looks like one that never was.
      if (found === null || (scope !== null && found.record.user_id !== scope)) {
        throw new Failure('not_found', { sentence: 'There is no such request.' });
      }
      return {
        ...storyOf(found, labelsFor(deps, caller)),
        refusal: refusalIn(await deps.records.refusalOf(params.id), isRuledByOwner(deps, found)),
      };
    },

    async prices({
      query,
      caller,
      reply,
    }: AskedFor<typeof REQUESTS_API.prices>): Promise<z.output<typeof priceList>> {
      const uses = await usesOf(reports, selectionOf({}, caller), query, clock.now());
      const models = pricedModels(await deps.gateway.models(), uses, query);
      if (query.format !== undefined) {
        return sendExport(reply, query.format, priceFile(models));
      }
      const prices = await reports.prices();
      return {
        data: {
          models: [...models],
          prices: prices.map(({ id, source, rates, first_used_at }) => ({
            id,
            source,
            first_used_at: isoTime(first_used_at),
            ...ratesOf(JSON.parse(rates) as StoredRates),
          })),
        },
      };
    },
  };
}

const COLUMNS = [
  ...['id', 'at', 'user_id', 'user', 'key_id', 'key', 'provider', 'provider_key_id', 'endpoint'],
  ...['model', 'served_model', 'service_tier', 'streamed'],
  ...['status', 'outcome', 'provenance', 'failure'],
  ...['tokens_input', 'tokens_cached', 'tokens_cache_write', 'tokens_output', 'tokens_reasoning'],
  ...['cost_usd', 'cost_source', 'charge_usd', 'attempts', 'ttft_ms', 'duration_ms'],
];

function exportedPages(
  reports: RequestsDeps['reports'],
  filter: RequestFilter,
  labelOf: LabelOf,
): AsyncGenerator<readonly ExportRow[]> {
  return pageByPage<string>(async (before, limit) => {
    const { rows, next } = await reports.requests(filter, { before, limit });
    return { rows: rows.map((row) => flatRow(recordOf(row, labelOf))), next };
  });
}

/** A record as one line: who and where by id and by name. */
function flatRow(record: z.output<typeof usageRecord>): ExportRow {
  const { user, key, provider, provider_key, ...plain } = record;
  const flat: ExportRow = {
    ...plain,
    user_id: user.id,
    user: user.label,
    key_id: key.id,
    key: key.label,
    provider: provider?.id ?? null,
    provider_key_id: provider_key?.id ?? null,
  };
  return Object.fromEntries(COLUMNS.map((column) => [column, flat[column] ?? null]));
}

/** @throws Failure `validation_failed` */
export function filterOf(
  query: Omit<z.output<typeof requestsQuery>, 'limit' | 'cursor' | 'format'>,
  caller: Caller,
  now: number,
): RequestFilter {
  const { start, end, zone, outcome, status, provenance, failure, q = '' } = query;
  const span = WHOLE_ID.test(q) ? ALWAYS : spanOf({ start, end, zone, bucket: 'none' }, now);
  return {
    start: span.start,
    end: span.end,
    selection: selectionOf(query, caller),
    outcome,
    status,
    provenance,
    failure,
    ...(q.startsWith('req_') ? { idStart: q } : q !== '' && { text: q }),
  };
}

/** Whoever has the whole id of a request means this one, however old it is. */
const WHOLE_ID = /^req_[0-9a-f]{32}$/;
const ALWAYS = { start: 0, end: Number.MAX_SAFE_INTEGER };

const named = (id: string | null, label: (id: string) => string) =>
  id === null ? null : { id, label: label(id) };

/** A record on the wire. */
export function recordOf(row: RecordRow, labelOf: LabelOf): z.output<typeof usageRecord> {
  const written = [row.cache_write_5m_tokens, row.cache_write_1h_tokens];
  return {
    id: row.id,
    at: isoTime(row.started_at),
    user: { id: row.user_id, label: labelOf('user', row.user_id) },
    key: { id: row.virtual_key_id, label: labelOf('key', row.virtual_key_id) },
    provider: named(row.provider_id, (id) => labelOf('provider', id)),
    provider_key: named(row.provider_key_id, (id) => labelOf('provider_key', id)),
    endpoint: row.endpoint,
    model: row.model,
    served_model: row.served_model,
    service_tier: row.service_tier,
    streamed: row.streamed === 1,
    status: row.status,
    // These three were written from the same lists.
    outcome: row.outcome as Outcome,
    provenance: row.provenance as Provenance,
    failure: row.failure,
    tokens_input: row.input_tokens,
    tokens_cached: row.cached_tokens,
    tokens_cache_write: written.every((one) => one === null)
      ? null
      : written.reduce((sum: number, one) => sum + (one ?? 0), 0),
    tokens_output: row.output_tokens,
    tokens_reasoning: row.reasoning_tokens,
    cost_usd: dollarsOf(row.cost_nanos),
    cost_source: row.cost_source as CostSource,
    charge_usd: dollarsOf(row.charge_nanos),
    attempts: row.attempts,
    ttft_ms: row.ttft_ms,
    duration_ms: row.duration_ms,
  };
}

type Story = NonNullable<Awaited<ReturnType<Reports['request']>>>;

/** Whether the owner of the key may change what the key may do. */
function isRuledByOwner({ accounts }: LabelDeps, { record }: Story): boolean {
  return accounts.keys.find(record.virtual_key_id)?.ruledBy === 'member';
}

/** A rule of the key is changed by whoever rules the key; all others are the operator's. */
function refusalIn(
  note: RefusalNote | null,
  ownerRulesKey: boolean,
): z.output<typeof requestStory>['refusal'] {
  if (note === null) return null;
  const { sentence, rule } = note;
  if (rule === null) return { sentence, rule, raised_by: null };
  const isOwners = ownerRulesKey && rule.scope === 'key';
  // The list of models is readonly with us and a copy on the wire.
  const shown = 'allowed' in rule ? { ...rule, allowed: [...rule.allowed] } : rule;
  return { sentence, rule: shown, raised_by: isOwners ? 'owner' : 'operator' };
}

function storyOf(
  { record, price, entries }: Story,
  labelOf: LabelOf,
): Omit<z.output<typeof requestStory>, 'refusal'> {
  const failure = FAILURES[record.failure as keyof typeof FAILURES];
  return {
    ...recordOf(record, labelOf),
    flawed: record.flawed === 1,
    failure_sentence: record.failure === null ? null : (failure?.sentence ?? null),
    upstream_id: record.upstream_id,
    plan: record.plan,
    hold_usd: dollarsOf(record.hold_nanos),
    tokens_cache_write_5m: record.cache_write_5m_tokens,
    tokens_cache_write_1h: record.cache_write_1h_tokens,
    price: price === null ? null : priceOf(record, price),
    ledger_entries: entries.map((entry) => ({
      id: entry.id,
      at: isoTime(entry.at),
      account_id: entry.account_id,
      kind: entry.kind,
      amount_usd: formatDollars(nanos(entry.amount)),
      reason: entry.reason,
      period: entry.period,
    })),
  };
}

function priceOf(record: RecordRow, price: NonNullable<Story['price']>) {
  const lines = costLines(record, JSON.parse(price.rates) as StoredRates);
  return {
    id: price.id,
    source: price.source,
    first_used_at: isoTime(price.first_used_at),
    is_believed: isBelievedPrice(price.id),
    terms: lines.map((line) => ({
      of: line.of,
      quantity: line.quantity,
      usd_per_million: dollarsOf(line.nanosPerMillion),
      cost_usd: exactCost(line),
    })),
  };
}

function ratesOf(rates: StoredRates) {
  return {
    input_usd_per_mtok: dollarsOf(rates.input),
    cached_input_usd_per_mtok: dollarsOf(rates.cachedInput),
    cache_write_5m_usd_per_mtok: dollarsOf(rates.cacheWrite5m),
    cache_write_1h_usd_per_mtok: dollarsOf(rates.cacheWrite1h),
    output_usd_per_mtok: dollarsOf(rates.output),
    reasoning_usd_per_mtok: dollarsOf(rates.reasoning),
  };
}
