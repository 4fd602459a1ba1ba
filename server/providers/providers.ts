/**
 * The door to everything that is known about vendors. A provider is one file and one line here.
 */
import { anthropic } from './anthropic.ts';
import { custom } from './custom.ts';
import { deepseek } from './deepseek.ts';
import { gemini } from './gemini.ts';
import { groq } from './groq.ts';
import { mistral } from './mistral.ts';
import { moonshot } from './moonshot.ts';
import { novita } from './novita.ts';
import { openai } from './openai.ts';
import { openrouter } from './openrouter.ts';
import type { Provider } from './provider.ts';
import { siliconflow } from './siliconflow.ts';
import { venice } from './venice.ts';
import { xai } from './xai.ts';

export { askWith, type KeyPlace } from './account-ask.ts';
export { wantsPayment } from './account-reading.ts';
export { type ModelLimits, readModelLimits, UNKNOWN_LIMITS } from './model-limits.ts';
export { errorBesideAnswer, errorOf } from './openai-usage.ts';
export type {
  Account,
  AccountAnswer,
  AccountCall,
  Ask,
  BalanceReading,
  Dialect,
  JsonObject,
  KeyKind,
  KeyReading,
  Outcome,
  Provider,
  ProviderUsage,
  Routing,
  UsageDays,
  UsageRow,
  Verdict,
  Wire,
} from './provider.ts';
export { ALL_MODELS } from './provider.ts';
export { tierAsked, tierServed } from './service-tier.ts';
export {
  BLANK_LINE_BYTES_MAX,
  EVENT_BYTES_MAX,
  eventData,
  eventEnd,
  fromBytes,
} from './sse.ts';

/**
 * The known vendors. The one that serves models of all others stands first; the rest is sorted by id.
 * `custom` is none of them: it has no address of its own.
 */
export const providers: readonly Provider[] = [
  openrouter,
  anthropic,
  deepseek,
  gemini,
  groq,
  mistral,
  moonshot,
  novita,
  openai,
  siliconflow,
  venice,
  xai,
];

/**
 * Whose keys come before all others, best first, so that they are the default route: who serves the models of everybody,
 * then who has the files, batches, moderations and the like that this API knows and that name no model.
 */
export const defaultRoutes: readonly Provider[] = [openrouter, openai];

const byId = new Map([...providers, custom].map((provider) => [provider.id, provider]));
const byHost = new Map(
  providers.flatMap((provider) =>
    [provider.base, ...(provider.otherBases ?? [])].map((base) => [new URL(base).host, provider]),
  ),
);

/** The provider with that id, `custom` included. */
export function findProvider(id: string): Provider | undefined {
  return byId.get(id);
}

/** The vendor at whose host a base address lies; `custom` for every other address, also a malformed one. */
export function providerForBase(base: string): Provider {
  const host = URL.parse(base)?.host;
  return (host === undefined ? undefined : byHost.get(host)) ?? custom;
}
