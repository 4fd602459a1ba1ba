/** What Anthropic tells: whether a key is good, and to admin keys what was used and what it cost. Nobody is told a balance. */
import {
  accepted,
  afterRefusal,
  amount,
  count,
  isRefused,
  noUsage,
  tell,
  unreadable,
  validByModels,
} from './account-reading.ts';
import {
  type DailyReport,
  dayAfter,
  noDays,
  pastDays,
  readReport,
  UsageSheet,
} from './account-usage.ts';
import type { Account, Ask, JsonObject, KeyReading, ProviderUsage, UsageDays } from './provider.ts';
import { sumOfKnown, valueAt } from './usage-reading.ts';

/** The reports keep their field names under this version. */
const VERSION = { 'anthropic-version': '2023-06-01' };

/** The amounts of its cost report are cents, to fractions of one. */
const CENT_DECIMALS = 7;

export const anthropicAccount: Account = { validate, usage };

/** Admin keys are refused where ordinary ones are accepted, and the other way round. */
async function validate(ask: Ask): Promise<KeyReading> {
  const asOrdinary = await validByModels(ask);
  if (!isRefused(asOrdinary)) return asOrdinary;
  const told = await tell(ask, { method: 'GET', path: '/organizations/me', headers: VERSION });
  if (told.trouble !== undefined) return isRefused(told.trouble) ? asOrdinary : told.trouble;
  return typeof valueAt(told.body, 'id') === 'string' ? accepted('management') : unreadable();
}

/** Tokens and money stand in two reports, both by day and model. Nothing says how many requests there were. */
async function usage(ask: Ask, asked: UsageDays): Promise<ProviderUsage> {
  const days = pastDays(asked);
  const first = days[0];
  const last = days.at(-1);
  if (first === undefined || last === undefined) return noUsage(noDays());
  const range = {
    starting_at: `${first}T00:00:00Z`,
    ending_at: `${dayAfter(last, 1)}T00:00:00Z`,
    bucket_width: '1d',
    limit: '31',
  };
  const sheet = new UsageSheet(days);
  const reports: DailyReport[] = [
    {
      path: '/organizations/usage_report/messages',
      query: { ...range, 'group_by[]': 'model' },
      headers: VERSION,
      dayMember: 'starting_at',
      onLine: (day, line) => addTokens(sheet, day, line),
    },
    {
      path: '/organizations/cost_report',
      query: { ...range, 'group_by[]': 'description' },
      headers: VERSION,
      dayMember: 'starting_at',
      // Only the costs say which days are told: without them a day would have tokens and no price.
      onDay: (day) => sheet.tell(day),
      onLine: (day, line) => addCost(sheet, day, line),
    },
  ];
  for (const report of reports) {
    const trouble = await readReport(ask, report);
    if (trouble !== null) return noUsage(await afterRefusal(validate, ask, trouble));
  }
  return sheet.reading(accepted('management'), dayAfter(asked.today, -1));
}

/** Its uncached input leaves out what was read from and written to the cache, which ours includes. */
function addTokens(sheet: UsageSheet, day: string, line: JsonObject): boolean {
  const { model } = line;
  const cached = count(line['cache_read_input_tokens'] ?? 0);
  const parts = [
    count(line['uncached_input_tokens']),
    cached,
    count(valueAt(line, 'cache_creation', 'ephemeral_5m_input_tokens') ?? 0),
    count(valueAt(line, 'cache_creation', 'ephemeral_1h_input_tokens') ?? 0),
  ];
  if (typeof model !== 'string' || parts.includes(null)) return false;
  return sheet.add(day, model, {
    inputTokens: sumOfKnown(...parts),
    cachedInputTokens: cached,
    outputTokens: count(line['output_tokens']),
  });
}

/** Searches and the like name no model and stand under their description. */
function addCost(sheet: UsageSheet, day: string, line: JsonObject): boolean {
  const cost = amount(line['amount'], CENT_DECIMALS);
  const model = line['model'] ?? line['description'] ?? 'other';
  if (cost === null || line['currency'] !== 'USD' || typeof model !== 'string') {
    return false;
  }
  return sheet.add(day, model, { cost });
}
