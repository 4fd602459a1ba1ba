import type { z } from 'zod';
import { ALL_CALLS } from '../../../contract/api/api.ts';
import { type AUDIT_API, type auditPage, SUBJECT_KINDS } from '../../../contract/api/audit-api.ts';
import type { Accounts, AuditEntry, AuditFilter } from '../../accounts/accounts.ts';
import { isoTime } from '../../clock.ts';
import type { AskedFor } from '../answering.ts';
import { type ExportRow, pageByPage, sendExport } from '../formats/export.ts';
import { type LabelDeps, labelsFor } from '../formats/labels.ts';
import { spanIn } from '../formats/moments.ts';

export interface AuditDeps extends Pick<LabelDeps, 'providerKeys'> {
  readonly accounts: Pick<Accounts, 'audit'> & LabelDeps['accounts'];
}

type Entry = z.output<typeof auditPage>['data'][number];

export function auditHandlers(deps: AuditDeps) {
  const { audit } = deps.accounts;
  return {
    async list({
      query,
      caller,
      reply,
    }: AskedFor<typeof AUDIT_API.list>): Promise<z.output<typeof auditPage>> {
      const { limit, cursor = null, format } = query;
      const filter = filterOf(query);
      const labelOf = labelsFor(deps, caller);
      const shown = (entry: AuditEntry): Entry => shownEntry(entry, (id) => labelOf('user', id));
      if (format !== undefined) {
        const pages = exportedPages(audit, filter, shown);
        // The file goes past the schema of the reply, which describes a page.
        return sendExport(reply, format, { name: 'audit', columns: COLUMNS, pages });
      }
      const { entries, nextCursor } = await audit.page(filter, { limit, cursor });
      return {
        data: entries.map(shown),
        pagination: { limit, has_more: nextCursor !== null, next_cursor: nextCursor },
      };
    },

    async actions(): Promise<z.output<(typeof AUDIT_API.actions)['reply']>> {
      return { data: [...(await audit.actions())] };
    },
  };
}

function filterOf(query: AskedFor<typeof AUDIT_API.list>['query']): AuditFilter {
  const { user_id: userId = null, action = null, subject = null, kind } = query;
  return {
    ...{ userId, action, subject, ...spanIn(query) },
    kind: kind === undefined ? null : SUBJECT_KINDS[kind],
  };
}

const COLUMNS = [
  ...['id', 'at', 'actor', 'user_id', 'user', 'action', 'subject', 'status', 'ip', 'request_id'],
  'summary',
];

/** What calls do, by the names under which their acts are kept. */
const SUMMARIES: ReadonlyMap<string, string> = new Map(
  ALL_CALLS.map(({ method, path, summary }) => [
    `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    summary,
  ]),
);

function exportedPages(
  audit: AuditDeps['accounts']['audit'],
  filter: AuditFilter,
  shown: (entry: AuditEntry) => Entry,
): AsyncGenerator<readonly ExportRow[]> {
  return pageByPage<string>(async (cursor, limit) => {
    const { entries, nextCursor } = await audit.page(filter, { limit, cursor });
    return { rows: entries.map(shown), next: nextCursor };
  });
}

function shownEntry(entry: AuditEntry, nameOf: (userId: string) => string): Entry {
  const { id, at, actor, userId, action, subject, status, ip, requestId } = entry;
  return {
    ...{ id, at: isoTime(at), actor, user_id: userId },
    user: userId === null ? null : nameOf(userId),
    ...{ action, subject, status, ip, request_id: requestId },
    summary: SUMMARIES.get(action) ?? null,
  };
}
