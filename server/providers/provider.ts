import type { IncomingHttpHeaders } from 'node:http';
import type { Nanos } from '../../contract/money.ts';
import type { ReportedUsage } from '../../contract/usage.ts';

/** The shape of an answer, which decides where its usage stands. */
export type Wire =
  | 'chat'
  | 'completions'
  | 'responses'
  | 'messages'
  | 'embeddings'
  | 'images'
  | 'audio'
  | 'rerank'
  | 'moderations';

/** The dialect of a request: whose API the caller speaks. */
export type Dialect = 'openai' | 'anthropic';

export type JsonObject = { readonly [key: string]: unknown };

/** A vendor or server that answers model calls. One file each; a new one is registered in `providers.ts`. */
export interface Provider {
  /** Lower case; also names its settings: `openai` reads OPENAI_API_KEY and OPENAI_API_URL. */
  readonly id: string;
  readonly name: string;
  /** Base address with the version, without a trailing slash: `https://api.openai.com/v1`. */
  readonly base: string;
  /** The same provider elsewhere: regions with accounts and keys of their own. */
  readonly otherBases?: readonly string[];
  readonly dialects: readonly Dialect[];
  readonly routing: Routing;
  readonly account: Account;
  /** A small, cheap model to try a key with. Absent: the setting names it. */
  readonly probeModel?: string;
}

/** Reasoning models refuse the first, and servers of an older kind do not know the second. */
export type ChatBound = 'max_tokens' | 'max_completion_tokens';

/** What the gateway must know to send a request to a provider and to understand the bill. */
export interface Routing {
  /**
   * The headers that carry the credential, in lower case. `dialect` matters where one provider takes
   * different headers for different APIs. An empty secret gives no headers: some local servers have none.
   */
  authorize(secret: string, dialect: Dialect): Readonly<Record<string, string>>;
  /** Headers to add unless the caller sent them (such as `anthropic-version`). */
  readonly defaultHeaders?: Readonly<Record<string, string>>;
  /** Does the provider go on billing after we hang up? Then an aborted answer is read to its end. */
  readonly afterAbort: 'billing stops' | 'billing goes on';
  /** The member that bounds the output of a chat with this model; null: none is named. */
  chatBound(model: string | null): ChatBound;
  /** The only such member that is heard, where the other one is overlooked without a word; absent: both are. */
  readonly soleChatBound?: ChatBound;
  /** What answers where a request names no model, as far as the provider says so. */
  readonly unnamedModel?: Readonly<Partial<Record<Wire, string>>>;
  /** `when asked`: a stream carries usage only with `stream_options.include_usage`. */
  readonly streamUsage: 'when asked' | 'always';
  /**
   * The usage that a whole answer, or one event of a stream, states; null where it states none.
   * Values of several events are laid over each other, never added. Takes any JSON and never throws;
   * every number it gives is a safe integer of at least zero.
   *
   * @param before what earlier events of the same stream stated, laid over each other. An event may
   *   restate only one part of a sum (the uncached input, say); the total is then made with the parts
   *   from here. Without it such a sum stays null, so that the earlier total stands.
   */
  readUsage(wire: Wire, body: JsonObject, before?: ReportedUsage | null): ReportedUsage | null;
  /**
   * What a request may cost besides its tokens, at most as a rule, by what it has the provider do for it. Where prices by
   * the piece say nothing of that, and only the cost that the answer states holds it. Takes any JSON and never throws.
   *
   * @param areSearchesPriced the tools that search the web have a price by the piece here, which is held for them
   */
  readonly extraCost?: (body: JsonObject, areSearchesPriced: boolean) => Nanos;
  /** The query that gets the whole list of models at once, where it comes in pages. */
  readonly modelsQuery?: Readonly<Record<string, string>>;
  /** What the list puts before each name, and requests may leave out. */
  readonly listedPrefix?: string;
  /**
   * The provider id of `@pydantic/genai-prices` under which this provider's models are found;
   * null where that lists none of them.
   */
  readonly priceCatalogue: string | null;
  /**
   * The same id where other tiers of service cost there what they cost at that vendor; null: that is known of none, as at
   * a server that may write any word of its own.
   */
  readonly tiersOf: string | null;
}

/**
 * What a provider tells about a key and the account behind it. Pure translation: whoever holds the secret lends
 * an {@link Ask}, and the adapter says what to ask and what the answer means.
 *
 * Nothing here throws, whatever the provider answers. What cannot be read is `unknown`, with the reason in
 * `outcome`; it is never *invalid*, and never a balance of zero.
 */
