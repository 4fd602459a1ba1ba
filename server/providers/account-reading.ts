/** What the answers of account APIs have in common: how they fail, how they say no, how they state money. */
import { type Nanos, parseScaled } from '../../contract/money.ts';
import { Failure } from '../failure.ts';
import type {
  AccountAnswer,
  AccountCall,
  Ask,
  BalanceReading,
  KeyKind,
  KeyReading,
  Outcome,
  ProviderUsage,
} from './provider.ts';
import { objectOf, valueAt } from './usage-reading.ts';

/** No provider means it when it asks to be left alone for longer than a day. */
const RETRY_AFTER_MAX_MS = 24 * 60 * 60_000;

/** The words of a provider that finds fault with the key itself, and not with what it may do. */
const KEY_REFUSED =
  /\b(invalid|incorrect|wrong|unknown|revoked|expired|disabled|blocked|deleted|no such)\b.{0,40}\b(key|token|credentials?|authentication|authorization|user)\b|\b(key|token|credentials?|authentication)\b.{0,40}\b(not valid|invalid|incorrect|revoked|expired|disabled|blocked|deleted|fail(s|ed)?)\b|invalid_api_key|API_KEY_INVALID/i;

/** The words of a provider that took a good key out of use, whatever else it says. */
const KEY_WITHDRAWN = /\breported as leaked\b|\bhas been suspended\b/i;

/** The words of a provider that knows the key and lets it do something else. */
const RIGHTS_MISSING = /scope|permission|privilege|not allowed|management key|\badmin/i;

/** Either the JSON that was asked for, or what its absence says about the key. */
export type Told =
  | { readonly body: unknown; readonly origin: string; readonly trouble?: undefined }
  | {
      readonly body?: undefined;
      readonly trouble: KeyReading;
      /** The provider knows the key, for it speaks of what the key may do. */
      readonly speaksOfRights: boolean;
    };

/** Asks once. Whatever went wrong is told as a reading; only what is no Failure is thrown on. */
export async function tell(ask: Ask, call: AccountCall): Promise<Told> {
  let answer: AccountAnswer;
  try {
    answer = await ask(call);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { trouble: ofFailure(error), speaksOfRights: false };
  }
  const trouble = troubleOf(answer);
  if (trouble === null) return { body: answer.body, origin: answer.origin };
  const isRefusal = answer.status === 401 || answer.status === 403;
  const speaksOfRights = isRefusal && RIGHTS_MISSING.test(errorWords(answer.body));
  return { trouble, speaksOfRights };
}

function ofFailure(failure: Failure): KeyReading {
  const unreadable =
    failure.code === 'upstream_unreadable' || failure.code === 'upstream_too_large';
  return {
    ...unknown(unreadable ? 'unreadable' : 'unreachable', failure.kind.sentence),
    retryAfterMs: failure.details.retryAfterMs ?? null,
  };
}

function troubleOf(answer: AccountAnswer): KeyReading | null {
  const { status, body } = answer;
  if (status >= 200 && status < 300) {
    // Some servers answer errors under 200. What they say about the key is not trusted then.
    const stated = objectOf(body)?.['error'];
    return stated === undefined || stated === null || stated === false || stated === ''
      ? null
      : unknown('unreadable', 'The provider answered an error under a status of success.');
  }
  const retryAfterMs = retryAfter(answer);
  if (status === 429) {
    const message = 'The provider asks for fewer calls.';
    return { ...unknown('rate limited', message), retryAfterMs };
  }
  if (status >= 500) {
    const message = `The provider is in trouble (status ${status}).`;
    return { ...unknown('unavailable', message), retryAfterMs };
  }
  if (status === 402) return valid({ message: 'The provider knows the key and wants to be paid.' });
  if (status === 404 || status === 405 || status === 410) {
    return unknown('not offered', 'The provider does not offer this call.');
  }
  if (status === 400 || status === 401 || status === 403) return refusal(status, body);
  return unknown('unreadable', `The provider answered status ${status}, which tells nothing.`);
}

/**
 * A refusal counts against the key only where the provider says so in JSON: the page of a proxy or of a firewall
 * says nothing about it. Under 401 every such word is about the key unless it speaks of rights; under 400 and 403
 * it must name the key.
 */
function refusal(status: number, body: unknown): KeyReading {
  const words = errorWords(body);
  const saysNo = KEY_REFUSED.test(words) || (status === 401 && words !== '');
  if (KEY_WITHDRAWN.test(words) || (saysNo && !RIGHTS_MISSING.test(words))) {
    return {
      ...unknown('read', 'The provider does not accept the key.'),
      verdict: 'invalid',
    };
  }
  if (status === 400) return unknown('unreadable', 'The provider did not understand the call.');
  return words === ''
    ? unknown('unreadable', `Something answered status ${status} without a word about the key.`)
    : unknown('not permitted', 'The provider does not let this key make this call.');
}

