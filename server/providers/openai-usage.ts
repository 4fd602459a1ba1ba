import type { ReportedUsage, TokenUsage } from '../../contract/usage.ts';
import type { JsonObject, Wire } from './provider.ts';
import {
  type CostReading,
  firstStated,
  objectOf,
  reportOf,
  type StatedUnits,
  UsageNumbers,
  valueAt,
} from './usage-reading.ts';

/** How a provider counts, where that differs from OpenAI. */
export interface Counting {
  /**
   * Are reasoning tokens a part of the completion tokens? The total, where it is stated, decides first. `rest of total`:
   * they are no part of them, and often stand nowhere but in the total.
   */
  readonly reasoning?: 'in output' | 'beside output' | 'rest of total';
  /** `maybe beside input`: more cached than input tokens mean that the cached ones come on top. */
  readonly cached?: 'in input' | 'maybe beside input';
}

export interface OpenaiReading {
  readonly counting?: Counting | undefined;
  readonly readCost?: CostReading | undefined;
}

/**
 * Usage in the OpenAI dialect, wherever it stands. Read leniently, because servers that call
 * themselves compatible put the same numbers into different places and under two sets of names.
 */
export function readOpenaiUsage(
  wire: Wire,
  body: JsonObject,
  reading: OpenaiReading = {},
): ReportedUsage | null {
  for (const usage of usagePlaces(wire, body)) {
    const { counting = {}, readCost } = reading;
    const numbers = new UsageNumbers();
    const tokens = readTokens(wire, usage, { counting, numbers });
    const cost = readCost?.(usage, numbers) ?? null;
    const units = readUnits(wire, body, { usage, numbers });
    const report = reportOf({ tokens, cost, units }, numbers);
    if (report !== null) return report;
  }
  return null;
}

/** The error that a body states in place of an answer, be it an object or mere words; null: none. */
export function errorOf(body: JsonObject): JsonObject | null {
  return errorIn(body['error']);
}

/** One that stands beside an answer which looks like any other, where few clients look for it; null: none. */
export function errorBesideAnswer(body: JsonObject): JsonObject | null {
  return errorIn(valueAt(body, 'x_groq', 'error'));
}

function errorIn(error: unknown): JsonObject | null {
  return typeof error === 'string' && error !== '' ? { message: error } : (objectOf(error) ?? null);
}

/** The objects in which usage may stand, the usual place first; most answers need no other. */
function* usagePlaces(wire: Wire, body: JsonObject): Generator<JsonObject> {
  for (const place of placesOf(wire, body)) {
    const usage = objectOf(place);
    if (usage !== undefined) yield usage;
  }
}

function* placesOf(wire: Wire, body: JsonObject): Generator<unknown> {
  yield valueAt(body, 'usage');
  yield valueAt(body, 'x_groq', 'usage');
  const choices = valueAt(body, 'choices');
  if (Array.isArray(choices)) yield valueAt(choices[0], 'usage');
  yield valueAt(body, 'message', 'usage');
  yield valueAt(body, 'response', 'usage');
  if (wire === 'rerank') {
    yield valueAt(body, 'meta', 'tokens');
    yield valueAt(body, 'meta', 'billed_units');
  }
  // Some answers state pieces and no usage: pictures to count, or how long a recording was.
  if (wire === 'images' || wire === 'audio') yield {};
}

interface TokenReading {
  readonly counting: Counting;
  readonly numbers: UsageNumbers;
}

function readTokens(
  wire: Wire,
  usage: JsonObject,
  { counting, numbers }: TokenReading,
): TokenUsage {
  const inputDetails = firstStated(
    usage['prompt_tokens_details'],
    usage['input_tokens_details'],
    usage['input_token_details'],
  );
  const total = numbers.count(usage['total_tokens']);
  const stated = numbers.count(firstStated(...byEitherName(wire, usage, INPUT_NAMES)));
  const cachedInput = numbers.count(
    firstStated(
      usage['prompt_cache_hit_tokens'],
      valueAt(inputDetails, 'cached_tokens'),
      usage['cached_tokens'],
    ),
  );
  const onlyInput = wire === 'embeddings' || wire === 'rerank';
  const input = wholeInput(stated, cachedInput, counting) ?? (onlyInput ? total : null);
  const outputDetails = firstStated(
    usage['completion_tokens_details'],
    usage['output_tokens_details'],
  );
  const completion = numbers.count(firstStated(...byEitherName(wire, usage, OUTPUT_NAMES)));
  const reasoning = numbers.count(valueAt(outputDetails, 'reasoning_tokens'));
  const output = wholeOutput({ input, completion, reasoning, total }, counting);
  return {
    input: numbers.count(input),
    cachedInput,
    cacheWrite5m: numbers.count(valueAt(inputDetails, 'cache_write_tokens')),
    cacheWrite1h: null,
    output: numbers.count(output) ?? (onlyInput && input !== null ? 0 : null),
    reasoning,
  };
}

