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
  readonly dialects: readonly Dialect[];
  readonly routing: Routing;
}

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
  /** The member that bounds a chat's output, where it is not `max_tokens`. */
  readonly chatBound?: 'max_completion_tokens';
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
   * The provider id of `@pydantic/genai-prices` under which this provider's models are found;
   * null where that lists none of them.
   */
  readonly priceCatalogue: string | null;
}
