/** What OpenRouter tells about a key: its own cap to every key, the account's credit and history to management keys. */
import { type Nanos, nanos } from '../../contract/money.ts';
import {
  accepted,
  afterRefusal,
  amount,
  count,
  isRefused,
  noBalance,
  noUsage,
  tell,
  unreadable,
} from './account-reading.ts';
import { dayAfter, dayOf, noDays, pastDays, sumOfAll, UsageSheet } from './account-usage.ts';
import type {
  Account,
  Ask,
  BalanceReading,
  JsonObject,
  KeyReading,
  ProviderUsage,
  UsageDays,
} from './provider.ts';
import { objectOf, valueAt } from './usage-reading.ts';

/** Its history reaches back so many completed days. */
const HISTORY_DAYS = 30;

interface KeyFacts {
  /** Null: the key has no cap of its own. */
  readonly limit: unknown;
  readonly limitLeft: Nanos | null;
  readonly used: Nanos | null;
  /** Null: an older answer that does not say. */
  readonly isManagement: boolean | null;
}

export const openrouterAccount: Account = { validate, balance, usage };

async function validate(ask: Ask): Promise<KeyReading> {
  const told = await readKey(ask);
  return told.trouble ?? good(told.facts);
}

async function balance(ask: Ask): Promise<BalanceReading> {
  const told = await readKey(ask);
  if (told.trouble !== undefined) return noBalance(told.trouble);
  const { facts } = told;
  const reading: BalanceReading = {
    ...noBalance(good(facts)),
    limit: amount(facts.limit),
    used: facts.used,
  };
  const credit = await readCredit(ask, facts);
  // A cap that is there and cannot be read may be the lower one, so then nothing is certain either.
  const capUnread = facts.limit !== null && facts.limitLeft === null;
  const trouble = credit.trouble ?? (capUnread ? unreadable() : undefined);
  if (trouble !== undefined) {
    const { outcome, message, retryAfterMs } = trouble;
    return { ...reading, outcome, message, retryAfterMs };
  }
  return { ...reading, ...spendable(facts.limitLeft, credit.left ?? null) };
}

/** The lower of the key's cap and the account's credit, where either is known. */
function spendable(
  limitLeft: Nanos | null,
  credit: Nanos | null,
): Pick<BalanceReading, 'balance' | 'message'> {
  if (limitLeft !== null && (credit === null || limitLeft <= credit)) {
    return { balance: limitLeft, message: "What is left of the key's own limit." };
  }
  if (credit !== null) return { balance: credit, message: 'What is left on the account.' };
  return {
    balance: null,
    message:
      "The key has no limit of its own, and only a management key reads the account's credit.",
  };
}

async function readKey(
  ask: Ask,
): Promise<{ facts: KeyFacts; trouble?: undefined } | { trouble: KeyReading }> {
  const told = await tell(ask, { method: 'GET', path: '/key' });
  if (told.trouble !== undefined) return told;
  const data = objectOf(valueAt(told.body, 'data'));
  // Every key has a usage; an answer without one is not about a key.
  if (data === undefined || amount(data['usage']) === null) return { trouble: unreadable() };
  return {
    facts: {
      limit: data['limit'] ?? null,
      limitLeft: amount(data['limit_remaining']),
      used: amount(data['usage']),
      isManagement: managementOf(data),
    },
  };
}

function managementOf(data: JsonObject): boolean | null {
  const stated = [data['is_management_key'], data['is_provisioning_key']];
  return stated.includes(true) ? true : stated.includes(false) ? false : null;
}

function good({ isManagement }: KeyFacts): KeyReading {
  return accepted(isManagement === true ? 'management' : 'ordinary');
}

/**
 * The account's credit; null where this key is not told. An ordinary key is told 403, or in the field 200 with
 * two zeros, which must not look like an empty account.
 */
async function readCredit(
  ask: Ask,
  facts: KeyFacts,
): Promise<
  { left: Nanos | null; trouble?: undefined } | { left?: undefined; trouble: KeyReading }
> {
  const told = await tell(ask, { method: 'GET', path: '/credits' });
  if (told.trouble !== undefined) return isRefused(told.trouble) ? { left: null } : told;
  const bought = amount(valueAt(told.body, 'data', 'total_credits'));
  const used = amount(valueAt(told.body, 'data', 'total_usage'));
  if (bought === null || used === null) return { trouble: unreadable() };
  const isBlank = bought === 0 && used === 0;
  if (isBlank && !(facts.isManagement === true && facts.used === 0)) return { left: null };
  const left = bought - used;
  return Number.isSafeInteger(left) ? { left: nanos(left) } : { trouble: unreadable() };
}

/** The history by day, model and endpoint; endpoints are added up. The day under way is never in it. */
async function usage(ask: Ask, asked: UsageDays): Promise<ProviderUsage> {
  const { today } = asked;
  const days = pastDays(asked).filter(
    (day) => day < today && day >= dayAfter(today, -HISTORY_DAYS),
  );
  if (days.length === 0) return noUsage(noDays());
  const told = await tell(ask, { method: 'GET', path: '/activity' });
  if (told.trouble !== undefined) return noUsage(await afterRefusal(validate, ask, told.trouble));
  const lines = valueAt(told.body, 'data');
  const sheet = new UsageSheet(days);
  for (const day of days) sheet.tell(day);
  const isRead =
    Array.isArray(lines) && lines.every((line) => addLine(sheet, objectOf(line) ?? {}));
  if (!isRead) return noUsage(unreadable());
  // Requests count on the day on which they began, so the last day still gets some after its end.
  return sheet.reading(accepted('management'), dayAfter(today, -1));
}

function addLine(sheet: UsageSheet, line: JsonObject): boolean {
  const day = dayOf(line['date']);
  const { model } = line;
  // With the account's own key at a vendor, that vendor's bill comes on top.
  const upstream = line['byok_usage_inference'] ?? 0;
  const cost = sumOfAll(amount(line['usage']), amount(upstream));
  if (day === null || typeof model !== 'string' || cost === null) return false;
  return sheet.add(day, model, {
    requests: count(line['requests']),
    inputTokens: count(line['prompt_tokens']),
    outputTokens: count(line['completion_tokens']),
    reasoningTokens: count(line['reasoning_tokens']),
    cost,
  });
}