export interface Account {
  /** Is the key good? Never spends money. */
  validate(ask: Ask): Promise<KeyReading>;
  /** What can still be spent with the key. Absent: the provider tells nobody. */
  balance?(ask: Ask): Promise<BalanceReading>;
  /** What the provider says was used, by UTC day and model. Absent: it tells nobody. */
  usage?(ask: Ask, days: UsageDays): Promise<ProviderUsage>;
}

/** One call of a provider's account API. The credential is put on by {@link Ask}. */
export interface AccountCall {
  readonly method: 'GET' | 'POST';
  /** Path and query below the key's base address, beginning with a slash: `/key`. */
  readonly path: string;
  /**
   * Another address of this provider to which the path belongs: `https://api.deepseek.com`. It counts only for a
   * key at the provider's own base. A key at another base asks there, so that no secret goes elsewhere.
   */
  readonly root?: string;
  /** Whose API is called, where the provider has two with credentials of their own. Default: the provider's first. */
  readonly dialect?: Dialect;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
}

export interface AccountAnswer {
  /** Scheme, host and port that answered: at some providers the region decides the currency. */
  readonly origin: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The JSON that came; undefined where it was none. */
  readonly body: unknown;
}

/**
 * Sends one call with the key's credential on it.
 *
 * @throws Failure for what went wrong on the wire; whatever the provider answered is an answer
 */
export type Ask = (call: AccountCall) => Promise<AccountAnswer>;

/** A `management` key reads the account and serves no model; an `ordinary` one the other way round. */
export type KeyKind = 'ordinary' | 'management';

/** `invalid` needs a clear word of the provider about the key itself. */
export type Verdict = 'valid' | 'invalid' | 'unknown';

/**
 * What became of the question. `read`: it was answered. `not permitted`: this key may not ask it, another might.
 * `not offered`: there is no such call. The last four are trouble of the moment: ask again later, change nothing.
 */
export type Outcome =
  | 'read'
  | 'not permitted'
  | 'not offered'
  | 'rate limited'
  | 'unavailable'
  | 'unreachable'
  | 'unreadable';

export interface KeyReading {
  readonly verdict: Verdict;
  readonly outcome: Outcome;
  /** A sentence for people in our own words: no secret and no text of the provider is in it. */
  readonly message: string;
  /** Null: not told. */
  readonly kind: KeyKind | null;
  /** So long the provider wants to be left alone; null where it named no time. */
  readonly retryAfterMs: number | null;
}

/** Amounts are nano-units of `currency`, never converted. A null is not known, and a balance below zero is a debt. */
export interface BalanceReading extends KeyReading {
  /** What can still be spent with this key. Only ever stated with `verdict: 'valid'` and `outcome: 'read'`. */
  readonly balance: Nanos | null;
  /** ISO 4217 (`USD`, `CNY`), or the provider's own word for a unit that is no money. */
  readonly currency: string;
  /** The key's own cap, and what was used under it. */
  readonly limit: Nanos | null;
  readonly used: Nanos | null;
  /** Does the provider say that calls will be refused, whatever the balance? Null: it does not say. */
  readonly blocked: boolean | null;
  /** What the account holds in further currencies. */
  readonly others: readonly { readonly currency: string; readonly balance: Nanos }[];
}

/** UTC days as `YYYY-MM-DD`, both ends included. */
export interface UsageDays {
  readonly from: string;
  readonly to: string;
  /** The day that is under way, by the caller's clock. */
  readonly today: string;
}

export interface ProviderUsage extends KeyReading {
  /**
   * The days that `rows` tell whole, ascending: what was known of them before is out of date, and one without rows
   * was without use. Empty: nothing was learned. What was known of all other days stands.
   */
  readonly days: readonly string[];
  /** Those of the days whose figures may still change; ascending. */
  readonly openDays: readonly string[];
  /** At most one row for each day and model, by day and model. */
  readonly rows: readonly UsageRow[];
  readonly currency: string;
}

/** The model of figures that the provider does not split by model. */
export const ALL_MODELS = '*';

/** Counts and costs are as the provider states them; null where it states none. */
export interface UsageRow {
  readonly date: string;
  /** The provider's own name for it, or {@link ALL_MODELS}. */
  readonly model: string;
  readonly requests: number | null;
  /** Cached tokens included. */
  readonly inputTokens: number | null;
  readonly cachedInputTokens: number | null;
  readonly outputTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly cost: Nanos | null;
}
