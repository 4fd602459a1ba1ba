import { validByModels } from './account-reading.ts';
import { readMessagesUsage } from './messages-usage.ts';
import { type Counting, readOpenaiUsage } from './openai-usage.ts';
import type { Account, Dialect, Provider, Routing } from './provider.ts';
import type { CostReading } from './usage-reading.ts';

/** What a provider file has to say; everything else is the common dialect. */
export interface OpenaiCompatible {
  readonly id: string;
  readonly name: string;
  readonly base: string;
  readonly otherBases?: readonly string[];
  readonly priceCatalogue: string | null;
  /** See {@link Routing.tiersOf}. Default: `priceCatalogue`. */
  readonly tiersOf?: string | null;
  readonly afterAbort: Routing['afterAbort'];
  /** Default: only the OpenAI dialect. */
  readonly dialects?: readonly Dialect[];
  /** Default: `max_tokens`. */
  readonly chatBound?: Routing['chatBound'];
  readonly soleChatBound?: Routing['soleChatBound'];
  readonly unnamedModel?: Routing['unnamedModel'];
  readonly modelsQuery?: Routing['modelsQuery'];
  readonly listedPrefix?: Routing['listedPrefix'];
  /** Default: `when asked`. */
  readonly streamUsage?: Routing['streamUsage'];
  /** Default: {@link bearer}. Never called with an empty secret. */
  readonly authorize?: Routing['authorize'];
  readonly defaultHeaders?: Readonly<Record<string, string>>;
  /** Where tokens are counted in another way. */
  readonly counting?: Counting;
  readonly extraCost?: Routing['extraCost'];
  /** Where the answer states its own cost. Default: it does not. */
  readonly readCost?: CostReading;
  /** Default: whether a key is good is told by the list of models, and nothing else is. */
  readonly account?: Account;
  /** Default: the model of the setting. */
  readonly probeModel?: string;
}

/** A provider that speaks the OpenAI dialect, made from what sets it apart. */
export function openaiCompatible(facts: OpenaiCompatible): Provider {
  const { authorize = bearer, counting, readCost } = facts;
  return {
    id: facts.id,
    name: facts.name,
    base: facts.base,
    ...(facts.otherBases === undefined ? {} : { otherBases: facts.otherBases }),
    dialects: facts.dialects ?? ['openai'],
    routing: {
      authorize: (secret, dialect) => (secret === '' ? {} : authorize(secret, dialect)),
      ...(facts.defaultHeaders === undefined ? {} : { defaultHeaders: facts.defaultHeaders }),
      ...(facts.extraCost === undefined ? {} : { extraCost: facts.extraCost }),
      ...(facts.modelsQuery === undefined ? {} : { modelsQuery: facts.modelsQuery }),
      ...(facts.listedPrefix === undefined ? {} : { listedPrefix: facts.listedPrefix }),
      chatBound: facts.chatBound ?? (() => 'max_tokens'),
      ...(facts.soleChatBound === undefined ? {} : { soleChatBound: facts.soleChatBound }),
      ...(facts.unnamedModel === undefined ? {} : { unnamedModel: facts.unnamedModel }),
      afterAbort: facts.afterAbort,
      streamUsage: facts.streamUsage ?? 'when asked',
      readUsage: (wire, body, before) =>
        wire === 'messages'
          ? readMessagesUsage(body, { before, readCost })
          : readOpenaiUsage(wire, body, { counting, readCost }),
      priceCatalogue: facts.priceCatalogue,
      tiersOf: facts.tiersOf === undefined ? facts.priceCatalogue : facts.tiersOf,
    },
    account: facts.account ?? { validate: validByModels },
    ...(facts.probeModel === undefined ? {} : { probeModel: facts.probeModel }),
  };
}

/** The credential as a bearer token. */
export function bearer(secret: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${secret}` };
}
