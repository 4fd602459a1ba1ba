import type { z } from 'zod';
import type { USAGE_LOG_API, usageLogPage } from '../../../contract/api/usage-log-api.ts';
import { nanos, shown, toDollars } from '../../../contract/money.ts';
import { isoTime } from '../../clock.ts';
import type { Reports } from '../../reports/reports.ts';
import type { AskedFor } from '../answering.ts';
import { cursorOf, readCursor } from '../formats/cursor.ts';
import { type LabelDeps, providerKeyNames } from '../formats/labels.ts';

export interface UsageLogDeps extends LabelDeps {
  readonly reports: Pick<Reports, 'usageLog' | 'usageLogTotals'>;
}

export function usageLogHandlers(deps: UsageLogDeps) {
  const { reports } = deps;
  return {
    async list({
      query,
      caller,
    }: AskedFor<typeof USAGE_LOG_API.list>): Promise<z.output<typeof usageLogPage>> {
      const { limit, source } = query;
      const filter = { source, keyId: query.key_id ?? null };
      const [before = null] = readCursor(query.cursor, 1) ?? [];
      const [found, totals] = await Promise.all([
        reports.usageLog(filter, { before, limit: limit + 1 }),
        reports.usageLogTotals(filter),
      ]);
      const rows = found.slice(0, limit);
      const last = found.length > limit ? rows.at(-1) : undefined;
      const nameOf = providerKeyNames(deps, caller);
      return {
        data: rows.map((row) => ({
          id: row.id,
          timestamp: isoTime(row.at),
          key_id: row.keyId === '' ? null : row.keyId,
          key_label: nameOf(row.keyId),
          model: row.model,
          ...tokensOf(row),
          cost_usd: row.cost === null ? null : toDollars(nanos(row.cost)),
          source: row.source,
        })),
        totals: { ...tokensOf(totals), cost_usd: toDollars(shown(totals.cost)) },
        pagination: {
          limit,
          has_more: last !== undefined,
          next_cursor: last === undefined ? null : cursorOf(last.id),
        },
      };
    },
  };
}

function tokensOf({ input, output }: { readonly input: number; readonly output: number }) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
