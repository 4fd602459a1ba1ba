/** The list of provider keys: filtered and put in order in memory, where all of them are; also as a file. */
import type { z } from 'zod';
import type {
  KeyOrder,
  providerKey,
  providerKeysQuery,
} from '../../../contract/api/provider-keys-api.ts';
import { type ExportRow, inPortions } from '../formats/export.ts';
import { inOrder, type Rank } from '../formats/in-order.ts';

type Row = z.output<typeof providerKey>;
type Query = z.output<typeof providerKeysQuery>;

/** Those that the query asks for, in its order; without one, in the order given. */
export function chosenKeys(rows: readonly Row[], query: Query): Row[] {
  const found = rows.filter((row) => passes(row, query));
  const { sort } = query;
  if (sort === undefined) return found;
  return found.sort(inOrder(sort, RANKS));
}

function passes(row: Row, { q = '', platform, status, purpose, active }: Query): boolean {
  if (platform !== undefined && row.platform !== platform) return false;
  if (status !== undefined && row.status !== status) return false;
  if (purpose !== undefined && !row.purposes.includes(purpose)) return false;
  if (active !== undefined && row.is_active !== (active === 'true')) return false;
  const part = q.trim().toLowerCase();
  const texts = [row.name, row.description ?? '', row.masked, row.platform];
  return row.id === part || texts.some((text) => text.toLowerCase().includes(part));
}

/** The worst first. */
const SEVERITY: Readonly<Record<Row['status'], number>> = {
  invalid: 0,
  exhausted: 1,
  low: 2,
  unreachable: 3,
  unknown: 4,
  healthy: 5,
};

const RANKS: Readonly<Record<KeyOrder, Rank<Row>>> = {
  name: ({ name }) => name.toLowerCase(),
  platform: ({ platform }) => platform,
  status: ({ status }) => SEVERITY[status],
  balance: ({ balance }) => balance,
  runway: ({ runway_days }) => runway_days,
  checked: ({ last_checked_at }) => last_checked_at,
  used: ({ last_used_at }) => last_used_at,
  created: ({ created_at }) => created_at,
};

const COLUMNS = [
  ...['id', 'platform', 'name', 'description', 'masked', 'purposes', 'source', 'user_id'],
  ...[
    'base_url',
    'status',
    'status_message',
    'is_active',
    'probe',
    'probe_model',
    'balance',
    'currency',
  ],
  ...['balance_source', 'balance_at', 'runway_days', 'runway_low_days', 'runway_high_days'],
  ...['threshold_usd', 'threshold_currency', 'check_interval_minutes', 'anchor_usd', 'anchor_at'],
  ...['last_checked_at', 'last_ok_at', 'last_used_at', 'created_at'],
];

export function keyFile(rows: readonly Row[]) {
  return { name: 'provider-keys', columns: COLUMNS, pages: inPortions(rows, flat) };
}

/** A cell is a single value. */
function flat({ purposes, anchor, ...rest }: Row): ExportRow {
  return {
    ...rest,
    purposes: purposes.join(' '),
    anchor_usd: anchor?.amount_usd ?? null,
    anchor_at: anchor?.at ?? null,
  };
}
