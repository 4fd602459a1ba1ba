/** Virtual keys as a file: a cell is a single value, so what is nested in the reply stands in columns of its own. */
import type { z } from 'zod';
import type { virtualKey } from '../../../contract/api/virtual-keys-api.ts';
import type { VirtualKey } from '../../accounts/accounts.ts';
import { type ExportRow, inPortions } from '../formats/export.ts';

type Row = z.output<typeof virtualKey>;

const COLUMNS = [
  ...['id', 'name', 'masked', 'user_id', 'username', 'note', 'state', 'is_active', 'models'],
  ...['requests_per_minute', 'requests_per_hour', 'requests_per_day'],
  ...['tokens_per_minute', 'tokens_per_hour', 'tokens_per_day', 'max_concurrent'],
  ...['budget_usd', 'budget_period', 'budget_zone', 'budget_spent_usd', 'budget_held_usd'],
  ...['budget_remaining_usd', 'budget_resets_at', 'allow_unmetered', 'expires_at'],
  ...['provider_key_id', 'origin', 'ruled_by', 'last_used_at', 'created_at', 'revoked_at'],
];

export function virtualKeyFile(keys: readonly VirtualKey[], shown: (key: VirtualKey) => Row) {
  const pages = inPortions(keys, (key) => flat(shown(key)));
  return { name: 'virtual-keys', columns: COLUMNS, pages };
}

function flat(row: Row): ExportRow {
  const { limits, limit_use: _use, budget, models, previous: _previous, ...rest } = row;
  return {
    ...rest,
    ...limits,
    models: models?.join(' ') ?? null,
    budget_usd: budget?.amount_usd ?? null,
    budget_period: budget?.period ?? null,
    budget_zone: budget?.zone ?? null,
    budget_spent_usd: budget?.spent_usd ?? null,
    budget_held_usd: budget?.held_usd ?? null,
    budget_remaining_usd: budget?.remaining_usd ?? null,
    budget_resets_at: budget?.resets_at ?? null,
  };
}
