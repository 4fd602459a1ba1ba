/** What is left on a scripted account, in the words and units of each vendor that tells. */
import { formatDollars, nanos } from '../../contract/money.ts';
import {
  type AnswerTable,
  ok,
  REFUSED,
  type ScriptedAccount,
  type ScriptedAnswer,
} from './scripted-account.ts';

/** The exact decimal, and as JSON number. */
const text = (amount: number): string => formatDollars(nanos(amount));
const number = (amount: number): number => Number(text(amount));

const MANAGEMENT_ONLY: ScriptedAnswer = {
  status: 403,
  body: { error: { code: 403, message: 'Only management keys can perform this operation' } },
};

function keyFacts({ secret, kind, limit, used }: ScriptedAccount): ScriptedAnswer {
  const isManagement = kind === 'management';
  return ok({
    data: {
      label: `${secret.slice(0, 8)}...${secret.slice(-3)}`,
      limit: limit === null ? null : number(limit),
      limit_remaining: limit === null ? null : number(limit - used),
      limit_reset: null,
      usage: number(used),
      byok_usage: 0,
      is_free_tier: false,
      is_management_key: isManagement,
      is_provisioning_key: isManagement,
      expires_at: null,
    },
  });
}

function purses({ currency, balance }: ScriptedAccount): ScriptedAnswer {
  const total = text(balance);
  const purse = { currency, total_balance: total, granted_balance: '0', topped_up_balance: total };
  return ok({ is_available: balance > 0, balance_infos: [purse] });
}

function userInfo({ balance }: ScriptedAccount): ScriptedAnswer {
  const total = text(balance);
  const data = { status: 'normal', balance: '0', chargeBalance: total, totalBalance: total };
  return ok({ code: 20_000, message: 'OK', status: true, data });
}

function availableBalance({ balance }: ScriptedAccount): ScriptedAnswer {
  const cash = number(balance);
  const data = { available_balance: cash, voucher_balance: 0, cash_balance: cash };
  return ok({ code: 0, data, scode: '0x0', status: true });
}

/** In ten-thousandths, rounded down. */
function balanceDetail({ balance }: ScriptedAccount): ScriptedAnswer {
  const units = String(Math.floor(balance / 100_000));
  const debts = { creditLimit: '0', pendingCharges: '0', outstandingInvoices: '0' };
  return ok({ availableBalance: units, cashBalance: units, ...debts });
}

function billingBalance({ kind, balance }: ScriptedAccount): ScriptedAnswer {
  if (kind !== 'management') return REFUSED;
  const balances = { usd: number(balance), diem: 0 };
  return ok({ canConsume: balance > 0, consumptionCurrency: 'USD', balances });
}

function rateLimits({ balance }: ScriptedAccount): ScriptedAnswer {
  const balances = { USD: number(balance), DIEM: 0 };
  return ok({ data: { accessPermitted: true, balances, rateLimits: [] } });
}

/** In cents, and with the sign turned round: credit stands in the ledger as a negative. */
function prepaidBalance({ kind, balance }: ScriptedAccount): ScriptedAnswer {
  if (kind !== 'management') return REFUSED;
  return ok({ total: { val: String(0 - Math.floor(balance / 10_000_000)) }, changes: [] });
}

export const creditAnswers: AnswerTable = {
  'GET /key': keyFacts,
  'GET /credits': ({ kind, balance, used }) =>
    kind === 'management'
      ? ok({ data: { total_credits: number(balance + used), total_usage: number(used) } })
      : MANAGEMENT_ONLY,
  'GET /user/balance': purses,
  'GET /user/info': userInfo,
  'GET /users/me/balance': availableBalance,
  'GET /billing/balance/detail': balanceDetail,
  'GET /billing/balance': billingBalance,
  'GET /api_keys/rate_limits': rateLimits,
  'GET /auth/management-keys/validation': ({ kind }) =>
    kind === 'management' ? ok({ scope: 'SCOPE_TEAM', teamId: 'team-demo' }) : REFUSED,
  'GET /billing/teams/*/prepaid/balance': prepaidBalance,
};