const INPUT_NAMES = ['prompt_tokens', 'input_tokens'] as const;
const OUTPUT_NAMES = ['completion_tokens', 'output_tokens'] as const;

/** A field that has an older and a newer name; the name that belongs to the wire comes first. */
function byEitherName(
  wire: Wire,
  usage: JsonObject,
  [older, newer]: readonly [string, string],
): unknown[] {
  const isNewer = wire === 'responses' || wire === 'images' || wire === 'audio';
  return isNewer ? [usage[newer], usage[older]] : [usage[older], usage[newer]];
}

function wholeInput(
  stated: number | null,
  cached: number | null,
  counting: Counting,
): number | null {
  if (stated === null || cached === null || cached <= stated) return stated;
  return counting.cached === 'maybe beside input' ? stated + cached : stated;
}

interface OutputParts {
  readonly input: number | null;
  readonly completion: number | null;
  readonly reasoning: number | null;
  readonly total: number | null;
}

/**
 * Some backends count reasoning beside the completion tokens and bill both as output. Where the total
 * adds up with or without the reasoning, that settles it. From a difference alone nothing is taken, but of a provider
 * whose totals are known to hold more than their parts.
 */
function wholeOutput(parts: OutputParts, counting: Counting): number | null {
  const { input, completion, reasoning, total } = parts;
  if (counting.reasoning === 'rest of total' && input !== null && total !== null) {
    return total - input > (completion ?? 0) ? total - input : completion;
  }
  if (completion === null || reasoning === null) return completion;
  const both = completion + reasoning;
  if (input !== null && total === input + both) return both;
  if (input !== null && total === input + completion) return completion;
  return counting.reasoning === 'beside output' ? both : completion;
}

/** Searches of the web that an answer tells of in its parts; null where it tells of none, which need not mean zero. */
function searchesIn(body: JsonObject): number | null {
  const output = firstStated(valueAt(body, 'output'), valueAt(body, 'response', 'output'));
  if (!Array.isArray(output)) return null;
  const searches = output.filter((part) => {
    // Looking into a page that was found is told in the same way, and costs nothing.
    const isSearch = (valueAt(part, 'action', 'type') ?? 'search') === 'search';
    return (
      valueAt(part, 'type') === 'web_search_call' &&
      isSearch &&
      valueAt(part, 'status') !== 'failed'
    );
  });
  return searches.length === 0 ? null : searches.length;
}

interface UnitReading {
  readonly usage: JsonObject;
  readonly numbers: UsageNumbers;
}

function readUnits(wire: Wire, body: JsonObject, { usage, numbers }: UnitReading): StatedUnits {
  const searches = firstStated(usage['server_tool_use'], usage['server_tool_use_details']);
  const pictures = wire === 'images' ? valueAt(body, 'data') : undefined;
  const duration = wire === 'audio' ? valueAt(body, 'duration') : undefined;
  const rerankings =
    wire === 'rerank'
      ? firstStated(usage['search_units'], valueAt(body, 'meta', 'billed_units', 'search_units'))
      : undefined;
  return {
    web_search:
      numbers.pieces(valueAt(searches, 'web_search_requests')) ??
      (wire === 'responses' ? searchesIn(body) : null),
    second: numbers.seconds(firstStated(usage['seconds'], usage['prompt_audio_seconds'], duration)),
    image: Array.isArray(pictures) ? numbers.pieces(pictures.length) : null,
    request: numbers.pieces(rerankings),
  };
}
