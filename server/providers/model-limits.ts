import type { JsonObject } from './provider.ts';
import { valueAt } from './usage-reading.ts';

/** How much a model takes and gives, in tokens; null where its provider's list does not say. */
export interface ModelLimits {
  /** The most that one answer can have. */
  readonly output: number | null;
  /** Prompt and answer together. */
  readonly context: number | null;
}

export const UNKNOWN_LIMITS: ModelLimits = { output: null, context: null };

/** No model reads or writes more; a larger figure is an error of the list. */
const TOKENS_MAX = 10_000_000;

/**
 * What an entry of a list of models says of its limits. Every vendor has names of its own for them, and no two mean
 * different things by the same one, but for `max_tokens`: beside `max_input_tokens` it is the output, elsewhere it may
 * as well be the whole. Takes any JSON and never throws.
 */
export function readModelLimits(entry: JsonObject): ModelLimits {
  const hasInput = isTokens(entry['max_input_tokens']);
  const output = tokensOf(
    valueAt(entry, 'top_provider', 'max_completion_tokens'),
    entry['max_completion_tokens'],
    entry['max_output_tokens'],
    entry['outputTokenLimit'],
    hasInput ? entry['max_tokens'] : undefined,
  );
  const context = tokensOf(
    // Of the vendor behind it that serves first, which may offer less than the model has.
    valueAt(entry, 'top_provider', 'context_length'),
    entry['context_length'],
    entry['context_window'],
    entry['max_context_length'],
    entry['max_model_len'],
    entry['context_size'],
    entry['inputTokenLimit'],
    entry['max_input_tokens'],
  );
  return output === null && context === null ? UNKNOWN_LIMITS : { output, context };
}

/** The first that can be true; lists state zero, or an absurd figure, for what they do not know. */
function tokensOf(...stated: readonly unknown[]): number | null {
  return stated.find(isTokens) ?? null;
}

function isTokens(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= TOKENS_MAX;
}
