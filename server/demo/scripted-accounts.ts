/**
 * The account side of the scripted provider: keys with a balance that goes down as they are used, and with usage by
 * day and model. It answers the account calls of all known vendors, told apart by their paths alone, so one server
 * stands for each of them: `<address>/<anything><the vendor's own base path>`.
 */
import {
  type AccountFacts,
  type AccountQuestion,
  REFUSED,
  type ScriptedAccount,
  type ScriptedAnswer,
  type UsedLine,
} from './scripted-account.ts';
import { creditAnswers } from './scripted-credit.ts';
import { reportAnswers } from './scripted-reports.ts';

export class ScriptedAccounts {
  readonly #accounts = new Map<string, ScriptedAccount>();
  readonly #newcomer: ((secret: string) => AccountFacts | null) | null;
  readonly #routes = Object.entries({ ...creditAnswers, ...reportAnswers }).map(
    ([route, answer]) => ({ matches: patternOf(route), answer }),
  );

  /** @param newcomer what a key has that nobody opened; without it, or where it says null, the key is unknown */
  constructor(newcomer: ((secret: string) => AccountFacts | null) | null = null) {
    this.#newcomer = newcomer;
  }

  open(secret: string, facts: AccountFacts = {}): ScriptedAccount {
    const usual = {
      kind: 'ordinary',
      isActive: true,
      used: 0,
      limit: null,
      currency: 'USD',
    } as const;
    const account = { balance: 25_000_000_000, ...usual, lines: new Map(), ...facts, secret };
    this.#accounts.set(secret, account);
    return account;
  }

  find(secret: string): ScriptedAccount | null {
    const known = this.#accounts.get(secret);
    if (known !== undefined) return known;
    const facts = this.#newcomer?.(secret) ?? null;
    return facts === null ? null : this.open(secret, facts);
  }

  /** Takes the cost from the balance and notes the use. */
  spend(account: ScriptedAccount, use: Omit<UsedLine, 'requests'> & { requests?: number }): void {
    account.balance -= use.cost;
    account.used += use.cost;
    const key = `${use.date} ${use.model}`;
    const before = account.lines.get(key);
    account.lines.set(key, {
      date: use.date,
      model: use.model,
      requests: (before?.requests ?? 0) + (use.requests ?? 1),
      inputTokens: (before?.inputTokens ?? 0) + use.inputTokens,
      outputTokens: (before?.outputTokens ?? 0) + use.outputTokens,
      cost: (before?.cost ?? 0) + use.cost,
    });
  }

  /** @returns null for a call that is no account call */
  answer(question: AccountQuestion, secret: string): ScriptedAnswer | null {
    const { method, path } = question;
    const route = this.#routes.find(({ matches }) => matches.test(`${method} ${path}`));
    if (route === undefined) return null;
    const account = this.find(secret);
    return account?.isActive === true ? route.answer(account, question) : REFUSED;
  }
}

function patternOf(route: string): RegExp {
  const [method = '', path = ''] = route.split(' ');
  return new RegExp(`^${method} .*${path.replaceAll('*', '[^/]+')}$`);
}
