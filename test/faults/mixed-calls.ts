/** What callers ask for in the proof of the bill: every kind of request, answer and mishap, by seeded chance. */
import type { Prices } from '../fake-upstream.ts';
import type { Dice } from './dice.ts';

/**
 * Nano-dollars per million tokens. The odd ones make costs that end in half a nano-dollar.
 * The two of the embedded catalogue stand here as the vendors publish them.
 */
export const PRICES = {
  'gpt-4o-mini': { input: 150_000_000, cachedInput: 75_000_000, output: 600_000_000 },
  'claude-sonnet-4-5': {
    input: 3_000_000_000,
    cachedInput: 300_000_000,
    cacheWrite: 3_750_000_000,
    cacheWrite1h: 6_000_000_000,
    output: 15_000_000_000,
  },
  'odd-prices': {
    input: 150_500_000,
    cachedInput: 37_500_000,
    cacheWrite: 188_500_000,
    output: 601_500_000,
  },
  'small-vectors': { input: 20_500_000, output: 0 },
  'quick-model': { input: 50_100_000, cachedInput: 25_100_000, output: 80_300_000 },
  'shared-model': { input: 271_828_183, cachedInput: 31_415_927, output: 1_618_033_989 },
  'routed-claude': { input: 3_300_500_000, cachedInput: 330_500_000, output: 16_500_500_000 },
  'states-its-cost': { input: 700_500_000, cachedInput: 70_500_000, output: 2_100_500_000 },
} as const satisfies Prices;

export type ModelName = keyof typeof PRICES;

const IN_CATALOGUE: readonly string[] = ['gpt-4o-mini', 'claude-sonnet-4-5'];

/** The prices that are not in the embedded catalogue, as the operator's setting: dollars per thousand tokens. */
export function pricesAsSetting(): string {
  const setting: Record<string, Record<string, number>> = {};
  const named = (name: string, nanos: number | undefined) =>
    nanos === undefined ? {} : { [name]: nanos / 1e12 };
  for (const [model, price] of Object.entries(PRICES as Prices)) {
    if (IN_CATALOGUE.includes(model)) continue;
    setting[model] = {
      ...named('input', price.input),
      ...named('output', price.output),
      ...named('cached_input', price.cachedInput),
      ...named('cache_write', price.cacheWrite),
    };
  }
  return JSON.stringify(setting);
}

type Wire = 'chat' | 'completions' | 'responses' | 'messages' | 'embeddings';

interface Route {
  readonly wire: Wire;
  readonly model: ModelName;
  /** Does the provider of this model go on billing when its caller hangs up? */
  readonly billingGoesOn: boolean;
}

const ROUTES: readonly [Route, ...Route[]] = [
  { wire: 'chat', model: 'gpt-4o-mini', billingGoesOn: false },
  { wire: 'chat', model: 'odd-prices', billingGoesOn: false },
  { wire: 'completions', model: 'odd-prices', billingGoesOn: false },
  { wire: 'responses', model: 'gpt-4o-mini', billingGoesOn: false },
  { wire: 'messages', model: 'claude-sonnet-4-5', billingGoesOn: false },
  { wire: 'embeddings', model: 'small-vectors', billingGoesOn: false },
  { wire: 'chat', model: 'quick-model', billingGoesOn: true },
  { wire: 'chat', model: 'shared-model', billingGoesOn: true },
  { wire: 'responses', model: 'shared-model', billingGoesOn: true },
  { wire: 'chat', model: 'states-its-cost', billingGoesOn: true },
  { wire: 'messages', model: 'routed-claude', billingGoesOn: true },
];

const ENDPOINTS: Readonly<Record<Wire, string>> = {
  chat: 'chat/completions',
  completions: 'completions',
  responses: 'responses',
  messages: 'messages',
  embeddings: 'embeddings',
};

/** How a request ends, apart from what chance adds. */
type Fate =
  | 'served'
  | 'caller leaves in the answer'
  | 'caller leaves before the answer'
  | 'provider breaks off'
  | 'provider refuses'
  | 'provider resets'
  | 'provider fails in the stream';

export interface MixedCall extends Route {
  readonly endpoint: string;
  readonly streamed: boolean;
  readonly body: object;
  readonly fate: Fate;
  /** Hang up after so many bytes of the answer. */
  readonly leaveAfter: number | null;
  /** How often the caller tries again when it is refused or broken off. */
  readonly retries: number;
  /** The provider does as told once; when it sees the same text again, it answers in its ordinary way. */
  readonly once: boolean;
  readonly reasoningTokens: number;
}

