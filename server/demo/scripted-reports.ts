/** What was used on a scripted account, in the reports of each vendor that gives them. */
import { formatDollars, nanos } from '../../contract/money.ts';
import { DAY_MS, isoTime, utcDay } from '../clock.ts';
import {
  type AccountQuestion,
  type AnswerTable,
  ok,
  REFUSED,
  type ScriptedAccount,
  type ScriptedAnswer,
  type UsedLine,
} from './scripted-account.ts';

const dollars = (amount: number): string => formatDollars(nanos(amount));
/** An amount in cents is the same digits, two places further. */
const cents = (amount: number): string => formatDollars(nanos(amount * 100));

/** Wraps a report that only management keys may read. */
function managed(
  report: (account: ScriptedAccount, question: AccountQuestion) => ScriptedAnswer,
): AnswerTable[string] {
  return (account, question) =>
    account.kind === 'management' ? report(account, question) : REFUSED;
}

function activity(account: ScriptedAccount, { today }: AccountQuestion): ScriptedAnswer {
  const first = utcDay(Date.parse(today) - 30 * DAY_MS);
  const lines = [...account.lines.values()].filter(({ date }) => date >= first && date < today);
  const data = lines.map(({ date, model, requests, inputTokens, outputTokens, cost }) => ({
    date,
    model,
    endpoint_id: 'scripted',
    provider_name: 'Scripted',
    usage: Number(dollars(cost)),
    byok_usage_inference: 0,
    requests,
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    reasoning_tokens: 0,
  }));
  return ok({ data });
}

/** One page of days, as many as were asked for, each with what its lines are made into. */
function pageOf(
  account: ScriptedAccount,
  { query, today }: AccountQuestion,
  bucket: (day: string, lines: readonly UsedLine[]) => object,
): ScriptedAnswer {
  const [from, to] = query.has('start_time')
    ? [Number(query.get('start_time')) * 1000, Number(query.get('end_time')) * 1000]
    : [Date.parse(query.get('starting_at') ?? ''), Date.parse(query.get('ending_at') ?? '')];
  const first = Number(query.get('page')?.replace('page_', '') ?? 0);
  const limit = Number(query.get('limit') ?? 7);
  const end = Math.min(to || Number.POSITIVE_INFINITY, Date.parse(today) + DAY_MS);
  const starts = Array.from({ length: limit }, (_, index) => from + (first + index) * DAY_MS);
  const data = starts
    .filter((start) => start < end)
    .map((start) => {
      const day = utcDay(start);
      return bucket(
        day,
        [...account.lines.values()].filter(({ date }) => date === day),
      );
    });
  const hasMore = from + (first + limit) * DAY_MS < end;
  return ok({ data, has_more: hasMore, next_page: hasMore ? `page_${first + limit}` : null });
}

/** By seconds since the epoch. */
const bySeconds = (day: string, results: readonly object[]): object => ({
  object: 'bucket',
  start_time: Date.parse(day) / 1000,
  end_time: Date.parse(day) / 1000 + 86_400,
  results,
});

const byInstant = (day: string, results: readonly object[]): object => ({
  starting_at: isoTime(Date.parse(day)),
  ending_at: isoTime(Date.parse(day) + DAY_MS),
  results,
});

const completions = managed((account, question) =>
  pageOf(account, question, (day, lines) =>
    bySeconds(
      day,
      lines.map(({ model, requests, inputTokens, outputTokens }) => ({
        model,
        input_tokens: inputTokens,
        input_cached_tokens: 0,
        output_tokens: outputTokens,
        num_model_requests: requests,
      })),
    ),
  ),
);

const costs = managed((account, question) =>
  pageOf(account, question, (day, lines) =>
    bySeconds(
      day,
      lines.map(({ model, cost }) => ({
        amount: { value: Number(dollars(cost)), currency: 'usd' },
        line_item: `${model}, input and output`,
      })),
    ),
  ),
);

const messages = managed((account, question) =>
  pageOf(account, question, (day, lines) =>
    byInstant(
      day,
      lines.map(({ model, inputTokens, outputTokens }) => ({
        model,
        uncached_input_tokens: inputTokens,
        cache_read_input_tokens: 0,
        cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 0 },
        output_tokens: outputTokens,
      })),
    ),
  ),
);

const costReport = managed((account, question) =>
  pageOf(account, question, (day, lines) =>
    byInstant(
      day,
      lines.map(({ model, cost }) => ({
        currency: 'USD',
        amount: cents(cost),
        description: `${model} usage`,
        model,
      })),
    ),
  ),
);

const teamUsage = managed((account, { body }) => {
  const range = (body as { analyticsRequest?: { timeRange?: Record<string, string> } } | null)
    ?.analyticsRequest?.timeRange;
  const [from = '', to = ''] = [range?.['startTime'], range?.['endTime']];
  const lines = [...account.lines.values()].filter(({ date }) => date >= from.slice(0, 10));
  const dataPoints = lines
    .filter(({ date }) => date < to.slice(0, 10))
    .map(({ date, cost }) => ({
      timestamp: `${date}T00:00:00Z`,
      values: [Number(dollars(cost))],
    }));
  return ok({ timeSeries: [{ group: [], dataPoints }], limitReached: false });
});

export const reportAnswers: AnswerTable = {
  'GET /activity': managed(activity),
  'GET /organization/usage/completions': completions,
  'GET /organization/usage/embeddings': managed((account, question) =>
    pageOf(account, question, (day) => bySeconds(day, [])),
  ),
  'GET /organization/costs': costs,
  'GET /organizations/me': managed(() => ok({ id: 'org-demo', type: 'organization' })),
  'GET /organizations/usage_report/messages': messages,
  'GET /organizations/cost_report': costReport,
  'POST /billing/teams/*/usage': teamUsage,
};
