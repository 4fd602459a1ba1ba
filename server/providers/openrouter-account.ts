/** What OpenRouter tells about a key: its own cap to every key, the account's credit and history to management keys. */
import { type Nanos, nanos } from '../../contract/money.ts';
import { amount, noBalance, type Told, tell, unreadable, valid } from './account-reading.ts';
import type { Account, Ask, BalanceReading, JsonObject, KeyReading } from './provider.ts';
import { objectOf, valueAt } from './usage-reading.ts';

interface KeyFacts {
  readonly limit: unknown;
  readonly limitLeft: Nanos | null;
  readonly used: Nanos | null;
  /** Null: an older answer that does not say. */
  readonly isManagement: boolean | null;
}

export const openrouterAccount: Account = {
  async validate(ask) {
    const told = await readKey(ask);
    return told.trouble ?? good(told.facts);
  },

  async balance(ask) {
    const told = await readKey(ask);
    if (told.trouble !== undefined) return noBalance(told.trouble);
    const { facts } = told;
    const credit = await readCredit(ask, facts);
    const reading: BalanceReading = {
      ...noBalance(good(facts)),
      limit: amount(facts.limit),
      used: facts.used,
    };
    if (credit.trouble !== undefined) {
      const { outcome, message, retryAfterMs } = credit.trouble;
      return { ...reading, outcome, message, retryAfterMs };
    }
    // A cap that is there and cannot be read may be the lower one, so then nothing is certain.
    if (facts.limit !== null && facts.limitLeft === null) {
      return { ...reading, ...outcomeOf(unreadable()) };
    }
    return { ...reading, ...spendable(facts.limitLeft, credit.left) };
  },
};

function outcomeOf({ outcome, message }: KeyReading): Pick<KeyReading, 'outcome' | 'message'> {
  return { outcome, message };
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
  if (isManagement !== true) {
    return valid({ message: 'The provider accepts the key.', kind: 'ordinary' });
  }
  return valid({ message: 'The provider accepts the management key.', kind: 'management' });
}

/**
 * The account's credit; null where this key is not told. An ordinary key is told 403, or in the field 200 with
 * two zeros, which must not look like an empty account.
 */
async function readCredit(
  ask: Ask,
  facts: KeyFacts,
): Promise<{ left: Nanos | null; trouble?: undefined } | { trouble: KeyReading }> {
  const told = await tell(ask, { method: 'GET', path: '/credits' });
  if (told.trouble !== undefined) return isRefused(told) ? { left: null } : told;
  const bought = amount(valueAt(told.body, 'data', 'total_credits'));
  const used = amount(valueAt(told.body, 'data', 'total_usage'));
  if (bought === null || used === null) return { trouble: unreadable() };
  const left = bought - used;
  if (bought === 0 && used === 0 && !(facts.isManagement === true && facts.used === 0)) {
    return { left: null };
  }
  return Number.isSafeInteger(left) ? { left: nanos(left) } : { trouble: unreadable() };
}

/** Said no to this call, although it had accepted the key just before. */
function isRefused({ trouble }: Told): boolean {
  const { verdict, outcome } = trouble ?? {};
  return verdict === 'invalid' || outcome === 'not permitted' || outcome === 'not offered';
}
