/** One answer, decided: how many tokens of which kind, which text, and what the usage states. */
import type { Behaviour } from './behaviour.ts';
import { type Bill, type Consumption, NOTHING, statedNanos } from './bill.ts';
import { type Json, promptTexts, promptTokensOf, type Route, type SeenRequest } from './request.ts';

export interface Plan {
  readonly id: string;
  readonly seen: SeenRequest;
  readonly behaviour: Behaviour;
  readonly model: string;
  /** What the bill charges when all is served. */
  readonly used: Consumption;
  /** Hidden part of the completion tokens. */
  readonly reasoning: number;
  /** Tokens that appear as text, for each choice. */
  readonly visible: number;
  readonly choices: number;
  readonly unitText: string;
  readonly finishReason: 'stop' | 'length';
  /** Whether a stream states its usage in the chunk that `include_usage` asks for. */
  readonly includeUsage: boolean;
  /** `usage.cost` as it goes into JSON. */
  readonly statedCost: number | string | undefined;
  /** The whole charge in nano-dollars. */
  readonly costNanos: number;
}

const TEXTS: Readonly<Record<string, string>> = {
  'multi-byte': ' é你好👋🏽',
  sse: ' a\n\ndata: [DONE]\n\nevent: message_stop\nid: 1\nretry: 1\rdata: {"usage":{}}\n\n',
};

const WITH_OUTPUT: ReadonlySet<Route> = new Set(['chat', 'completions', 'responses', 'messages']);
const UNBILLED: ReadonlySet<Route> = new Set([
  'count-tokens',
  'moderations',
  'models',
  'content',
  'echo',
]);

export function planOf(seen: SeenRequest, behaviour: Behaviour, bill: Bill): Plan {
  const choices =
    seen.route === 'chat' || seen.route === 'completions' ? numberIn(seen.json, 'n', 1, 128) : 1;
  const limit = outputLimit(seen.json);
  const wanted = behaviour.tokens ?? Math.min(12, limit);
  const output = WITH_OUTPUT.has(seen.route) ? wanted : (behaviour.tokens ?? 0);
  const reasoning = Math.min(behaviour.reasoningTokens ?? 0, output);
  const used = consumption(seen, behaviour, output * choices);
  const own = bill.costOf(seen.model, used);
  const stated = behaviour.cost === 'own' ? own / 1e9 : behaviour.cost;
  return {
    id: seen.id,
    seen,
    behaviour,
    model: seen.model ?? 'unnamed',
    used,
    reasoning: reasoning * choices,
    visible: output - reasoning,
    choices,
    unitText: unitTextOf(behaviour),
    finishReason: behaviour.tokens === undefined && limit <= 12 ? 'length' : 'stop',
    includeUsage: behaviour.usageAlways === true || asksForUsage(seen.json),
    statedCost: stated,
    costNanos: behaviour.cost === 'own' ? own : (statedNanos(stated) ?? own),
  };
}

function consumption(seen: SeenRequest, behaviour: Behaviour, output: number): Consumption {
  const units = unitsOf(seen, behaviour);
  const cached = behaviour.cachedTokens ?? 0;
  const written = behaviour.cacheWriteTokens ?? 0;
  const written1h = behaviour.cacheWrite1hTokens ?? 0;
  if (UNBILLED.has(seen.route)) return NOTHING;
  if (seen.route === 'speech' || units['second'] !== undefined) return { ...NOTHING, units };
  return {
    promptTokens: behaviour.promptTokens ?? promptTokensOf(seen) + cached + written + written1h,
    cachedTokens: cached,
    cacheWriteTokens: written,
    cacheWrite1hTokens: written1h,
    completionTokens: output,
    units,
  };
}

function unitsOf(seen: SeenRequest, behaviour: Behaviour): Record<string, number> {
  if (seen.route === 'images') return { image: numberIn(seen.json, 'n', 1, 10) };
  if (seen.route === 'speech') return { character: [...promptTexts(seen).join('')].length };
  if (seen.route === 'transcription' && behaviour.seconds !== undefined) {
    return { second: Math.ceil(behaviour.seconds) };
  }
  return {};
}

function outputLimit(json: Json | undefined): number {
  for (const name of ['max_completion_tokens', 'max_output_tokens', 'max_tokens']) {
    const limit = json?.[name];
    if (Number.isSafeInteger(limit) && Number(limit) >= 0) return Number(limit);
  }
  return Number.POSITIVE_INFINITY;
}

function numberIn(json: Json | undefined, name: string, fallback: number, most: number): number {
  const value = json?.[name];
  return typeof value === 'number' && value >= 1 ? Math.floor(Math.min(value, most)) : fallback;
}

function asksForUsage(json: Json | undefined): boolean {
  const options = json?.['stream_options'];
  return (
    typeof options === 'object' && options !== null && (options as Json)['include_usage'] === true
  );
}

function unitTextOf({ text, cutAt }: Behaviour): string {
  const wanted = text ?? (cutAt === 'mid-utf8' ? 'multi-byte' : ' hello');
  return TEXTS[wanted] ?? wanted;
}

/** The visible text of the whole answer. */
export function wholeText(plan: Plan): string {
  return plan.unitText.repeat(plan.visible);
}
