/** What xAI tells: its inference API whether a key is good, its management API what the team has left and has spent. */
import { nanos } from '../../contract/money.ts';
import {
  accepted,
  amount,
  isRefused,
  noBalance,
  noUsage,
  statedBalance,
  tell,
  unreadable,
  validByModels,
} from './account-reading.ts';
import { dayAfter, dayOf, noDays, pastDays, UsageSheet } from './account-usage.ts';
import {
  type Account,
  ALL_MODELS,
  type Ask,
  type BalanceReading,
  type JsonObject,
  type KeyReading,
  type ProviderUsage,
  type UsageDays,
} from './provider.ts';
import { valueAt } from './usage-reading.ts';

const MANAGEMENT = 'https://management-api.x.ai';

/** The amounts of its ledger are cents. */
const CENT_DECIMALS = 7;

export const xaiAccount: Account = { validate, balance, usage };

type Team = { team: string; trouble?: undefined } | { team?: undefined; trouble: KeyReading };

async function validate(ask: Ask): Promise<KeyReading> {
  return (await teamOf(ask)).trouble ?? accepted('management');
}

/** The team of a management key; of an ordinary key, or of none, what is known about it instead. */
async function teamOf(ask: Ask): Promise<Team> {
  const path = '/auth/management-keys/validation';
  const told = await tell(ask, { method: 'GET', root: MANAGEMENT, path });
  if (told.trouble !== undefined) {
    // It answers only management keys, so a refusal says nothing about another one.
    return { trouble: isRefused(told.trouble) ? await validByModels(ask) : told.trouble };
  }
  const scope = valueAt(told.body, 'scope');
  const scoped =
    scope === undefined || scope === 'SCOPE_TEAM' ? valueAt(told.body, 'scopeId') : null;
  const team = valueAt(told.body, 'teamId') ?? scoped;
  return typeof team === 'string' && team !== '' ? { team } : { trouble: unreadable() };
}

/** The key is good and no management key: it gets no answer about money. */
function notTold(reading: KeyReading): KeyReading {
  if (reading.verdict !== 'valid') return reading;
  const message = 'The key is good, but only a management key may read this.';
  return { ...reading, outcome: 'not permitted', message };
}

/** The ledger as posted: what was spent in the current cycle is not in it yet. Credit stands there as a negative. */
async function balance(ask: Ask): Promise<BalanceReading> {
  const { team, trouble } = await teamOf(ask);
  if (trouble !== undefined) return noBalance(notTold(trouble));
  const path = `/v1/billing/teams/${encodeURIComponent(team)}/prepaid/balance`;
  const told = await tell(ask, { method: 'GET', root: MANAGEMENT, path });
  if (told.trouble !== undefined) return noBalance({ ...told.trouble, kind: 'management' });
  const posted = amount(valueAt(told.body, 'total', 'val'), CENT_DECIMALS);
  if (posted === null) return noBalance(unreadable());
  return statedBalance({
    balance: nanos(0 - posted),
    currency: 'USD',
    message: 'What was left when the current billing cycle began.',
    kind: 'management',
  });
}

/** Dollars by day. It can split them further, under names that are not documented. */
async function usage(ask: Ask, asked: UsageDays): Promise<ProviderUsage> {
  const days = pastDays(asked);
  const first = days[0];
  const last = days.at(-1);
  if (first === undefined || last === undefined) return noUsage(noDays());
  const { team, trouble } = await teamOf(ask);
  if (trouble !== undefined) return noUsage(notTold(trouble));
  const told = await tell(ask, {
    method: 'POST',
    root: MANAGEMENT,
    path: `/v1/billing/teams/${encodeURIComponent(team)}/usage`,
    body: question(first, last),
  });
  if (told.trouble !== undefined) return noUsage({ ...told.trouble, kind: 'management' });
  const series = valueAt(told.body, 'timeSeries');
  // Cut off at a limit, the days would look cheaper than they were.
  if (!Array.isArray(series) || valueAt(told.body, 'limitReached') === true) {
    return noUsage(unreadable());
  }
  const sheet = new UsageSheet(days);
  for (const day of days) sheet.tell(day);
  if (!series.every((line) => addSeries(sheet, line))) return noUsage(unreadable());
  return sheet.reading(accepted('management'), dayAfter(asked.today, -1));
}

function question(first: string, last: string): JsonObject {
  return {
    analyticsRequest: {
      timeRange: {
        startTime: `${first} 00:00:00`,
        endTime: `${dayAfter(last, 1)} 00:00:00`,
        timezone: 'Etc/GMT',
      },
      timeUnit: 'TIME_UNIT_DAY',
      values: [{ name: 'usd', aggregation: 'AGGREGATION_SUM' }],
      groupBy: [],
      filters: [],
    },
  };
}

function addSeries(sheet: UsageSheet, line: unknown): boolean {
  const points = valueAt(line, 'dataPoints');
  if (!Array.isArray(points)) return false;
  return points.every((point) => {
    const day = dayOf(valueAt(point, 'timestamp'));
    const values = valueAt(point, 'values');
    const cost = Array.isArray(values) ? amount(values[0]) : null;
    if (day === null || cost === null) return false;
    return sheet.add(day, ALL_MODELS, { cost });
  });
}
