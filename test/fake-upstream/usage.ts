/** The usage objects of the wire formats, true or deliberately wrong. The bill never looks at them. */
import type { Plan } from './plan.ts';

/** A usage object ready for JSON; null where the answer says null, undefined where it says nothing. */
export type StatedUsage = Readonly<Record<string, unknown>> | null | undefined;

type Distortion = (count: number) => unknown;

const DISTORTIONS: Readonly<Record<string, Distortion>> = {
  true: (count) => count,
  negative: (count) => -Math.max(count, 1),
  float: (count) => count + 0.5,
  string: (count) => String(count),
  huge: () => 1e308,
  zero: () => 0,
};

function stated(plan: Plan, build: (as: Distortion) => Record<string, unknown>): StatedUsage {
  const style = plan.behaviour.usage ?? 'true';
  if (style === 'missing') return undefined;
  if (style === 'null') return null;
  const usage = build(DISTORTIONS[style] ?? ((count) => count));
  if (plan.statedCost !== undefined) usage['cost'] = plan.statedCost;
  return usage;
}

/** @param output completion tokens until now; the whole number unless usage is stated while the stream runs */
export function chatUsage(plan: Plan, output: number = plan.used.completionTokens): StatedUsage {
  const { used, reasoning, behaviour } = plan;
  const hidden = Math.min(reasoning, output);
  return stated(plan, (as) => ({
    prompt_tokens: as(used.promptTokens),
    completion_tokens: as(behaviour.reasoningOutside === true ? output - hidden : output),
    total_tokens: as(used.promptTokens + output),
    prompt_tokens_details: {
      cached_tokens: as(used.cachedTokens),
      cache_write_tokens: as(used.cacheWriteTokens + used.cacheWrite1hTokens),
    },
    completion_tokens_details: { reasoning_tokens: as(hidden) },
  }));
}

export function responsesUsage(plan: Plan): StatedUsage {
  const { used, reasoning } = plan;
  return stated(plan, (as) => ({
    input_tokens: as(used.promptTokens),
    input_tokens_details: {
      cached_tokens: as(used.cachedTokens),
      cache_write_tokens: as(used.cacheWriteTokens + used.cacheWrite1hTokens),
    },
    output_tokens: as(used.completionTokens),
    output_tokens_details: { reasoning_tokens: as(reasoning) },
    total_tokens: as(used.promptTokens + used.completionTokens),
  }));
}

/** Here `input_tokens` leaves the cached and the cache-writing parts out. */
export function messagesUsage(
  plan: Plan,
  output: number = plan.used.completionTokens,
): StatedUsage {
  const { used, reasoning } = plan;
  const written = used.cacheWriteTokens + used.cacheWrite1hTokens;
  return stated(plan, (as) => ({
    input_tokens: as(used.promptTokens - used.cachedTokens - written),
    cache_creation_input_tokens: as(written),
    cache_read_input_tokens: as(used.cachedTokens),
    cache_creation: {
      ephemeral_5m_input_tokens: as(used.cacheWriteTokens),
      ephemeral_1h_input_tokens: as(used.cacheWrite1hTokens),
    },
    output_tokens: as(output),
    output_tokens_details: { thinking_tokens: as(Math.min(reasoning, output)) },
    service_tier: 'standard',
  }));
}

/** The older servers' `message_delta`, which tells the output alone. */
export function messagesOutputUsage(plan: Plan): StatedUsage {
  return stated(plan, (as) => ({ output_tokens: as(plan.used.completionTokens) }));
}

export function promptUsage(plan: Plan): StatedUsage {
  const { promptTokens } = plan.used;
  return stated(plan, (as) => ({
    prompt_tokens: as(promptTokens),
    total_tokens: as(promptTokens),
  }));
}

export function imagesUsage(plan: Plan): StatedUsage {
  const { promptTokens, completionTokens } = plan.used;
  return stated(plan, (as) => ({
    input_tokens: as(promptTokens),
    input_tokens_details: { text_tokens: as(promptTokens), image_tokens: as(0) },
    output_tokens: as(completionTokens),
    total_tokens: as(promptTokens + completionTokens),
  }));
}

export function transcriptionUsage(plan: Plan): StatedUsage {
  const { seconds } = plan.behaviour;
  if (seconds !== undefined) return { type: 'duration', seconds };
  const { promptTokens, completionTokens } = plan.used;
  return stated(plan, (as) => ({
    type: 'tokens',
    input_tokens: as(promptTokens),
    input_token_details: { text_tokens: as(0), audio_tokens: as(promptTokens) },
    output_tokens: as(completionTokens),
    total_tokens: as(promptTokens + completionTokens),
  }));
}
