/** What a scripted account is, and what is asked about it. */

/** Amounts are integer nano-units of the currency. */
export interface ScriptedAccount {
  readonly secret: string;
  /** A management key reads the account; an ordinary one is refused where the vendors refuse it. */
  readonly kind: 'ordinary' | 'management';
  /** A revoked key is refused everywhere. */
  isActive: boolean;
  balance: number;
  used: number;
  /** The key's own cap; null has none. */
  readonly limit: number | null;
  readonly currency: string;
  /** By day and model. */
  readonly lines: Map<string, UsedLine>;
}

export interface UsedLine {
  /** UTC, `2026-11-20`. */
  readonly date: string;
  readonly model: string;
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cost: number;
}

export interface AccountQuestion {
  /** `GET /openrouter/api/v1/key` without the query: a path may stand below any prefix. */
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** UTC day that is under way. */
  readonly today: string;
}

export interface ScriptedAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The answers to some calls, by method and the end of the path; `*` stands for one part of it. */
export type AnswerTable = Readonly<
  Record<string, (account: ScriptedAccount, question: AccountQuestion) => ScriptedAnswer>
>;

export type AccountFacts = Partial<Omit<ScriptedAccount, 'secret'>>;

export function ok(body: unknown): ScriptedAnswer {
  return { status: 200, body };
}

export const REFUSED: ScriptedAnswer = {
  status: 401,
  body: { error: { message: 'Incorrect API key provided', code: 'invalid_api_key' } },
};