/** @param number names the request; its directive holds it, so that no two are the same text */
export function mixedCall(dice: Dice, number: number): MixedCall {
  const route = dice.pick(ROUTES);
  const streamed = route.wire !== 'embeddings' && dice.chance(0.6);
  const fate = fateOf(dice, streamed);
  const sizes = sizesOf(dice, route);
  const words = [
    `seed=${number}`,
    ...Object.entries(sizes).map(([name, count]) => `${name}=${count}`),
    ...(streamed ? streamWords(dice, route) : []),
    ...fateWords(dice, fate),
    ...(route.model === 'states-its-cost' ? ['cost=own'] : []),
  ];
  return {
    ...route,
    endpoint: ENDPOINTS[route.wire],
    streamed,
    body: bodyOf(dice, { ...route, streamed, text: `Call ${number}. [[${words.join(' ')}]]` }),
    fate,
    leaveAfter: fate === 'caller leaves in the answer' ? dice.between(1, 3_000) : null,
    retries: dice.between(0, 2),
    once: words.includes('times=1'),
    reasoningTokens: sizes.reasoningTokens ?? 0,
  };
}

function fateOf(dice: Dice, streamed: boolean): Fate {
  const mark = dice.between(1, 100);
  if (mark <= 62) return 'served';
  if (mark <= 77) return 'caller leaves in the answer';
  if (mark <= 81) return 'caller leaves before the answer';
  if (mark <= 88) return 'provider breaks off';
  if (mark <= 94) return 'provider refuses';
  if (mark <= 98 || !streamed) return 'provider resets';
  return 'provider fails in the stream';
}

interface Sizes {
  readonly promptTokens: number;
  readonly tokens?: number;
  readonly cachedTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly cacheWrite1hTokens?: number;
  readonly reasoningTokens?: number;
}

function sizesOf(dice: Dice, { wire, model }: Route): Sizes {
  const promptTokens = dice.between(20, 6_000);
  if (wire === 'embeddings') return { promptTokens };
  const tokens = dice.between(1, 40);
  const share = Math.floor(promptTokens / 4);
  return {
    promptTokens,
    tokens,
    ...(dice.chance(0.4) ? { cachedTokens: dice.between(1, share) } : {}),
    ...(dice.chance(0.3) ? { reasoningTokens: dice.between(1, tokens) } : {}),
    ...(wire === 'messages' && dice.chance(0.3)
      ? { cacheWriteTokens: dice.between(1, share) }
      : {}),
    // Only one vendor sells the longer lifetime, and only its catalogue prices it.
    ...(model === 'claude-sonnet-4-5' && dice.chance(0.2)
      ? { cacheWrite1hTokens: dice.between(1, share) }
      : {}),
  };
}

/** The bytes of a stream vary: line ends, comments, writes that ignore the events, usage in several places. */
function streamWords(dice: Dice, { wire }: Route): string[] {
  const words: string[] = [];
  if (dice.chance(0.1)) words.push('comments=true');
  if (dice.chance(0.1)) words.push('lineEnd=crlf');
  if (dice.chance(0.15)) words.push('chunking=random');
  if (dice.chance(0.1)) words.push('tail=no-blank-line');
  if (wire === 'chat' && dice.chance(0.3)) {
    words.push(`usagePlace=${dice.pick(['with-finish', 'own-chunk-with-choice', 'twice'])}`);
  }
  return words;
}

function fateWords(dice: Dice, fate: Fate): string[] {
  const once = dice.chance(0.7) ? ['times=1'] : [];
  switch (fate) {
    case 'caller leaves before the answer':
      return ['delayMs=4'];
    case 'provider breaks off':
      return [`cut=${dice.pick(['reset', 'close'])}`, `cutAt=${dice.between(0, 4_000)}`, ...once];
    case 'provider refuses':
      return [`status=${dice.pick([400, 401, 404, 408, 429, 500, 503, 529])}`, ...once];
    case 'provider resets':
      return ['fault=reset-before-headers', ...once];
    case 'provider fails in the stream':
      return [`errorAfter=${dice.between(0, 5)}`, ...once];
    case 'served':
    case 'caller leaves in the answer':
      return [];
  }
}

function bodyOf(dice: Dice, what: Route & { streamed: boolean; text: string }): object {
  const { wire, model, streamed, text } = what;
  if (wire === 'embeddings') return { model, input: text };
  const stream = streamed ? { stream: true } : {};
  if (wire === 'responses') return { model, input: text, ...stream };
  const asksUsage = streamed && wire !== 'messages' && dice.chance(0.5);
  const options = asksUsage ? { stream_options: { include_usage: true } } : {};
  if (wire === 'completions') return { model, prompt: text, ...stream, ...options };
  const messages = [{ role: 'user', content: text }];
  const limit = wire === 'messages' ? { max_tokens: 4_096 } : {};
  return { model, messages, ...limit, ...stream, ...options };
}
