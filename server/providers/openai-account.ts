/** What OpenAI tells: whether a key is good, and to admin keys what was used and what it cost. Nobody is told a balance. */
import {
  accepted,
  afterRefusal,
  amount,
  count,
  isRefused,
  LIST_OF_MODELS,
  noUsage,
  ofModels,
  tell,
  unreadable,
} from './account-reading.ts';
import {
  type DailyReport,
  dayAfter,
  dayStart,
  noDays,
  pastDays,
  readReport,
  UsageSheet,
} from './account-usage.ts';
import type {
  Account,
  AccountCall,
  Ask,
  JsonObject,
  KeyReading,
  ProviderUsage,
  UsageDays,
} from './provider.ts';
import { valueAt } from './usage-reading.ts';

/** The last days are still being put together. */
const OPEN_DAYS = 3;

export const openaiAccount: Account = { validate, usage };

/** Any day does to see whether a key may ask; a page without days is an answer too. */
const ANY_COSTS: AccountCall = {
  method: 'GET',
  path: '/organization/costs?start_time=1767225600&limit=1',
};

/** An ordinary key may list models and an admin key may not, so the one refusal is followed by the other question. */
async function validate(ask: Ask): Promise<KeyReading> {
  const listed = await tell(ask, LIST_OF_MODELS);
  const asOrdinary = ofModels(listed);
  if (!isRefused(asOrdinary)) return asOrdinary;
  const told = await tell(ask, ANY_COSTS);
  if (told.trouble === undefined && Array.isArray(valueAt(told.body, 'data'))) {
    return accepted('management');
  }
  if (asOrdinary.verdict === 'invalid') {
    // Whether the key is wrong or an admin's is only certain once both calls were answered.
    const isAnswered = told.trouble !== undefined && isRefused(told.trouble);
    return isAnswered ? asOrdinary : (told.trouble ?? unreadable());
  }
  const isRestricted = listed.trouble !== undefined && listed.speaksOfRights;
  if (!isRestricted) return asOrdinary;
  const message = 'The provider knows the key, which may not list models.';
  return { ...accepted('ordinary'), message };
}

/**
 * Costs are the truth about money and tokens stand elsewhere, so three reports are laid together. A line of the
 * costs names no model of its own; where its text begins with a model that was used that day, it belongs to it.
 */
async function usage(ask: Ask, asked: UsageDays): Promise<ProviderUsage> {
  const days = pastDays(asked);
  const first = days[0];
  const last = days.at(-1);
  if (first === undefined || last === undefined) return noUsage(noDays());
  const range = {
    start_time: String(dayStart(first) / 1000),
    end_time: String(dayStart(dayAfter(last, 1)) / 1000),
    bucket_width: '1d',
  };
  const sheet = new UsageSheet(days);
  const tokens = {
    dayMember: 'start_time',
    query: { ...range, limit: '31', 'group_by[]': 'model' },
    onLine: (day: string, line: JsonObject) => addTokens(sheet, day, line),
  };
  const reports: DailyReport[] = [
    { ...tokens, path: '/organization/usage/completions' },
    { ...tokens, path: '/organization/usage/embeddings' },
    {
      path: '/organization/costs',
      dayMember: 'start_time',
      query: { ...range, limit: '180', 'group_by[]': 'line_item' },
      // Only the costs say which days are told: without them a day would have tokens and no price.
      onDay: (day) => sheet.tell(day),
      onLine: (day, line) => addCost(sheet, day, line),
    },
  ];
  for (const report of reports) {
    const trouble = await readReport(ask, report);
    if (trouble !== null) return noUsage(await afterRefusal(validate, ask, trouble));
  }
  return sheet.reading(accepted('management'), dayAfter(asked.today, -OPEN_DAYS));
}

function addTokens(sheet: UsageSheet, day: string, line: JsonObject): boolean {
  const { model } = line;
  const inputTokens = count(line['input_tokens']);
  if (typeof model !== 'string' || inputTokens === null) return false;
  return sheet.add(day, model, {
    requests: count(line['num_model_requests']),
    inputTokens,
    cachedInputTokens: count(line['input_cached_tokens']),
    outputTokens: count(line['output_tokens']),
  });
}

function addCost(sheet: UsageSheet, day: string, line: JsonObject): boolean {
  const cost = amount(valueAt(line, 'amount', 'value'));
  const currency = valueAt(line, 'amount', 'currency');
  const item = line['line_item'] ?? 'other';
  const isDollars = typeof currency === 'string' && currency.toLowerCase() === 'usd';
  if (cost === null || !isDollars || typeof item !== 'string') return false;
  const model = item.split(', ').slice(0, -1).join(', ');
  return sheet.add(day, sheet.has(day, model) ? model : item, { cost });
}