/** Every word that an error answer says, in whatever shape: `{error: {message}}`, `{message}`, `[{error}]`, a text. */
function errorWords(body: unknown): string {
  const object = objectOf(Array.isArray(body) ? body[0] : body);
  const error = objectOf(object?.['error']);
  const names = ['message', 'msg', 'detail', 'code', 'type', 'status', 'reason'];
  const stated = [
    ...[body, object?.['error']],
    ...names.flatMap((name) => [error?.[name], object?.[name]]),
  ];
  const words = stated.filter((word) => typeof word === 'string').join(' ');
  // Some spell out the key that they refuse, most of it in stars: its name (`sk-admin***`) says nothing about rights.
  const spoken = words.split(/\s+/).filter((word) => !word.includes('***'));
  return spoken.join(' ');
}

/** The words of a provider whose account is empty. A quota alone is a rate at some. */
const NOTHING_LEFT = /insufficient_quota|credit balance is too low|insufficient (balance|credits)/i;

/** Says an answer that the account has nothing left to pay with? Some say it in the status of a rate limit. */
export function wantsPayment({ status, body }: AccountAnswer): boolean {
  return status === 402 || (status >= 400 && status < 500 && NOTHING_LEFT.test(errorWords(body)));
}

/** `retry-after` in seconds or as a date, which is read against the answer's own date: no clock of ours is asked. */
function retryAfter({ headers }: AccountAnswer): number | null {
  const stated = headers['retry-after'];
  if (stated === undefined) return null;
  const seconds = /^\d{1,9}$/.test(stated.trim()) ? Number(stated) : null;
  const ms =
    seconds === null ? Date.parse(stated) - Date.parse(headers.date ?? '') : seconds * 1000;
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, RETRY_AFTER_MAX_MS) : null;
}

/** Trouble, or a question without an answer. */
export function unknown(outcome: Outcome, message: string): KeyReading {
  return { verdict: 'unknown', outcome, message, kind: null, retryAfterMs: null };
}

/** The answer came and has not the shape that it should have. */
export function unreadable(): KeyReading {
  return unknown('unreadable', 'The provider answered something that cannot be read.');
}

export function valid(more: { message: string; kind?: KeyKind }): KeyReading {
  const { message, kind = null } = more;
  return { verdict: 'valid', outcome: 'read', message, kind, retryAfterMs: null };
}

/** A reading that states no balance: it failed, or nobody tells. */
export function noBalance(reading: KeyReading, currency = 'USD'): BalanceReading {
  const nothing = { balance: null, limit: null, used: null, blocked: null, others: [] };
  return { ...reading, ...nothing, currency };
}

/** A usage reading that changes nothing of what is known. */
export function noUsage(reading: KeyReading, currency = 'USD'): ProviderUsage {
  return { ...reading, days: [], openDays: [], rows: [], currency };
}

/** What an answer states about money; what is left out is not stated. */
export type StatedBalance = Partial<BalanceReading> &
  Pick<BalanceReading, 'balance' | 'currency' | 'message'>;

/** A balance that the provider stated, of a key that it thereby accepts. */
export function statedBalance(stated: StatedBalance): BalanceReading {
  return { ...noBalance(valid({ message: stated.message })), ...stated };
}

/** Said no to this key, be it to the key as such or to this call. */
export function isRefused({ verdict, outcome }: KeyReading): boolean {
  return verdict === 'invalid' || outcome === 'not permitted' || outcome === 'not offered';
}

/**
 * What a refused call says about the key: an account call that wants a management key is refused to every ordinary
 * one, often in the words for a wrong key. So the key is judged by what it is made for.
 */
export async function afterRefusal(
  validate: (ask: Ask) => Promise<KeyReading>,
  ask: Ask,
  trouble: KeyReading,
): Promise<KeyReading> {
  if (!isRefused(trouble)) return trouble;
  const reading = await validate(ask);
  if (reading.verdict !== 'valid') return reading;
  const message = 'The key is good, but only a management key may read this.';
  return { ...reading, outcome: 'not permitted', message };
}

/**
 * An amount of money, exactly, as nano-units.
 *
 * @param value a decimal as JSON number or text; anything else is no amount
 * @param decimals how far its unit lies above a nano-unit: 9 for dollars, 7 for cents
 */
export function amount(value: unknown, decimals = 9): Nanos | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  return (parseScaled(value, decimals) as Nanos | undefined) ?? null;
}

/** A whole count of at least zero; null for everything else. */
export function count(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) + 0 : null;
}

/** Tells whether a key is good by asking for the list of models, which costs nothing. */
export async function validByModels(ask: Ask): Promise<KeyReading> {
  return ofModels(await tell(ask, LIST_OF_MODELS));
}

export const LIST_OF_MODELS: AccountCall = { method: 'GET', path: '/models' };

export function ofModels(told: Told): KeyReading {
  if (told.trouble !== undefined) return told.trouble;
  const isList = Array.isArray(told.body) || Array.isArray(valueAt(told.body, 'data'));
  if (!isList) return unreadable();
  return accepted('ordinary');
}

export function accepted(kind: KeyKind): KeyReading {
  const which = kind === 'management' ? 'management key' : 'key';
  return valid({ message: `The provider accepts the ${which}.`, kind });
}
